"""Where a number comes from: date, commit, code, machine. Everything a reader needs to get it again."""

import hashlib
import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent

MEASURED_FOLDERS = ("chatbot", "retrieval", "knowledge_base")
"""Code that can change a score."""

LIBRARIES = ("numpy", "torch", "transformers", "bitsandbytes", "sqlite-utils", "langdetect")
"""Libraries that can change a score or a time."""

GIT_TIMEOUT_S = 10
"""A commit is nice to have; nobody waits long for it."""


def provenance() -> dict[str, Any]:
    """Date, commit, code hash and machine, ready for JSON."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "code": code_hash(),
        "machine": machine(),
    }


def commit(root: Path = ROOT) -> str | None:
    """The commit that is checked out, with "+" when files differ from it; None outside a repository."""
    head = _git(root, "rev-parse", "HEAD")
    if head is None:
        return None
    return head + ("+" if _git(root, "status", "--porcelain", "--untracked-files=no") else "")


def code_hash(root: Path = ROOT) -> str:
    """SHA-256 over the Python files that can change a score, short."""
    digest = hashlib.sha256()
    for folder in MEASURED_FOLDERS:
        for path in sorted((root / folder).rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def file_hash(path: Path) -> str | None:
    """SHA-256 of a file, short; None when it is not there."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else None


def machine() -> dict[str, Any]:
    """Processor, cores, system, Python and libraries."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "threads": os.environ.get("OMP_NUM_THREADS"),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "libraries": {name: found for name in LIBRARIES if (found := _version(name))},
    }


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, timeout=GIT_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None

"""Benchmark cases in processes of their own, so that load time and peak memory belong to one case alone."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"), "1")
ERROR_LINES = 3


def run_case(script: str, arguments: list[str], *, python: str = sys.executable, threads: int = 1) -> dict[str, Any]:
    """What the script prints as its last line, as JSON; {"error": ...} when it fails."""
    environment = {**os.environ, **dict.fromkeys(ONE_THREAD, str(threads)), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run([python, script, *arguments], env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.stderr.write(done.stderr[-3000:])
        last = done.stderr.strip().splitlines()[-ERROR_LINES:]
        return {"error": " ".join(last) or f"ended with {done.returncode}"}
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def peak_mb() -> int:
    """Most memory this process ever held. Not getrusage: that starts with what the parent process had."""
    return _status_mb("VmHWM:")


def held_mb() -> int:
    """Memory this process holds now."""
    return _status_mb("VmRSS:")


def save(path: Path, record: dict[str, Any]) -> None:
    """Write results; after every case, so that an interrupted run loses one case at most."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _status_mb(name: str) -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return round(int(status.split(name)[1].split()[0]) * 1024 / 1e6)

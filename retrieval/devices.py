"""What this machine has: processor, memory, GPU, libraries; and whether an error says that memory ran out.

Part of the seam: torch is asked here, and only inside functions.
"""

import gc
import os
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = ("torch", "transformers", "bitsandbytes", "accelerate", "huggingface_hub", "gradio", "numpy", "safetensors")

MEMORY_FILE = Path("/proc/meminfo")
# torch raises a RuntimeError when the processor, the CUDA driver or a library of CUDA's finds no memory, and tells only
# in the text.
OUT_OF_MEMORY_WORDS = (
    "can't allocate memory", "cannot allocate memory", "not enough memory", "out of memory", "_status_alloc_failed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ControlGroup:
    """Where Linux tells what a container may take, of which the machine's memory says nothing."""

    folder: Path
    limit: str
    usage: str
    cache: tuple[str, str]
    """Names in memory.stat of what is only kept of files, and given back when memory is needed."""


CONTROL_GROUPS = (
    ControlGroup(Path("/sys/fs/cgroup"), "memory.max", "memory.current", ("active_file", "inactive_file")),
    ControlGroup(
        Path("/sys/fs/cgroup/memory"),
        "memory.limit_in_bytes",
        "memory.usage_in_bytes",
        ("total_active_file", "total_inactive_file"),
    ),
)
"""Version 2 and version 1."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """A CUDA device."""

    name: str
    capability: tuple[int, int]
    total_bytes: int
    free_bytes: int


@dataclass(frozen=True, slots=True)
class Machine:
    """What the program runs on."""

    system: str
    processor: str
    cores: int
    """Those this process may use."""
    memory_bytes: int
    free_memory_bytes: int
    gpu: Gpu | None
    python: str
    libraries: dict[str, str | None]
    """Version of each; None = not installed."""


def this_machine() -> Machine:
    """Look at the machine."""
    total, free = memory()
    return Machine(
        system=platform.platform(terse=True),
        processor=_processor(),
        cores=_cores(),
        memory_bytes=total,
        free_memory_bytes=free,
        gpu=current_gpu(),
        python=platform.python_version(),
        libraries={name: _version(name) for name in LIBRARIES},
    )


def current_gpu() -> Gpu | None:
    """The GPU that would be used."""
    import torch

    if not torch.cuda.is_available():
        return None
    free, total = torch.cuda.mem_get_info()
    return Gpu(torch.cuda.get_device_name(), torch.cuda.get_device_capability(), total, free)


def memory() -> tuple[int, int]:
    """(total, free) bytes that this process may use."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    free = total
    if MEMORY_FILE.is_file():
        lines = dict(line.split(":", 1) for line in MEMORY_FILE.read_text(encoding="ascii").splitlines())
        free = int(lines["MemAvailable"].split()[0]) * 1024
    for group in CONTROL_GROUPS:
        limit = _number(group.folder / group.limit)
        if limit is not None:
            total, free = min(total, limit), min(free, max(0, limit - _used(group)))
    return total, free


def is_out_of_memory(error: BaseException | None) -> bool:
    """Whether this error, or one that it came from, says that memory ran out."""
    import torch

    while error is not None:
        if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
            return True
        if isinstance(error, RuntimeError) and any(words in str(error).lower() for words in OUT_OF_MEMORY_WORDS):
            return True
        error = error.__cause__
    return False


def release_memory() -> None:
    """Give back what a failed load left behind."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _used(group: ControlGroup) -> int:
    """Bytes in use that cannot be given back."""
    statistics = group.folder / "memory.stat"
    lines = statistics.read_text(encoding="ascii").splitlines() if statistics.is_file() else []
    cache = sum(int(value) for name, _, value in (line.partition(" ") for line in lines) if name in group.cache)
    return max(0, (_number(group.folder / group.usage) or 0) - cache)


def _number(path: Path) -> int | None:
    """What a file of a control group says; None where there is no such file or no limit ("max")."""
    text = path.read_text(encoding="ascii").strip() if path.is_file() else ""
    return int(text) if text.isdigit() else None


def _cores() -> int:
    available = getattr(os, "sched_getaffinity", None)  # not on macOS and Windows
    return len(available(0)) if available else os.cpu_count() or 1


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text(errors="replace").splitlines() if path.is_file() else []
    named = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    return named or platform.processor() or platform.machine()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None

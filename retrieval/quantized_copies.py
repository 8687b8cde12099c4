"""Quantized copies of checkpoints on disk, so that only the first start quantizes.

They lie in the folder `anytongue` beside the hub's cache (usually ~/.cache/huggingface/anytongue), a folder each:
weights only, config and tokenizer stay with the checkpoint. A copy that is damaged, or was made by another version, is
made again. Knows nothing of how weights are written or read.
"""

import json
import logging
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from retrieval.devices import is_out_of_memory
from retrieval.packaged import CheckpointError, hash_files

COPY_FORMAT = 2
MANIFEST_FILE = "anytongue_copy.json"
FOLDER_NAME = "anytongue"
MADE_BY = ("torch", "transformers", "bitsandbytes")
"""How these lay out quantized weights may change from version to version."""

HASH_CHARACTERS = 16

logger = logging.getLogger(__name__)


class UnusableCopy(CheckpointError):
    """A copy is damaged or was made by another version."""


@dataclass(frozen=True, slots=True)
class CopyKey:
    """What a copy is a copy of: everything that changes a number in it."""

    checkpoint: str
    """Hub id or folder, for people."""
    content: str
    """Hash of the checkpoint."""
    part: str
    """The class that loads it: a body, or a body with its head."""
    numbers: str
    """Number types of matrices, words and computing, such as nf4-int8-bfloat16."""
    device: str

    @property
    def folder_name(self) -> str:
        """Readable, and different for everything that differs."""
        name = Path(self.checkpoint).name or "checkpoint"
        return f"{name}-{self.part}-{self.numbers}-{self.device}-{self.content[:HASH_CHARACTERS]}"


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that lies on the disk."""

    name: str
    size: int
    """In bytes."""


def copies_folder() -> Path:
    """Where copies lie: beside the hub's cache, so that HF_HOME moves both."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE).parent / FOLDER_NAME


def existing_copies() -> list[Copy]:
    """What lies there, by name."""
    folder = copies_folder()
    found = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    return [Copy(path.name, sum(f.stat().st_size for f in path.rglob("*") if f.is_file())) for path in found]


def delete_copies() -> list[Copy]:
    """Delete all of them; returns what there was."""
    found = existing_copies()
    if found:
        shutil.rmtree(copies_folder())
    return found


def use_copy(key: CopyKey, load: Callable[[Path], Any]) -> Any | None:
    """What `load` makes of the copy's folder; None when there is no copy that can be used, which is then deleted."""
    folder = copies_folder() / key.folder_name
    if not folder.exists():
        return None
    try:
        check_copy(folder)
        return load(folder)
    except Exception as error:  # whatever a damaged file makes of itself: there is a checkpoint to fall back to
        if is_out_of_memory(error):
            raise
        logger.warning("%s It is made again.", error)
        shutil.rmtree(folder, ignore_errors=True)
        return None


def check_copy(folder: Path) -> None:
    """Raise UnusableCopy unless every byte is as it was written, by these versions."""
    try:
        manifest = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
        made, files = (manifest["format"], manifest["made_by"]), dict(manifest["files"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnusableCopy(f"The quantized copy {folder} is damaged ({error}).") from error
    if made != (COPY_FORMAT, _versions()):
        raise UnusableCopy(
            f"The quantized copy {folder} was made in format {made[0]} by {_text(made[1])}; "
            f"this is format {COPY_FORMAT} with {_text(_versions())}."
        )
    for name, expected in files.items():
        path = folder / name
        if not path.is_file() or hash_files([path]) != expected:
            raise UnusableCopy(f"The quantized copy {folder} is damaged: {name} is not what was written.")


def keep_copy(key: CopyKey, write: Callable[[Path], None]) -> None:
    """Have `write` fill a folder, and keep it; a disk that is full or not writable costs only the next start."""
    home = copies_folder()
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".making-", dir=home) as work:
            made = Path(work) / key.folder_name
            made.mkdir()
            write(made)
            _write_manifest(made, key)
            made.replace(home / key.folder_name)
    except Exception as error:  # safetensors has errors of its own for a full disk
        logger.warning("No quantized copy of %s is kept in %s (%s).", key.checkpoint, home, error)


def is_copy(folder: Path) -> bool:
    """Whether a folder that was named as a checkpoint is such a copy."""
    return (folder / MANIFEST_FILE).is_file()


def _write_manifest(folder: Path, key: CopyKey) -> None:
    files = {path.name: hash_files([path]) for path in sorted(folder.iterdir())}
    manifest = {"format": COPY_FORMAT, "made_by": _versions(), "checkpoint": key.checkpoint, "files": files}
    (folder / MANIFEST_FILE).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def _versions() -> dict[str, str]:
    return {name: version(name) for name in MADE_BY}


def _text(versions: Any) -> str:
    return ", ".join(f"{name} {found}" for name, found in versions.items()) if isinstance(versions, dict) else "others"

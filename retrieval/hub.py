"""Whether the hub answers and what of it lies in the local cache. Downloads nothing."""

import os
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from retrieval.checkpoint_files import missing_part
from retrieval.packaged import CONFIG_FILE, BrokenCheckpoint

DEFAULT_ENDPOINT = "https://huggingface.co"
PROBE_SECONDS = 3.0
"""A start of the program waits for it."""

SAID_YES = frozenset({"1", "on", "yes", "true"})


def hub_offline(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment forbids the hub."""
    names = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    return any(environment.get(name, "").strip().lower() in SAID_YES for name in names)


def hub_endpoint(environment: Mapping[str, str] = os.environ) -> str:
    """The hub's address, or that of the mirror that the environment names."""
    return (environment.get("HF_ENDPOINT") or DEFAULT_ENDPOINT).rstrip("/")


def hub_reachable(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the hub answers within a few seconds; never asked when the environment forbids it."""
    return not hub_offline(environment) and _answers(hub_endpoint(environment))


def is_hub_id(name: str) -> bool:
    """Whether the hub could have a checkpoint of that name: OWNER/NAME."""
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]  # documented, but not listed

    try:
        validate_repo_id(name)
    except HFValidationError:
        return False
    return "/" in name


def cached_folder(name: str) -> Path | None:
    """Where the cache holds the config of an id, and whatever else of it was fetched; None for what is no id too."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(name, CONFIG_FILE) if is_hub_id(name) else None
    return Path(found).parent if isinstance(found, str) else None


def cached(hub_id: str) -> bool:
    """Whether config, weights and tokenizer of an id lie in the cache."""
    folder = cached_folder(hub_id)
    try:
        return folder is not None and missing_part(folder) is None
    except BrokenCheckpoint:
        return False


def at_hand(checkpoint: str) -> bool:
    """Whether a checkpoint lies in a folder or in the cache."""
    return Path(checkpoint).is_dir() or cached(checkpoint)


def obtainable(checkpoints: Iterable[str], environment: Mapping[str, str] = os.environ) -> bool:
    """Whether each is a folder, cached, or can be fetched."""
    return all(map(at_hand, checkpoints)) or hub_reachable(environment)


@lru_cache(maxsize=4)  # encoder and reader ask in turn, and should get the same answer
def _answers(endpoint: str) -> bool:
    request = urllib.request.Request(endpoint, method="HEAD")
    try:
        with urllib.request.urlopen(request, timeout=PROBE_SECONDS):
            return True
    except urllib.error.HTTPError:
        return True  # it refuses this page, but it is there
    except (OSError, ValueError):
        return False

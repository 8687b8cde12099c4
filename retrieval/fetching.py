"""Checkpoints from the hub, by way of its local cache; and what is said when one does not arrive whole."""

import errno
import os
from contextlib import suppress
from pathlib import Path

from retrieval.checkpoint_files import missing_part
from retrieval.hub import hub_endpoint, hub_reachable
from retrieval.packaged import CheckpointError, CheckpointFileMissing
from retrieval.training_languages import CARD_FILE

WANTED_FILES = ["*.json", "*.safetensors", "*.txt", "*.model"]
UNWANTED_FILES = ["onnx/*", "openvino/*", "coreml/*", "*/model_*.safetensors"]
DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


class HubUnreachable(CheckpointError):
    """The hub gave no files for this id."""


class PickleCheckpoint(CheckpointError):
    """Weights only as pickle, which can run code when read."""


def fetch(hub_id: str) -> Path:
    """The folder of a whole checkpoint in the cache; what is missing there is downloaded. Raises CheckpointError."""
    from huggingface_hub import snapshot_download

    try:
        found = snapshot_download(
            hub_id, allow_patterns=WANTED_FILES, ignore_patterns=UNWANTED_FILES, endpoint=hub_endpoint()
        )
    except Exception as error:  # besides its own kinds, those of the HTTP and the transfer libraries below it
        raise HubUnreachable(_why_not_fetched(hub_id, error)) from error
    folder = Path(found)
    missing = missing_part(folder)
    if missing is not None:
        raise _why_not_whole(hub_id, missing)
    _fetch_card(hub_id, folder)
    return folder


def _fetch_card(hub_id: str, folder: Path) -> None:
    """Tells what a checkpoint was trained on; of no need to run it, so what is in the way of it goes unsaid."""
    from huggingface_hub import hf_hub_download

    # By itself: among the wanted files, a cache that lacks it would not count as whole without the hub.
    # Asked first whether the hub answers: the download tries for half a minute.
    if not (folder / CARD_FILE).is_file() and hub_reachable():
        with suppress(Exception):
            hf_hub_download(hub_id, CARD_FILE, revision=folder.name, endpoint=hub_endpoint())


def _why_not_whole(hub_id: str, missing: str) -> CheckpointError:
    """The hub lacks it, or the hub was away and the cache lacks it."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    try:
        offered = HfApi(endpoint=hub_endpoint()).list_repo_files(hub_id)
    except (GatedRepoError, RepositoryNotFoundError) as error:
        return HubUnreachable(_why_not_fetched(hub_id, error))
    except Exception:  # the hub is away: kinds of the HTTP library too
        return HubUnreachable(_not_whole_in_the_cache(hub_id, f"no {missing}"))
    if not any(name.endswith(".safetensors") for name in offered):
        return PickleCheckpoint(
            f"{hub_id} has no *.safetensors at the hub: weights as pickle are refused, for they can run code when "
            "read. Convert them (save_pretrained does) and name the folder, or use another checkpoint."
        )
    return CheckpointFileMissing(
        f"{hub_id} came from the hub with no {missing}: run again, or use another checkpoint if the hub has none."
    )


def _not_whole_in_the_cache(hub_id: str, reason: str) -> str:
    return (
        f"{hub_id} could not be fetched from the hub and is not whole in the local cache ({reason}): "
        "check the id and the network, run once with a connection (HF_HUB_OFFLINE unset), "
        "or use the packaged models."
    )


def _why_not_fetched(hub_id: str, error: Exception) -> str:
    from huggingface_hub import constants
    from huggingface_hub.errors import GatedRepoError, LocalEntryNotFoundError, RepositoryNotFoundError

    if isinstance(error, GatedRepoError):
        return (
            f"{hub_id} is gated: accept its terms on its page at {hub_endpoint()}, set HF_TOKEN to a token of that "
            "account, or use another checkpoint."
        )
    if isinstance(error, RepositoryNotFoundError):
        return (
            f"There is no {hub_id} at {hub_endpoint()}, or it is private: check the id, set HF_TOKEN for a "
            "private one, or use the packaged models."
        )
    if _says_disk_full(error):
        return (
            f"The disk is full, so {hub_id} could not be fetched to {constants.HF_HUB_CACHE}: free some space, or set "
            "HF_HOME to a folder on a larger disk, and run again; what has arrived is kept."
        )
    if isinstance(error, LocalEntryNotFoundError):
        return _not_whole_in_the_cache(hub_id, type(error).__name__)
    return (
        f"{hub_id} could not be fetched to its end ({type(error).__name__}: {error}): run again when the hub answers, "
        "what has arrived is kept, or use the packaged models."
    )


def _says_disk_full(error: Exception) -> bool:
    """By its number or its words: the transfer library below the hub's raises RuntimeError with the system's text."""
    number = error.errno if isinstance(error, OSError) else None
    return number in DISK_FULL or any(os.strerror(code) in str(error) for code in DISK_FULL)

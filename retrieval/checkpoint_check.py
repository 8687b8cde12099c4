"""Whether a checkpoint can be loaded, as far as that shows without fetching or loading it."""

from pathlib import Path

from retrieval.hub import cached, obtainable
from retrieval.packaged import CONFIG_FILE, read_config
from retrieval.pretrained import CheckpointNotFound, HubUnreachable


def check_checkpoint(checkpoint: str) -> None:
    """Raises CheckpointError for a folder without a readable config, and for an id that nothing can come of."""
    folder = Path(checkpoint)
    if folder.is_dir():
        read_config(folder)
    elif not _is_hub_id(checkpoint):
        raise CheckpointNotFound(
            f"{checkpoint} is neither a folder nor a hub id: name a folder with {CONFIG_FILE}, or an id such as "
            "'intfloat/multilingual-e5-base'."
        )
    elif not obtainable([checkpoint]):
        raise HubUnreachable(
            f"{checkpoint} is not cached and the hub cannot be reached: run once with a connection (HF_HUB_OFFLINE "
            "unset), or use the packaged models."
        )


def at_hand(checkpoint: str) -> bool:
    """Whether a checkpoint lies in a folder or in the cache."""
    return Path(checkpoint).is_dir() or (_is_hub_id(checkpoint) and cached(checkpoint))


def _is_hub_id(name: str) -> bool:
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]  # documented, but not listed

    try:
        validate_repo_id(name)
    except HFValidationError:
        return False
    return "/" in name

"""Whether a checkpoint can be loaded, as far as that shows without fetching or loading it."""

from pathlib import Path

from retrieval.fetching import HubUnreachable
from retrieval.hub import is_hub_id, obtainable
from retrieval.packaged import read_config
from retrieval.pretrained import not_found


def check_checkpoint(checkpoint: str) -> None:
    """Raises CheckpointError for a folder without a readable config, and for an id that nothing can come of."""
    folder = Path(checkpoint)
    if folder.is_dir():
        read_config(folder)
    elif not is_hub_id(checkpoint):
        raise not_found(checkpoint)
    elif not obtainable([checkpoint]):
        raise HubUnreachable(
            f"{checkpoint} is not cached and the hub cannot be reached: run once with a connection (HF_HUB_OFFLINE "
            "unset), or use the packaged models."
        )

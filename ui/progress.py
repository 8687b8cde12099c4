"""Progress bars on stderr, so that stdout stays clean for results."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from knowledge_base.ingest import Progress


@contextmanager
def progress_bar(label: str) -> Iterator[Progress]:
    """A callback `(done, total, name)` that draws a bar while work goes on, and nothing when there is none."""
    from tqdm import tqdm

    bar: tqdm[NoReturn] | None = None

    def on_progress(done: int, total: int, name: str) -> None:
        nonlocal bar
        if bar is None or bar.total != total:
            if bar is not None:
                bar.close()
            bar = tqdm(total=total, desc=label, file=sys.stderr, disable=None, leave=False)
        bar.n = done
        bar.set_postfix_str(name[-40:], refresh=False)
        bar.refresh()

    try:
        yield on_progress
    finally:
        if bar is not None:
            bar.close()

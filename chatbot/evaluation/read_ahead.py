"""The pipeline's own reading policy over many questions at once.

A pipeline reads passage by passage and stops early; thousands of questions are read several times faster in large
batches of similar length. So every question is tried with a reader that only remembers; what it lacks is collected
over all questions, read in one go, and the questions are tried again. What comes out is what users get.
"""

from collections.abc import Callable, Sequence

from chatbot.answer import Span
from chatbot.pipeline import Candidate, QAPipeline
from chatbot.reader import Reader
from knowledge_base.documents import Passage
from retrieval.retriever import RetrievedPassage

PAIRS_AT_ONCE = 256
"""Pairs handed to the reader together: enough to sort by length, few enough for a lively progress bar."""

Pair = tuple[str, Passage]
Progress = Callable[[int], None]
"""Called with the number of pairs just read."""


class NotYetRead(Exception):
    """The pairs that must be read before this question can go on."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        super().__init__(f"{len(pairs)} passages not read yet")
        self.pairs = tuple(pairs)


class RememberingReader(Reader):
    """Stands in for a reader, answers from memory, and says what it does not remember."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._memory: dict[tuple[str, str, int], list[Span]] = {}

    @property
    def fingerprint(self) -> str:
        """The checkpoint the spans come from."""
        return self._reader.fingerprint

    def wording(self, question: str, language: str | None) -> str:
        """As the reader itself would."""
        return self._reader.wording(question, language)

    def read(self, question: str, passages: Sequence[Passage]) -> list[Span]:
        """As the reader itself would. Raises NotYetRead."""
        return sorted(
            (span for spans in self.read_batch([(question, p) for p in passages]) for span in spans),
            key=lambda span: -span.margin,
        )

    def read_batch(self, pairs: Sequence[Pair]) -> list[list[Span]]:
        """As the reader itself would. Raises NotYetRead."""
        missing = [pair for pair in pairs if _key(pair) not in self._memory]
        if missing:
            raise NotYetRead(missing)
        return [self._memory[_key(pair)] for pair in pairs]

    def read_ahead(self, pairs: Sequence[Pair], on_progress: Progress | None = None) -> None:
        """Read and remember, shortest first so that few paddings are computed."""
        fresh = {_key(pair): pair for pair in pairs if _key(pair) not in self._memory}
        ordered = sorted(fresh.values(), key=lambda pair: len(pair[0]) + len(pair[1].text))
        for begin in range(0, len(ordered), PAIRS_AT_ONCE):
            batch = ordered[begin : begin + PAIRS_AT_ONCE]
            for pair, spans in zip(batch, self._reader.read_batch(batch), strict=True):
                self._memory[_key(pair)] = spans
            if on_progress:
                on_progress(len(batch))


class _CountingReader(RememberingReader):
    """Shares a memory and counts the passages one question made the pipeline read."""

    def __init__(self, reader: RememberingReader) -> None:
        self._reader = reader
        self.passages: set[tuple[str, int]] = set()

    def read_batch(self, pairs: Sequence[Pair]) -> list[list[Span]]:
        """As the shared memory would. Raises NotYetRead."""
        self.passages.update((passage.document, passage.start) for _, passage in pairs)
        return self._reader.read_batch(pairs)


def read_all(
    pipeline: QAPipeline,
    reader: RememberingReader,
    asked: Sequence[tuple[str, list[RetrievedPassage], str | None]],
    on_progress: Progress | None = None,
) -> list[tuple[list[Candidate], int]]:
    """For each (question, retrieved passages, language): candidates, surest first, and passages read."""
    done: dict[int, tuple[list[Candidate], int]] = {}
    waiting = list(range(len(asked)))
    while waiting:
        wanted: list[Pair] = []
        still = []
        for index in waiting:
            try:
                done[index] = _try(pipeline, reader, asked[index])
            except NotYetRead as missing:
                wanted += missing.pairs
                still.append(index)
        reader.read_ahead(wanted, on_progress)
        waiting = still
    return [done[index] for index in range(len(asked))]


def _try(
    pipeline: QAPipeline, reader: RememberingReader, asked: tuple[str, list[RetrievedPassage], str | None]
) -> tuple[list[Candidate], int]:
    counting = _CountingReader(reader)
    remembering = QAPipeline(pipeline.retriever, counting, pipeline.calibration)
    question, passages, language = asked
    return remembering.read_best_first(question, passages, language), len(counting.passages)


def _key(pair: Pair) -> tuple[str, str, int]:
    question, passage = pair
    return question, passage.document, passage.start

"""The parts of a text that tell its language: without code, markup and addresses, or its sentences alone. Pure."""

import re

_CODE_OR_PIECE = re.compile(
    r"(?P<code>```.*?```|`[^`]*`|<[^<>]{1,200}>)"
    r"|(?:[!-;=-_a-~\d]|(?!```.*?```|`[^`]*`|<[^<>]{1,200}>)[`<])++",
    re.DOTALL,
)
"""Code or markup, or what stands between two of them without white space."""
_RUN = re.compile(r"[!-~\d]+")
_TO_LAST_MARK = re.compile(r".*(?:@|www\.|[\d_/\\])", re.DOTALL)
"""What product codes, prices, paths and addresses have and words have not."""

_SEGMENT = re.compile(r"[^,;:.!?|()\n]+[,;:.!?|()\n]*")
_FULL_STOP = re.compile(r"[.!?][,;:.!?|()\n]*$")
FEWEST_RUNNING_WORDS = 6
"""Names, streets and dishes have up to five words between their commas and line ends."""
FEWEST_SENTENCE_WORDS = 4
"""Of what begins after a full stop or line end and ends in a full stop; with three, streets and dishes pass too."""


def running_text(text: str) -> str:
    """The stretches between punctuation or line ends that are long enough to be (part of) a sentence.

    A script without capitals often writes no spaces either, and English pages hold little of it: all of it stays.
    """
    kept: list[str] = []
    starts_sentence = True
    for segment in _SEGMENT.findall(text):
        has_stop = bool(_FULL_STOP.search(segment))
        if _is_running(segment, FEWEST_SENTENCE_WORDS if starts_sentence and has_stop else FEWEST_RUNNING_WORDS):
            kept.append(segment)
        starts_sentence = has_stop or segment.endswith("\n")
    return "".join(kept)


def _is_running(segment: str, fewest_words: int) -> bool:
    words = [word for word in segment.split() if any(map(str.isalpha, word))]
    return len(words) >= fewest_words or segment.lower() == segment.upper()


def without_code(text: str) -> str:
    """Spaces for code, markup, and the rest of each ASCII run that has a digit, stroke or at sign to come.

    Each run is searched once: a pattern for all of it would search what is left of a run at every character.
    """
    kept: list[str] = []
    position = run_end = mark_end = 0
    while match := _CODE_OR_PIECE.search(text, position):
        start, end = match.span()
        kept.append(text[position:start])
        position = end
        if not match["code"] and end > run_end:
            run_end = _run_end(text, start)
            marked = _TO_LAST_MARK.match(text, start, run_end)
            mark_end = marked.end() if marked else start
        if match["code"]:
            kept.append(" ")
        elif mark_end > start:
            kept.append(" ")
            position = run_end
        else:
            kept.append(match[0])
    return "".join((*kept, text[position:]))


def _run_end(text: str, start: int) -> int:
    run = _RUN.match(text, start)
    return run.end() if run else start

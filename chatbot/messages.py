"""What a message is before anyone searches for it: cleaned, and sorted into questions and non-questions. Pure."""

import re
import unicodedata
from enum import Enum

MAX_MESSAGE_CHARS = 1000
"""Longer messages are not questions but pasted documents; the reply asks for the question itself."""


class MessageProblem(Enum):
    """Why a message cannot be a question."""

    EMPTY = "empty"
    NO_WORDS = "no_words"
    TOO_LONG = "too_long"


def clean(message: str) -> str:
    """Without control characters, lone surrogates and white space at the ends; line breaks become spaces.

    Direction marks and joiners (category Cf) stay: Persian-style scripts and emoji need them.
    """
    kept = "".join(
        " " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c for c in message if unicodedata.category(c) != "Cs"
    )
    return re.sub(r"\s+", " ", kept).strip()


def problem_of(message: str) -> MessageProblem | None:
    """Why a cleaned message cannot be answered, or None. Codes such as "E17" have letters and are questions."""
    if not message:
        return MessageProblem.EMPTY
    if len(message) > MAX_MESSAGE_CHARS:
        return MessageProblem.TOO_LONG
    if not any(c.isalpha() for c in message):
        return MessageProblem.NO_WORDS
    return None

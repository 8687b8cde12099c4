"""What the browser sends, read without trust: a missing or wrong field is its harmless default. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from chatbot.language import LANGUAGES

Received = Mapping[str, Any]

MAX_NUMBER_DIGITS = 11
"""Row ids and places in a text are far smaller."""

_CONVERSATION_ID = re.compile(r"[0-9a-f]{32}")


def text(data: Received, name: str) -> str:
    """A text, or ""."""
    value = data.get(name)
    return value if isinstance(value, str) else ""


def number(data: Received, name: str) -> int:
    """A whole number from 0 on, also one in digits, or 0."""
    value = data.get(name)
    digits = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= MAX_NUMBER_DIGITS else 0


def language(data: Received, name: str) -> str | None:
    """A language that is served, or None."""
    code = text(data, name)
    return code if code in LANGUAGES else None


def conversation_id(data: Received) -> str | None:
    """The random id that the page made for its conversation, or None."""
    found = text(data, "conversation")
    return found if _CONVERSATION_ID.fullmatch(found) else None

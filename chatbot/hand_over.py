"""Handing over to a person: where the team is reached, and a link that brings the conversation along.

Pure. What was said goes percent-encoded into the link, so that nothing in it can end the link or add to it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from chatbot.conversation import Turn

MAX_LINK_CHARS = 1900
"""Windows gives a mail program about 2,000; a letter of Thai, Hindi or Japanese takes 9."""

PLACEHOLDERS = ("{question}", "{conversation}")
"""What a web link may hold in its query or fragment, to be filled with the last question or with all that was said."""

_MAIL = re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_UNSAFE = re.compile(r"""[\s"'<>\\^`|{}\x00-\x1f\x7f]""")


class BadContact(Exception):
    """The contact setting is no address that people can be sent to."""


@dataclass(frozen=True, slots=True)
class Contact:
    """Where a person can be asked. Made by `parse_contact`."""

    address: str
    """A mail address, or a web link whose query or fragment may hold PLACEHOLDERS."""

    @property
    def is_mail(self) -> bool:
        """Whether it is a mail address."""
        return "://" not in self.address

    @property
    def shown(self) -> str:
        """What a reader sees of it: the mail address, or the host of the link."""
        return self.address if self.is_mail else str(urlsplit(self.address).hostname)

    def link(self, subject: str, turns: Sequence[Turn]) -> str:
        """The link for one conversation, oldest first: at most MAX_LINK_CHARS as long as the address leaves room."""
        if self.is_mail:
            start = f"mailto:{quote(self.address, safe='@+')}?subject={quote(subject, safe='')}&body="
            return start + told(turns, MAX_LINK_CHARS - len(start))
        wanted = sum(self.address.count(placeholder) for placeholder in PLACEHOLDERS)
        room = (MAX_LINK_CHARS - len(self.address)) // max(1, wanted)
        # Encoded text holds no braces, so a question cannot smuggle in the other placeholder.
        link = self.address.replace("{question}", _fitting(turns[-1].message if turns else "", room))
        return link.replace("{conversation}", told(turns, room))


def parse_contact(text: str) -> Contact | None:
    """A contact from the settings; None for "". Raises BadContact."""
    text = text.strip()
    if not text or _MAIL.fullmatch(text):
        return Contact(text) if text else None
    bare = text
    for placeholder in PLACEHOLDERS:
        bare = bare.replace(placeholder, "")
    try:
        parts = urlsplit(bare)
        usable = parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        usable = False
    if not usable or _UNSAFE.search(bare):
        raise BadContact(
            f"The contact is {text!r}; a mail address such as help@example.org or a link that begins with https:// "
            "is needed. In braces a link can hold only " + " and ".join(PLACEHOLDERS) + "."
        )
    if any(place in re.split("[?#]", text, maxsplit=1)[0] for place in PLACEHOLDERS):
        raise BadContact(
            f"The contact is {text!r}; what people typed may not decide which page opens. "
            "Put the placeholder behind a ? or #, such as https://example.org/contact?text={question}"
        )
    return Contact(text)


def told(turns: Sequence[Turn], room: int) -> str:
    """The conversation, oldest first, percent-encoded into `room` characters: the latest goes before the earlier."""
    entries: list[str] = []
    for turn in reversed(turns):
        entry = _encoded(_entry(turn) + "\r\n\r\n")
        if len(entry) > room:
            if not entries:
                entries.append(_fitting(turn.message, room))
            break
        entries.append(entry)
        room -= len(entry)
    return "".join(reversed(entries))


def _entry(turn: Turn) -> str:
    """The question and, on a line of its own, the English words that were quoted with their article."""
    quoted = turn.answer and (turn.answer.citation or turn.answer.closest)
    return f'{turn.message}\r\n- "{quoted.text}" ({quoted.passage.title})' if quoted else turn.message


def _fitting(text: str, room: int) -> str:
    """As much of the text as fits when encoded; no letter is cut in half."""
    pieces: list[str] = []
    for char in text:
        piece = _encoded(char)
        room -= len(piece)
        if room < 0:
            break
        pieces.append(piece)
    return "".join(pieces)


def _encoded(text: str) -> str:
    return quote(text, safe="", errors="replace")  # a browser can send half surrogates

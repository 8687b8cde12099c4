"""What the bot and its page say, in every served language.

Texts live in `phrases/<code>.json`, one file a language, read on first use. This file knows nothing of language
detection: it is told a code and words the sentence. Values are inserted as they are; escaping for HTML is the page's.
"""

import json
import string
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from functools import cache
from pathlib import Path
from typing import Literal

FALLBACK = "en"
"""The language of anything that has no file of its own: the knowledge base's."""

SmallTalk = Literal["greeting", "thanks", "goodbye"]

_FOLDER = Path(__file__).with_suffix("")
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"
_LONGEST_SMALL_TALK_CHARS = 60
"""Longer messages are never small talk, so they need no normalising."""

_COLONS = {"fr": "\u00a0: ", "ja": "：", "zh": "："}
"""Elsewhere a colon and a space."""

# Names of languages that are recognised but not served: the page can at least say which one it saw.
_OTHER_ENDONYMS = {
    "bn": "বাংলা",
    "cs": "Čeština",
    "da": "Dansk",
    "fa": "فارسی",
    "fi": "Suomi",
    "he": "עברית",
    "hu": "Magyar",
    "mr": "मराठी",
    "no": "Norsk",
    "sv": "Svenska",
    "ta": "தமிழ்",
    "uk": "Українська",
}
_OTHER_RIGHT_TO_LEFT = frozenset({"fa", "he"})


class PhraseKey(StrEnum):
    """Every sentence and label; the value is the key in the JSON files. Names in braces are what it needs."""

    # What the bot says.
    FOUND_SURE = auto()
    """{answer}, {title}"""
    FOUND_FAIRLY_SURE = auto()
    """{answer}, {title}"""
    FOUND_NOT_SURE = auto()
    """{answer}, {title}"""
    CLOSEST = auto()
    """{answer}, {title}: no sure answer, but the nearest words."""
    NOT_FOUND = auto()
    NEAREST_ARTICLES = auto()
    """Heading above a list of articles."""
    REPHRASE_HINT = auto()
    UNDERSTOOD_AS = auto()
    """{question}: how a follow-up was completed from the conversation."""
    GREETING = auto()
    THANKS = auto()
    GOODBYE = auto()
    EMPTY_MESSAGE = auto()
    NO_WORDS = auto()
    """The message holds only emoji, digits or signs."""
    TOO_LONG = auto()
    """{limit}: characters, already formatted."""
    ERROR = auto()
    BUSY = auto()
    """More questions wait than the server takes."""
    STOPPED = auto()
    LANGUAGE_UNSURE = auto()
    """{language}: the one that is kept."""
    LANGUAGE_NOT_SERVED = auto()
    """{language}: the one that was recognised; the sentence names its own as the one of the reply."""
    KNOWLEDGE_BASE_EMPTY = auto()
    HAND_OVER = auto()
    """{contact}: a mail address or the host of a web page."""
    HAND_OVER_BUTTON = auto()
    HAND_OVER_SUBJECT = auto()
    """Subject line of the mail."""

    # What the page says.
    PAGE_TITLE = auto()
    PAGE_SUBTITLE = auto()
    BOT_NAME = auto()
    YOU = auto()
    CONVERSATION = auto()
    """Name of the message list for screen readers."""
    OLDER_LEFT_OUT = auto()
    INPUT_LABEL = auto()
    INPUT_PLACEHOLDER = auto()
    SEND = auto()
    STOP = auto()
    RETRY = auto()
    EDIT = auto()
    COPY = auto()
    COPIED = auto()
    COPY_LINK = auto()
    """Copies a link that reopens the conversation."""
    LINK_KEPT = auto()
    """What is said after copying it."""
    LINK_ELSEWHERE = auto()
    """Such a link was opened where its conversation is not kept."""
    CLEAR = auto()
    NEW_CONVERSATION = auto()
    LANGUAGE_LABEL = auto()
    LANGUAGE_AUTOMATIC = auto()
    UNDERSTOOD_LANGUAGE = auto()
    """{language}"""
    NOT_MY_LANGUAGE = auto()
    QUOTED_IN_ENGLISH = auto()
    SOURCE = auto()
    SHOW_ARTICLE = auto()
    OPEN_ARTICLE = auto()
    CLOSE = auto()
    OTHER_PASSAGES = auto()
    CONFIDENCE = auto()
    """Label before one of the three words below."""
    CONFIDENCE_SURE = auto()
    CONFIDENCE_FAIRLY_SURE = auto()
    CONFIDENCE_NOT_SURE = auto()
    HELPFUL_QUESTION = auto()
    YES = auto()
    NO = auto()
    FEEDBACK_REASON = auto()
    FEEDBACK_SEND = auto()
    FEEDBACK_THANKS = auto()
    EXAMPLES_HEADING = auto()
    LOADING = auto()
    SEARCHING = auto()
    NETWORK_LOST = auto()
    TRY_AGAIN = auto()
    PRIVACY_NOTE = auto()

    # What the page with the measurements says.
    QUALITY_TITLE = auto()
    """Also the link that leads there."""
    QUALITY_INTRO = auto()
    QUALITY_BACK = auto()
    QUALITY_NOTHING = auto()
    QUALITY_READING = auto()
    QUALITY_FINDING = auto()
    QUALITY_ANSWERING = auto()
    QUALITY_DECIDING = auto()
    QUALITY_CONFIDENCE = auto()
    QUALITY_MEAN = auto()
    QUALITY_GAP = auto()
    QUALITY_FOUND_FIRST = auto()
    QUALITY_FOUND_IN_FIVE = auto()
    QUALITY_ANSWERED = auto()
    """Share of the questions that got an answer."""
    QUALITY_RIGHT = auto()
    """Share of those answers that serve the customer."""
    QUALITY_SILENT = auto()
    """Share of the questions without an answer that got none."""
    QUALITY_F1_PICTURE = auto()
    QUALITY_GAP_PICTURE = auto()
    QUALITY_COVERAGE_PICTURE = auto()
    QUALITY_RELIABILITY_PICTURE = auto()
    QUALITY_PUBLISHED = auto()


class PhraseError(Exception):
    """Base of what can be wrong with a phrase."""


class MissingValue(PhraseError):
    """A sentence was asked for without a value that it names."""

    def __init__(self, key: PhraseKey, name: str) -> None:
        super().__init__(f"the phrase {key.value!r} needs a value for {{{name}}}: pass {name}=...")


class BrokenPhraseFile(PhraseError):
    """A language file lacks a phrase, or is no JSON."""


@dataclass(frozen=True, slots=True)
class Phrases:
    """One language's texts. The same as the functions below for code that stays in one language."""

    language: str
    endonym: str
    right_to_left: bool
    texts: Mapping[PhraseKey, str]
    small_talk: Mapping[str, SmallTalk]
    """Normalised message -> what it is."""

    def text(self, key: PhraseKey, **values: str) -> str:
        """The sentence with its values; in right-to-left languages each value keeps its own direction."""
        if self.right_to_left:
            values = {name: f"{_ISOLATE}{value}{_END_ISOLATE}" for name, value in values.items()}
        try:
            return self.texts[key].format_map(values)
        except KeyError as error:
            raise MissingValue(key, str(error.args[0])) from None


def phrase(key: PhraseKey, language: str | None, **values: str) -> str:
    """The sentence in that language; in English where the language has none."""
    return phrases(language).text(key, **values)


def labelled(key: PhraseKey, language: str | None) -> str:
    """That text as the label before a value, with the colon as the language sets it."""
    return phrase(key, language) + _COLONS.get(language or "", ": ")


def phrases(language: str | None) -> Phrases:
    """All texts of a language; English for one that is unknown or None."""
    return _load(language if language in available_languages() else FALLBACK)


@cache
def available_languages() -> tuple[str, ...]:
    """Codes that have a file, sorted."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.json")))


def language_name(code: str) -> str:
    """What the language calls itself, "Español"; the code itself where unknown."""
    if code in available_languages():
        return _load(code).endonym
    return _OTHER_ENDONYMS.get(code, code)


def is_right_to_left(code: str | None) -> bool:
    """Whether the language is written from right to left."""
    if code in _OTHER_RIGHT_TO_LEFT:
        return True
    return code in available_languages() and _load(code).right_to_left


def small_talk(text: str, language: str | None = None) -> SmallTalk | None:
    """Whether the whole message is a greeting, thanks or a goodbye; in its own language first, then in any other.

    Only whole messages count, so "hello, where is my parcel?" stays a question.
    """
    message = _normalised(text)
    own = phrases(language).small_talk.get(message)
    if own or not message:
        return own
    return next((kind for code in available_languages() if (kind := _load(code).small_talk.get(message))), None)


def small_talk_languages(text: str) -> tuple[str, ...]:
    """The languages in which the whole message is small talk: one for "bonjour", several for "salut"."""
    message = _normalised(text)
    return tuple(code for code in available_languages() if message and message in _load(code).small_talk)


def placeholders(text: str) -> frozenset[str]:
    """The names in braces that a sentence needs."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name)


@cache
def _load(code: str) -> Phrases:
    try:
        content = json.loads((_FOLDER / f"{code}.json").read_text(encoding="utf-8"))
        kinds: tuple[SmallTalk, ...] = ("greeting", "thanks", "goodbye")
        return Phrases(
            language=code,
            endonym=content["endonym"],
            right_to_left=content["direction"] == "rtl",
            texts={key: content["phrases"][key.value] for key in PhraseKey},
            small_talk={_normalised(said): kind for kind in kinds for said in content["small_talk"][kind]},
        )
    except (KeyError, ValueError) as error:
        raise BrokenPhraseFile(f"chatbot/phrases/{code}.json: {error!r}; compare it with en.json") from error


def _normalised(text: str) -> str:
    # Marks stay: in Hindi, Thai and Arabic they carry the vowels. So do digits: an order number is no small talk.
    if len(text) > _LONGEST_SMALL_TALK_CHARS:
        return ""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    kept = (char if unicodedata.category(char)[0] in "LMN" or char == "'" else " " for char in folded)
    return " ".join("".join(kept).split())

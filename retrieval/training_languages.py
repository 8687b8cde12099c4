"""Whether a reader was fine-tuned on English alone, as far as its name and its model card tell.

Pure but for reading the card. Nobody must write either, so what they do not tell stays unknown.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CARD_FILE = "README.md"
"""Of the hub; its metadata names data sets and languages."""

OTHER_DATA = (
    "xquad", "mlqa", "tydi", "mkqa", "multilingual-qa", "qa-multilingual",
    "fquad", "piaf", "squadfr", "germanquad", "korquad", "klue", "sberquad", "sqac", "jaquad", "jsquad",
    "cmrc", "drcd", "dureader", "arcd", "viquad", "faquad", "persianqa", "parsquad", "thquad", "iapp-wiki",
)  # fmt: skip
"""Parts of names of question sets in other languages than English, or of the very test sets."""
OTHER_LANGUAGES = (
    "arabic", "bengali", "bulgarian", "catalan", "chinese", "croatian", "czech", "danish", "dutch", "farsi", "finnish",
    "french", "german", "greek", "hebrew", "hindi", "hungarian", "indonesian", "italian", "japanese", "korean",
    "norwegian", "persian", "polish", "portuguese", "romanian", "russian", "slovak", "spanish", "swahili", "swedish",
    "tamil", "telugu", "thai", "turkish", "ukrainian", "urdu", "vietnamese",
)  # fmt: skip
OTHER_CODES = frozenset({
    "ar", "bg", "bn", "cs", "da", "de", "el", "es", "fa", "fi", "fr", "he", "hi", "hu", "ja", "ko",
    "nb", "nl", "pl", "ro", "ru", "sk", "sv", "sw", "ta", "te", "th", "tr", "uk", "ur", "vi", "zh",
})  # fmt: skip
"""Without those that are English words or usual abbreviations, such as no, la, ml, it (instruction tuned) and pt
(PyTorch)."""
ENGLISH_DATA = frozenset({
    "squad", "squad-v2", "squad2", "adversarial-qa", "hotpot-qa", "natural-questions", "newsqa", "quoref",
    "squadshifts", "trivia-qa",
})  # fmt: skip
ENGLISH = frozenset({"en", "eng", "english"})
ANY_LANGUAGE = frozenset({"multilingual", "multi"})
"""What cards say of the body a reader was made of."""


def english_only(checkpoint: str, card: Mapping[str, Any]) -> bool | None:
    """Whether a reader of this name and card was fine-tuned on English alone; None = neither tells."""
    data, languages = _listed(card, "datasets"), _listed(card, "language")
    other_speech = bool(languages) and languages.isdisjoint(ENGLISH | ANY_LANGUAGE)
    if other_speech or any(_names_other_language(name) for name in (checkpoint, *data)):
        return False
    if languages and languages <= ENGLISH:
        return True
    return True if data and {_own_name(name) for name in data} <= ENGLISH_DATA else None


def read_card(folder: Path) -> Mapping[str, Any]:
    """The metadata of the model card beside a checkpoint; empty without a card that can be read."""
    from huggingface_hub import metadata_load

    try:
        return metadata_load(folder / CARD_FILE) or {}
    except Exception:  # YAML has errors of its own; the card is optional
        return {}


def _names_other_language(name: str) -> bool:
    own = _own_name(name)
    return any(word in own for word in OTHER_DATA + OTHER_LANGUAGES) or not OTHER_CODES.isdisjoint(own.split("-"))


def _own_name(name: str) -> str:
    """Without the owner or the folder around it, in lower case, with hyphens between its parts."""
    return re.sub(r"[\W_]+", "-", Path(name).name.lower())


def _listed(card: Mapping[str, Any], key: str) -> frozenset[str]:
    """What a card has under a key: one name, or a list of names."""
    value = card.get(key) or ()
    names = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return frozenset(str(name).lower() for name in names)

"""Which language a message is written in: it chooses the wording of the reply and gates nothing else.

Letters decide where they can (`scripts.py`). Between languages that share a script, the n-gram profiles of langdetect
and tables of common words (`language_words.py`) are weighed together. langdetect itself draws n-grams at random until
it is convinced, which makes it slow, seed-dependent and sure of everything; here every n-gram counts once, so the
result is the same each time and in each thread.
"""

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from math import exp, log

import numpy as np
from numpy.typing import NDArray

from chatbot.language_parts import running_text, without_code
from chatbot.language_words import find_words, fold, load_word_table, plain, words_of
from chatbot.phrases import small_talk_languages
from chatbot.scripts import UNKNOWN, candidates, main_script, outside_quotes

LANGUAGES: tuple[str, ...] = (
    "en", "ar", "bg", "de", "el", "es", "fr", "hi", "id", "it", "ja", "ko",
    "nl", "pl", "pt", "ro", "ru", "sw", "th", "tr", "ur", "vi", "zh",
)  # fmt: skip
"""The languages that the bot replies in."""

_ENGLISH_NAMES = {
    "ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek",
    "es": "Spanish", "fa": "Persian", "fi": "Finnish", "fr": "French", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian",
    "hu": "Hungarian", "id": "Indonesian", "it": "Italian", "ja": "Japanese", "ko": "Korean", "mk": "Macedonian",
    "mr": "Marathi", "ne": "Nepali", "nl": "Dutch", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese",
    "ro": "Romanian", "ru": "Russian", "sv": "Swedish", "sw": "Swahili", "ta": "Tamil", "th": "Thai", "tr": "Turkish",
    "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip
"""For the people who keep the knowledge base, which is English."""

_CERTAIN = 0.9
"""On held-out short lines 99.9 % of what reaches this is right, and 96 % of the lines reach it."""
_LIKELY, _UNLIKELY = 0.5, 0.05
"""Short of certain, a guess this likely still beats a known language that is this unlikely."""
_SHARPNESS = 0.7
"""Words and n-grams of one text repeat each other, so their sum is surer than it should be: fitted on those lines."""
_NGRAM_WEIGHT = 0.2
"""0.1 to 0.3 do equally well beside the words; without the words every weight gives 95.5 %."""
_NGRAM_FLOOR = 5e-5
"""Probability of an n-gram that a profile lacks: langdetect's own alpha over its base frequency."""
_TITLE_COST = 9.0
"""What an English title inside another language must explain better, in nats: about two function words."""
_NAME_WEIGHT = 0.4
"""Capitalised inside a sentence: often a name, which says nothing, but a noun in German."""
_CONVERSATION_BONUS, _BROWSER_BONUS = log(8), log(3)
"""How much likelier the conversation's language and the browser's are before a word is read."""
_UNSERVED_COST = log(8)
"""Customers rarely write in a language that is not served, and its word list here is short."""
_LONGEST_SCORED_CHARS = 400
"""More text than this does not change the verdict, only the time."""
_LONGEST_READ_CHARS = 4000
_FEWEST_WORDS = 2
"""One Latin word ("refund", "hotel") is too often shared or a name."""
_FEWEST_HAN = 4
_FIRST_OF_HAN = 6
"""How much likelier the first candidate is where Han characters fit Chinese and Japanese."""
_SCORED = ("latin", "cyrillic", "arabic", "devanagari")
_MOST_CACHED_WORDS = 20_000
"""Questions repeat their words; 20,000 take 3 MB."""
_SAMPLE_CHARS = 300
_MOST_SAMPLES = 12
"""Spread over the whole document: a foreign quotation or a list of names fills one or two."""
_FEWEST_FOREIGN_SAMPLES = 1
_FOREIGN_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class LanguagePrior:
    """What is known before the message is read; codes may carry a region, "pt-BR"."""

    conversation: str | None = None
    browser: str | None = None

    @property
    def served(self) -> tuple[str, ...]:
        """The known codes that are served, the conversation's first."""
        return tuple(code for given in (self.conversation, self.browser) if (code := served_code(given)))


@dataclass(frozen=True, slots=True)
class DetectedLanguage:
    """The language to reply in. `code` is one of LANGUAGES, or None where nothing at all is known."""

    code: str | None
    probability: float
    """That the message is in `code`, as far as it was read; 0 where `code` is only what was known before."""
    certain: bool
    unserved: str | None = None
    """The language recognised instead, where it is not served: "fi"; "und" for one without a name here."""


def detect_language(text: str, prior: LanguagePrior | None = None) -> DetectedLanguage:
    """The message's language; when that is unsure, the one known before, or else the best guess."""
    prior = prior or LanguagePrior()
    text = outside_quotes(_language_part(text))
    talk = small_talk_languages(text)
    script = main_script(text)
    possible = tuple(code for code in candidates(text, script) if not talk or code in talk) or talk
    if script is None or not possible:
        return _unsure(prior, {})
    shares = _posterior(text, script, possible, prior)
    served = {code: share for code, share in shares.items() if code in LANGUAGES}
    best = max(shares, key=lambda code: shares[code])
    enough = _enough(text, script, possible, talk)
    if enough and best not in LANGUAGES and sum(shares.values()) - sum(served.values()) >= _CERTAIN:
        return _unsure(prior, {}, unserved=best)
    if enough and shares[best] >= _CERTAIN and best in LANGUAGES:
        return DetectedLanguage(best, shares[best], certain=True)
    return _unsure(prior, served, enough=enough)


def served_code(code: str | None) -> str | None:
    """The served language of a locale: "pt-BR" -> "pt"; None where it is not served."""
    base = _base_code(code)
    return base if base in LANGUAGES else None


def _base_code(code: str | None) -> str:
    base = re.split("[-_.]", code.strip().lower(), maxsplit=1)[0] if code else ""
    return {"in": "id", "iw": "he", "cmn": "zh", "yue": "zh", "fil": "tl"}.get(base, base)


def refuse_if_not_english(text: str) -> str | None:
    """Why a document is refused as not English; None for English and for what is too short or mixed to tell."""
    text = without_code(_composed(text))
    reason = _why_foreign(text)
    # Names, addresses and dishes stand in lists and are foreign in English pages as well; sentences are not.
    return reason if reason and _why_foreign(running_text(text)) else None


def _why_foreign(text: str) -> str | None:
    found = Counter(_certain_codes(_one_line(text)))
    english, other = found.pop("en", 0), found.total()
    if other < _FEWEST_FOREIGN_SAMPLES or other < _FOREIGN_SHARE * (english + other):
        return None
    code = found.most_common(1)[0][0]
    name = _ENGLISH_NAMES.get(code, "an unknown one")
    return f"not in English: {other} of {english + other} samples of the text read as other languages, mostly {name}"


def _certain_codes(text: str) -> Iterator[str]:
    starts = range(0, len(text), _SAMPLE_CHARS)
    for start in starts[:: max(1, len(starts) // _MOST_SAMPLES)]:
        found = detect_language(text[start : start + _SAMPLE_CHARS])
        if found.certain or found.unserved:
            yield found.unserved or found.code or UNKNOWN


def _language_part(text: str) -> str:
    return _one_line(without_code(_composed(text[:_LONGEST_READ_CHARS])))


def _composed(text: str) -> str:
    """Without compatibility forms: full-width Latin, half-width kana, Arabic presentation forms."""
    return unicodedata.normalize("NFKC", text)


def _one_line(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _unsure(
    prior: LanguagePrior, shares: dict[str, float], *, enough: bool = False, unserved: str | None = None
) -> DetectedLanguage:
    best = max(shares, key=lambda code: shares[code], default=None)
    known = prior.served[0] if prior.served else None
    likely = best is not None and shares[best] >= _LIKELY
    if known is not None and not (enough and likely and shares.get(known, 0.0) < _UNLIKELY):
        best = known
    elif not (enough or likely):
        best = None
    return DetectedLanguage(best, shares.get(best or "", 0.0), certain=False, unserved=unserved)


def _enough(text: str, script: str, possible: Sequence[str], talk: Sequence[str]) -> bool:
    words = set(words_of(text))
    if talk:
        # "bonjour" is French whoever says it; "hello" and "hi" are said everywhere.
        return len(possible) == 1 and (possible[0] != "en" or len(words) >= _FEWEST_WORDS)
    if script == "han":
        return len(possible) == 1 or len(text) >= _FEWEST_HAN
    return len(words) >= _FEWEST_WORDS or (
        script != "latin" and len(possible) == 1 and (len(text) > 1 or script == "hangul")
    )


def _posterior(text: str, script: str, possible: Sequence[str], prior: LanguagePrior) -> dict[str, float]:
    scores = dict.fromkeys(possible, 0.0)
    if len(possible) > 1 and script in _SCORED:
        model = _model(script)
        scores |= {code: _SHARPNESS * score for code, score in model.scores(text).items() if code in scores}
    elif len(possible) > 1:
        scores[possible[0]] += log(_FIRST_OF_HAN)
    for unserved in scores.keys() - set(LANGUAGES):
        scores[unserved] -= _UNSERVED_COST
    for given, bonus in ((prior.conversation, _CONVERSATION_BONUS), (prior.browser, _BROWSER_BONUS)):
        code = _base_code(given)
        if code in scores:
            scores[code] += bonus
    highest = max(scores.values())
    weights = {code: exp(score - highest) for code, score in scores.items()}
    total = sum(weights.values())
    return {code: weight / total for code, weight in weights.items()}


class _Model:
    """Weighs the languages of one script: langdetect's n-gram profiles and a word table, same order of languages."""

    def __init__(self, script: str) -> None:
        # Imported here: langdetect is needed only once two languages share a script.
        from langdetect import PROFILES_DIRECTORY, DetectorFactory  # type: ignore[import-untyped]

        self.words = load_word_table(script)
        self.languages = self.words.languages
        factory = DetectorFactory()
        factory.load_json_profile([_profile(os.path.join(PROFILES_DIRECTORY, code)) for code in self.languages])
        order = [factory.langlist.index(code) for code in self.languages]
        profile = np.array(list(factory.word_lang_prob_map.values()), dtype=np.float32)[:, order]
        self.rows = {gram: row for row, gram in enumerate(factory.word_lang_prob_map)}
        self.word_scores = lru_cache(maxsize=_MOST_CACHED_WORDS)(self._word_scores)
        self.log_profile = np.log(profile + _NGRAM_FLOOR)
        self.log_plain_profile = np.log((profile + self._without_accents(profile)) / 2 + _NGRAM_FLOOR)

    def scores(self, text: str) -> dict[str, float]:
        """Language -> log likelihood up to a constant."""
        text = text[:_LONGEST_SCORED_CHARS]
        accents, shouted = not text.isascii(), text.isupper()
        words = find_words(text.lower() if shouted else text)
        if not words:
            return dict.fromkeys(self.languages, 0.0)
        rows = np.stack([self.word_scores(word, accents) for word in words])  # (words, languages)
        for position, word in enumerate(words):
            if position > 0 and word[0].isupper():
                rows[position] *= _NAME_WEIGHT
        total = rows.sum(axis=0)
        if "en" in self.languages and len(words) > 1:
            total = total + _english_title_gain(rows, self.languages.index("en"))
        return dict(zip(self.languages, map(float, total), strict=True))

    def _word_scores(self, word: str, accents: bool) -> NDArray[np.float32]:
        """(languages,) of one word; langdetect's n-grams do not cross words either."""
        from langdetect.utils.ngram import NGram  # type: ignore[import-untyped]

        window, grams = NGram(), []
        for char in f"{word} ":
            window.add_char(char)
            if not window.capitalword:
                found = (self.rows.get(window.get(size)) for size in range(1, NGram.N_GRAM + 1))
                grams += [row for row in found if row is not None]
        profile = self.log_profile if accents else self.log_plain_profile
        total: NDArray[np.float32] = _NGRAM_WEIGHT * profile[grams].sum(axis=0)
        row = self.words.rows.get(fold(word))
        return total if row is None else total + self.words.log_frequencies[row]

    def _without_accents(self, profile: NDArray[np.float32]) -> NDArray[np.float32]:
        # What each n-gram's frequency would be if nobody typed accents.
        folded = np.array([[gram.isascii()] for gram in self.rows], dtype=np.float32) * profile
        for gram, row in self.rows.items():
            target = None if gram.isascii() else self.rows.get(plain(gram))
            if target is not None:
                folded[target] += profile[row]
        return folded


def _english_title_gain(rows: NDArray[np.float32], english: int) -> NDArray[np.float32]:
    """(languages,): what each gains if one run of words, but not all, is an English title inside its sentence.

    People ask "quién canta I think I'm alone now", but hardly put Spanish function words into an English question.
    """
    gains = rows[:, [english]] - rows  # (words, languages)
    best = np.zeros_like(gains[0])
    for part in (gains[:-1], gains[1:]):
        running = np.zeros_like(best)
        for gain in part:
            running = np.maximum(running + gain, 0)
            best = np.maximum(best, running)
    gained: NDArray[np.float32] = np.maximum(best - _TITLE_COST, 0)
    return gained


@cache
def _model(script: str) -> _Model:
    return _Model(script)


def _profile(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()

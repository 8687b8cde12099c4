"""Free text in any language -> a safe FTS5 query: quoted words and codes, joined by OR. Pure."""

import re
import unicodedata
from collections.abc import Iterator, Mapping

MAX_TERMS = 48
"""A question has some ten words; a pasted letter of 50,000 characters must not become a query of thousands."""

MAX_QUESTION_CHARS = 8000
"""What is looked at at all."""

MAX_TERM_CHARS = 64
"""The longest word worth looking for; what is longer was not typed by a person."""

_STOP_WORDS = (
    "a about after all also am an and any are as at be because been before being but by can could did do does doing "
    "done for from get had has have having he her here hers him his how i if in into is it its just let like may me "
    "might mine must my no nor not of off on once only or other our ours out over own per please shall she should so "
    "some such than thank thanks that the their theirs them then there these they this those to too under until up us "
    "very via was we were what when where which while who whom whose why will with would yes you your yours "
    "hello hi hey ain aren couldn didn doesn don hadn hasn haven isn ll re shouldn ve wasn weren won wouldn"
)
STOP_WORDS = frozenset(_STOP_WORDS.split())
"""English words that are in every passage, and what is left of "don't" at its apostrophe. "No" and
"not" carry meaning, but none for a bag of words."""

_LATIN = r"0-9A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"
# Latin letters and digits with inner signs as in AX-200, 14.99, help@example.com; then runs of any other script.
_WORD = re.compile(rf"[{_LATIN}]+(?:[-.,_@:/+#&'][{_LATIN}]+)*|[^\W_{_LATIN}]+")
_PART = re.compile(rf"[{_LATIN}]+")
_DASHES = re.compile(r"[\u2010-\u2015\u2212\ufe58\ufe63]")
_APOSTROPHES = re.compile(r"[\u2018\u2019\u02bc\u0060\u00b4]")
_POSSESSIVE = re.compile(r"'s$", re.IGNORECASE)
_LETTER_SEPARATOR = re.compile(r"[',:/#&]")
_LETTER_DIGIT_BORDER = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")


def keyword_query(question: str) -> str:
    """The FTS5 query for a question, or "" when there is nothing to search for."""
    return " OR ".join(f'"{term}"' for term in keyword_terms(question))


def weighted_terms(question: str, translations: Mapping[str, float]) -> dict[str, float]:
    """What is searched for and how much each counts: the question's own terms wholly, translations as given."""
    weights = dict.fromkeys(keyword_terms(question), 1.0)
    for english, weight in translations.items():
        for term in keyword_terms(english):
            weights[term] = max(weight, weights.get(term, 0.0))
    surest = sorted(weights, key=lambda term: -weights[term])[: 2 * MAX_TERMS]  # a stable sort
    return {term: weights[term] for term in surest}


def keyword_terms(question: str) -> list[str]:
    """What is searched for, each once: codes and numbers first, then words, then words of other scripts."""
    ranked: dict[str, int] = {}
    for word in _WORD.findall(_fold(question[:MAX_QUESTION_CHARS])):
        for term, rank in _terms(word):
            if len(term) <= MAX_TERM_CHARS:
                ranked.setdefault(term, rank)
    return sorted(ranked, key=lambda term: ranked[term])[:MAX_TERMS]


def _fold(text: str) -> str:
    """Full-width letters, digits of every script, dashes and apostrophes in their plain form."""
    text = _APOSTROPHES.sub("'", _DASHES.sub("-", unicodedata.normalize("NFKC", text)))
    return "".join(str(unicodedata.digit(c)) if c.isdecimal() and not c.isascii() else c for c in text)


def _terms(word: str) -> Iterator[tuple[str, int]]:
    """(term, rank) of one word; rank 0 are codes, 1 words, 2 other scripts."""
    if not _PART.match(word):
        if len(word) > 1:
            yield word, 2
        return
    word = _POSSESSIVE.sub("", word)
    if any(c.isdigit() for c in word):
        yield from _code_terms(word)
        return
    for compound in _LETTER_SEPARATOR.split(word):
        parts = _PART.findall(compound)
        if len(parts) > 1:
            yield " ".join(parts).lower(), 1
            yield "".join(parts).lower(), 1
        for part in filter(_says_something, parts):
            yield part.lower(), 1


def _code_terms(code: str) -> Iterator[tuple[str, int]]:
    """AX-200, AX200 and AX 200 are the same thing to the person who types them."""
    yield code.lower(), 0
    for sign in "/,:&'":
        if sign in code and not re.search(rf"\d{re.escape(sign)}\d", code):
            for part in code.split(sign):
                yield from _terms(part)
            return
    joined = "".join(_PART.findall(code)).lower()
    if joined != code.lower():
        yield joined, 0
    parted = _LETTER_DIGIT_BORDER.sub(" ", code).lower()
    if parted != code.lower():
        yield parted, 0


def _says_something(word: str) -> bool:
    if len(word) == 1:
        return word.isupper() and word not in ("A", "I")  # "plan B" does, the rest of "l'article" does not
    return word.lower() not in STOP_WORDS

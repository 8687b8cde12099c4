"""Questions that a passage nearly answers: one name, number or direction in them is another than the passage's.

Few questions in the data are asked about a passage of the right subject and still have no answer there. These are made
from answered ones in the way that the first attempts at such data were (Rajpurkar et al. 2018, *Know what you don't
know*, section 2, rules after Jia & Liang 2017), without a tagger: a capital letter within a sentence is a name.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from retrieval.training.english_qa import QAExample

NAME = re.compile(r"(?<=[\w,;)] )[A-Z][\w'’-]+(?: (?:of |the )?[A-Z][\w'’-]+)*")
NUMBER = re.compile(r"\b\d+(?:[.,]\d+)*\b")
OPPOSITES = (
    "first last, before after, most least, more fewer, largest smallest, highest lowest, longest shortest, "
    "oldest newest, earliest latest, maximum minimum, northern southern, eastern western, north south, east west, "
    "increase decrease, increased decreased, won lost, win lose, began ended, begin end, start stop, open close, "
    "buy sell, bought sold, add remove, enable disable, upgrade downgrade, "
    "online offline, free paid, monthly yearly, inside outside, above below, arrive depart, "
    "male female, men women, public private, early late, join leave, lend borrow, domestic international"
)
_OPPOSITE = {a: b for pair in OPPOSITES.split(", ") for a, b in (pair.split(), pair.split()[::-1])}
_OPPOSITE_WORD = re.compile(rf"\b({'|'.join(sorted(_OPPOSITE, key=len, reverse=True))})\b")


def altered(example: QAExample, other: str, generator: np.random.Generator) -> QAExample | None:
    """The question with one thing changed and no answer; None where nothing in it can be changed.

    A name becomes another one of the passage or of the text `other`, a number another number, a word its opposite.
    """
    questions = [q for change in (_name, _number, _opposite) if (q := change(example, other, generator))]
    if not questions:
        return None
    return replace(example, question=questions[int(generator.integers(0, len(questions)))], answers=())


def _name(example: QAExample, other: str, generator: np.random.Generator) -> str:
    own = NAME.findall(example.context) if generator.random() < 0.5 else []
    return _exchanged(example, NAME, own or NAME.findall(other), generator)


def _number(example: QAExample, other: str, generator: np.random.Generator) -> str:
    own = [number for number in NUMBER.findall(example.context) if number not in example.answers[0].text]
    return _exchanged(example, NUMBER, own or NUMBER.findall(other), generator)


def _exchanged(
    example: QAExample, pattern: re.Pattern[str], offered: Sequence[str], generator: np.random.Generator
) -> str:
    """The question with one match exchanged for one that is offered; empty where that cannot be."""
    found = list(pattern.finditer(example.question))
    answers = " ".join(answer.text for answer in example.answers)
    fresh = [text for text in offered if text not in example.question and text not in answers and answers not in text]
    if not found or not fresh:
        return ""
    match = found[int(generator.integers(0, len(found)))]
    chosen = fresh[int(generator.integers(0, len(fresh)))]
    return example.question[: match.start()] + chosen + example.question[match.end() :]


def _opposite(example: QAExample, _: str, generator: np.random.Generator) -> str:
    found = list(_OPPOSITE_WORD.finditer(example.question))
    if not found:
        return ""
    match = found[int(generator.integers(0, len(found)))]
    return example.question[: match.start()] + _OPPOSITE[match[1]] + example.question[match.end() :]

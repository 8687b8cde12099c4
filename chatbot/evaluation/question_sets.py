"""Questions in any language with English gold answers, and what was wrong with the files they came from.

Knows nothing of file formats; `xquad.py` and `question_files.py` read them.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from knowledge_base.documents import Document

LANGUAGE_CHECKS = 1_000
"""Documents looked at, evenly spread: a benchmark whole, and of a large knowledge base what takes some seconds."""

Item = TypeVar("Item")


class QuestionSetError(Exception):
    """The question set cannot be used at all; single bad questions are listed as problems instead."""


class NoQuestionSet(QuestionSetError):
    """The path holds neither XQuAD files nor question files."""


class BrokenFile(QuestionSetError):
    """A file of the set is not what it should be."""


class MissingLanguages(QuestionSetError):
    """Languages were asked for that the set does not have."""


class EmptySet(QuestionSetError):
    """Not one usable question is left."""


class PassagesNotEnglish(QuestionSetError):
    """The passages that should hold the English answers are in another language."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question with its English gold answers; the same id in another language is its translation."""

    id: str
    language: str
    text: str
    document: str | None
    """Id of the document that answers; None where none does."""
    answers: tuple[str, ...]
    """Any of them is right; empty = the collection does not answer."""
    kind: str | None = None
    """What sort of question it is, where the set says so; small talk, for instance."""
    stated_half: str | None = None
    """"fit" or "held_out", where the set says so."""

    @property
    def held_out(self) -> bool:
        """Never used for fitting. Translations of a question share its half, for they share its id."""
        if self.stated_half is not None:
            return self.stated_half == "held_out"
        return hashlib.sha256(self.id.encode()).digest()[0] % 2 == 1

    @property
    def answerable(self) -> bool:
        """The collection holds an answer."""
        return bool(self.answers)

    @property
    def cluster(self) -> str:
        """What shares its difficulty: the document, or the question alone where there is none."""
        return self.document or f"question {self.id}"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the set that is not as it should be: counted and listed, never passed over in silence."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """The questions that will be asked, the collection they are about, and what had to be left out."""

    name: str
    questions: tuple[Question, ...]
    documents: tuple[Document, ...] = ()
    """Brought by the set; empty when the questions are about an existing knowledge base."""
    problems: tuple[Problem, ...] = ()
    collection_hash: str = field(default="")
    """Changes when the documents change."""

    @property
    def languages(self) -> tuple[str, ...]:
        """English first, where there is English, then by code."""
        return tuple(sorted({q.language for q in self.questions}, key=lambda code: (code != "en", code)))

    def of(self, language: str) -> list[Question]:
        """The questions of one language, by id."""
        return sorted((q for q in self.questions if q.language == language), key=lambda q: q.id)

    def data_hash(self, language: str | None = None) -> str:
        """SHA-256 over questions, gold and collection; of one language or of all."""
        digest = hashlib.sha256(self.collection_hash.encode())
        for code in self.languages if language is None else (language,):
            for q in self.of(code):
                digest.update(repr((q.id, q.language, q.text, q.document, q.answers)).encode())
                digest.update((q.kind or "").encode())
        return digest.hexdigest()

    def only(self, languages: Sequence[str] | None, limit: int | None = None) -> "QuestionSet":
        """The asked languages, at most `limit` questions of each, evenly spread. Raises MissingLanguages, EmptySet."""
        wanted = list(dict.fromkeys(languages)) if languages else list(self.languages)
        missing = [code for code in wanted if code not in self.languages]
        if missing:
            raise MissingLanguages(
                f"{self.name} has no questions in {', '.join(missing)}; it has {', '.join(self.languages) or 'none'}. "
                "Leave out --languages to take all."
            )
        chosen = tuple(q for code in wanted for q in evenly_spread(self.of(code), limit))
        if not chosen:
            count = len(self.problems)
            why = f"Of {count} problems the first is {self.problems[0]}." if count else "The set is empty."
            raise EmptySet(f"{self.name} has no usable question. {why}")
        return replace(self, questions=chosen)


def evenly_spread(items: Sequence[Item], limit: int | None) -> list[Item]:
    """At most `limit` items taken at equal steps, so that a sample meets every part of a sorted list."""
    if limit is None or len(items) <= limit:
        return list(items)
    return [items[i * len(items) // limit] for i in range(limit)]


def hash_documents(documents: Sequence[Document]) -> str:
    """SHA-256 over ids and contents, whatever the order."""
    digest = hashlib.sha256()
    for line in sorted(f"{document.id} {document.content_hash}" for document in documents):
        digest.update(line.encode())
    return digest.hexdigest()


def require_english(documents: Sequence[Document], reason_against: Callable[[str], str | None]) -> tuple[Problem, ...]:
    """Count and list what is not English. `reason_against`: text -> why it is not English.

    Raises PassagesNotEnglish where it is most of them.
    """
    sample = evenly_spread(documents, LANGUAGE_CHECKS)
    refused = [(document.id, reason) for document in sample if (reason := reason_against(document.text))]
    counted = f"{len(refused)} of {len(sample)} passages looked at are not English"
    if len(refused) * 2 > len(sample):
        raise PassagesNotEnglish(
            f"{counted} ({refused[0][0]}: {refused[0][1]}). "
            "Questions may be in any language, but passages and gold answers must be English."
        )
    listed = [Problem(id, f"{reason}; asked all the same") for id, reason in refused]
    return (Problem("passages", counted), *listed) if listed else ()


def first_of_each(questions: Sequence[Question], problems: list[Problem]) -> list[Question]:
    """The first question of each id and language; later ones become problems."""
    seen: dict[tuple[str, str], Question] = {}
    for question in questions:
        if (question.id, question.language) in seen:
            problems.append(Problem(f"{question.language} {question.id}", "duplicate id; the first one counts"))
        else:
            seen[question.id, question.language] = question
    return list(seen.values())

"""Evaluation texts that training must never see, and all text that training sees.

Two questions of a search log may have one translation: such pairs are left out although their English differs.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from retrieval.training.english_qa import TrainingDataError
from retrieval.training.parallel import LanguagePairs, Pair, languages_in, load_language
from retrieval.training.written import load_training_questions

SHARED_SEARCH_QUESTIONS = "mkqa_questions.tsv"


def evaluation_texts(data: Path) -> list[str]:
    """Questions and passages of XQuAD in every language, and the search questions; none where there is no `eval/`."""
    texts: list[str] = []
    for path in sorted((data / "eval" / "xquad").glob("xquad.*.json")):
        for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
            for paragraph in article["paragraphs"]:
                texts.append(paragraph["context"])
                texts.extend(question["question"] for question in paragraph["qas"])
    search = data / "eval" / SHARED_SEARCH_QUESTIONS
    if search.is_file():
        rows = [line.split("\t") for line in search.read_text(encoding="utf-8").splitlines()]
        texts.extend(cell for row in rows[1:] for cell in row[1:])  # the first column is an id
    return texts


def load_languages(data: Path, written: Path | None = None) -> dict[str, LanguagePairs]:
    """All parallel text, with `written` the project's own too, but for pairs with an evaluation text on either side."""
    if written is not None and not any(written.glob("*.questions.tsv")):
        raise TrainingDataError(
            f"{written} holds no LANGUAGE.questions.tsv; --written wants retrieval/training/written"
        )
    closed = {plain(text) for text in evaluation_texts(data)}

    def allowed(pairs: tuple[Pair, ...]) -> tuple[Pair, ...]:
        return tuple(p for p in pairs if plain(p.english) not in closed and plain(p.translation) not in closed)

    languages = {code: load_language(data, code, written) for code in languages_in(data)}
    return {
        code: LanguagePairs(allowed(pairs.train), allowed(pairs.held_out), allowed(pairs.lexicon))
        for code, pairs in languages.items()
    }


def training_texts(data: Path, written: Path | None = None) -> Iterator[str]:
    """English questions and passages, and both sides of the parallel text, as the trainers read them."""
    for example in load_training_questions(data, written):
        yield example.question
        yield example.context
    for pairs in load_languages(data, written).values():
        for pair in pairs.train:
            yield pair.english
            yield pair.translation


def refuse_overlap(texts: Iterable[str], forbidden: Sequence[str], what: str) -> None:
    """Raise TrainingDataError when a text meant for training is one of the evaluation's."""
    closed = {plain(text) for text in forbidden}
    for text in texts:
        if plain(text) in closed:
            raise TrainingDataError(f"{what}: {text[:80]!r} is an evaluation text and must not be trained on")


def plain(text: str) -> str:
    """Text as it is compared: case and spacing do not count."""
    return " ".join(text.lower().split())

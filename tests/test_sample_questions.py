"""The sample help centre and its questions fit together: every gold answer stands word for word in its article."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from knowledge_base.documents import Document
from knowledge_base.loaders import find_files, load_documents

ROOT = Path(__file__).resolve().parent.parent
ARTICLES = ROOT / "knowledge_base" / "articles"
QUESTIONS = ROOT / "tests" / "data" / "questions"
OTHER_LANGUAGES = (
    *("ar", "bg", "de", "el", "es", "fr", "hi", "id", "it", "ja", "ko"),
    *("nl", "pl", "pt", "ro", "ru", "sw", "th", "tr", "ur", "vi", "zh"),
)
LANGUAGES = ("en", *OTHER_LANGUAGES)
MOST_SHARED_WORDS = 3
"""Names and words typed as a search are the same in many languages: "apple homekit"."""
PARTS = ("shop", "product", "more", "short")


@dataclass(frozen=True)
class Question:
    id: str
    question: str
    language: str
    document: str | None
    answers: tuple[str, ...]


def read(language: str) -> list[Question]:
    found = []
    for part in PARTS:
        lines = (QUESTIONS / f"{language}.{part}.jsonl").read_text(encoding="utf-8").splitlines()
        for line in lines:
            entry = json.loads(line)
            found.append(Question(**{**entry, "answers": tuple(entry["answers"])}))
    return found


@pytest.fixture(scope="module")
def articles() -> dict[str, Document]:
    files = find_files([ARTICLES])
    return {document.id: document for file in files for document in load_documents(file, ARTICLES)}


@pytest.fixture(scope="module")
def english() -> dict[str, Question]:
    return {question.id: question for question in read("en")}


def test_the_help_centre_has_at_least_55_articles(articles):
    assert len(articles) >= 55


def test_every_article_has_a_title(articles):
    assert [name for name, article in articles.items() if not article.title.strip()] == []


def test_translated_titles_are_only_in_known_languages(articles):
    used = {language for article in articles.values() for language in article.translated_titles}
    assert used - set(OTHER_LANGUAGES) == set()


def test_every_article_is_asked_about(articles, english):
    assert set(articles) - {question.document for question in english.values()} == set()


def test_english_has_at_least_150_answerable_questions(english):
    assert sum(question.document is not None for question in english.values()) >= 150


def test_english_has_at_least_40_questions_that_no_article_answers(english):
    assert sum(question.document is None for question in english.values()) >= 40


def test_every_question_file_belongs_to_a_known_language():
    files = {path.name for path in QUESTIONS.glob("*.jsonl")}
    assert files == {f"{language}.{part}.jsonl" for language in LANGUAGES for part in PARTS}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_gold_document_exists(language, articles):
    wanted = {question.document for question in read(language)} - {None}
    assert wanted - set(articles) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_answer_stands_word_for_word_in_its_document(language, articles):
    missing = [
        (question.id, answer)
        for question in read(language)
        for answer in question.answers
        if question.document is None or answer not in articles[question.document].text
    ]
    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_question_has_one_to_four_answers_exactly_when_it_has_a_document(language):
    odd = [q.id for q in read(language) if len(q.answers) not in ((1, 2, 3, 4) if q.document else (0,))]
    assert odd == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_ids_are_unique_within_a_language(language):
    repeated = [name for name, times in Counter(q.id for q in read(language)).items() if times > 1]
    assert repeated == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_entry_names_the_language_of_its_file(language):
    assert {question.language for question in read(language)} == {language}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_question_is_asked_twice_in_one_language(language):
    repeated = [text for text, times in Counter(q.question for q in read(language)).items() if times > 1]
    assert repeated == []


@pytest.mark.parametrize("language", OTHER_LANGUAGES)
def test_every_other_language_has_at_least_20_answerable_questions(language):
    assert sum(question.document is not None for question in read(language)) >= 20


@pytest.mark.parametrize("language", OTHER_LANGUAGES)
def test_a_translation_keeps_document_and_answers_of_the_english_question(language, english):
    gold = {name: (question.document, question.answers) for name, question in english.items()}
    changed = [q.id for q in read(language) if gold.get(q.id) != (q.document, q.answers)]
    assert changed == []


@pytest.mark.parametrize("language", OTHER_LANGUAGES)
def test_no_translation_is_left_in_english(language, english):
    left = [q for q in read(language) if q.question == english[q.id].question]
    assert [q.id for q in left if len(q.question.split()) > MOST_SHARED_WORDS] == []


def test_every_english_question_is_translated_somewhere(english):
    translated = {question.id for language in OTHER_LANGUAGES for question in read(language)}
    assert set(english) - translated == set()

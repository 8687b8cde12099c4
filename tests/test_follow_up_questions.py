"""The two-turn conversations fit the sample help centre: every gold answer stands word for word in its article."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from knowledge_base.documents import Document
from knowledge_base.loaders import find_files, load_documents

ROOT = Path(__file__).resolve().parent.parent
ARTICLES = ROOT / "knowledge_base" / "articles"
FOLLOW_UPS = ROOT / "tests" / "data" / "follow_ups"
LANGUAGES = ("ar", "de", "en", "es", "ja", "tr")


def read(language: str) -> list[dict[str, Any]]:
    lines = (FOLLOW_UPS / f"{language}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def turns(language: str) -> list[dict[str, Any]]:
    return [entry[turn] for entry in read(language) for turn in ("first", "second")]


@pytest.fixture(scope="module")
def articles() -> dict[str, Document]:
    files = find_files([ARTICLES])
    return {document.id: document for file in files for document in load_documents(file, ARTICLES)}


def test_there_are_conversations_in_six_languages():
    assert {path.stem for path in FOLLOW_UPS.glob("*.jsonl")} == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_12_numbered_conversations(language):
    assert [entry["id"] for entry in read(language)] == [f"follow-{number:02d}" for number in range(1, 13)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_conversation_names_the_language_of_its_file(language):
    assert {entry["language"] for entry in read(language)} == {language}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_5_ellipses_4_pronouns_and_3_new_topics(language):
    found = Counter(entry["kind"] for entry in read(language))
    assert found == {"ellipsis": 5, "pronoun": 4, "new_topic": 3}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_occurs_under_odd_and_even_numbers(language):
    halves = {(entry["kind"], int(entry["id"][-2:]) % 2) for entry in read(language)}
    assert len(halves) == 6


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_answer_of_both_turns_stands_word_for_word_in_its_article(language, articles):
    missing = [
        (turn["question"], answer)
        for turn in turns(language)
        for answer in turn["answers"]
        if answer not in articles[turn["document"]].text
    ]
    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_turn_has_one_to_three_answers(language):
    assert [turn["question"] for turn in turns(language) if len(turn["answers"]) not in (1, 2, 3)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_new_topic_is_answered_by_another_article(language):
    same = [
        e["id"]
        for e in read(language)
        if e["kind"] == "new_topic" and e["first"]["document"] == e["second"]["document"]
    ]
    assert same == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_turn_is_asked_twice_in_one_language(language):
    repeated = [text for text, times in Counter(turn["question"] for turn in turns(language)).items() if times > 1]
    assert repeated == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_second_answer_differs_from_the_first(language):
    assert [e["id"] for e in read(language) if set(e["first"]["answers"]) & set(e["second"]["answers"])] == []

"""XQuAD-format folders: what is read, what is refused, what is listed."""

import json

import pytest

from chatbot.evaluation.question_sets import BrokenFile, EmptySet, MissingLanguages, NoQuestionSet, Problem, Question
from chatbot.evaluation.xquad import is_xquad_folder, load_xquad

WARRANTY = "The kettle has a warranty of two years."
SHIPPING = "Parcels to Norway take five days."


def entry(id, question, *answers):
    return {"id": id, "question": question, "answers": [{"text": t, "answer_start": s} for t, s in answers]}


def write(folder, language, warranty=(), shipping=()):
    paragraphs = [
        {"context": WARRANTY, "qas": list(warranty)},
        {"context": SHIPPING, "qas": list(shipping)},
    ]
    record = {"version": "1.1", "data": [{"title": "Shop", "paragraphs": paragraphs}]}
    (folder / f"xquad.{language}.json").write_text(json.dumps(record), encoding="utf-8")


@pytest.fixture
def folder(tmp_path):
    write(
        tmp_path,
        "en",
        [entry("q1", "How long is the warranty?", ("two years", 29))],
        [entry("q2", "How long to Norway?", ("five days", 23))],
    )
    write(
        tmp_path,
        "de",
        [entry("q1", "Wie lange gilt die Garantie?", ("zwei Jahre", 0))],
        [entry("q2", "Wie lange nach Norwegen?", ("fünf Tage", 0))],
    )
    return tmp_path


def test_german_question_has_the_english_gold(folder):
    assert load_xquad(folder).of("de")[0] == Question(
        "q1", "de", "Wie lange gilt die Garantie?", "Shop/0", ("two years",)
    )


def test_passages_come_from_the_english_file(folder):
    assert [document.text for document in load_xquad(folder).documents] == [WARRANTY, SHIPPING]


def test_titles_are_not_part_of_the_passages(folder):
    assert {document.title for document in load_xquad(folder).documents} == {""}


def test_english_comes_first(folder):
    assert load_xquad(folder).languages == ("en", "de")


def test_good_set_has_no_problems(folder):
    assert load_xquad(folder).problems == ()


def test_folder_with_xquad_names_is_recognised(folder):
    assert is_xquad_folder(folder)


def test_folder_with_other_names_is_not(tmp_path):
    (tmp_path / "questions.jsonl").write_text("")
    assert not is_xquad_folder(tmp_path)


def test_gold_that_is_not_in_its_passage_is_listed(folder):
    write(folder, "en", [entry("q1", "How long?", ("three years", 29))], [entry("q2", "Norway?", ("five days", 23))])
    assert load_xquad(folder).problems[0] == Problem("en q1", "gold 'three years' is not in its passage; left out")


def test_question_without_gold_left_is_not_asked(folder):
    write(folder, "en", [entry("q1", "How long?", ("three years", 29))], [entry("q2", "Norway?", ("five days", 23))])
    assert [q.id for q in load_xquad(folder).of("en")] == ["q2"]


def test_gold_at_another_place_is_kept_and_listed(folder):
    write(folder, "en", [entry("q1", "How long?", ("two years", 3))], [entry("q2", "Norway?", ("five days", 23))])
    loaded = load_xquad(folder)
    assert loaded.problems == (Problem("en q1", "gold 'two years' does not stand at 3; kept, it stands elsewhere"),)
    assert loaded.of("en")[0].answers == ("two years",)


def test_question_without_answers_is_unanswerable(folder):
    write(folder, "en", [entry("q1", "Who made it?")], [entry("q2", "Norway?", ("five days", 23))])
    assert not load_xquad(folder).of("en")[0].answerable


def test_duplicate_id_is_listed_and_the_first_counts(folder):
    write(
        folder,
        "en",
        [entry("q1", "First?", ("two years", 29)), entry("q1", "Second?", ("kettle", 4))],
        [entry("q2", "Norway?", ("five days", 23))],
    )
    loaded = load_xquad(folder)
    assert loaded.problems == (Problem("en q1", "duplicate id; the first one counts"),)
    assert loaded.of("en")[0].text == "First?"


def test_question_without_english_twin_is_listed(folder):
    write(folder, "de", [entry("q1", "Garantie?"), entry("q9", "Sonst?")], [entry("q2", "Norwegen?")])
    assert load_xquad(folder).problems == (Problem("de q9", "no usable English question of this id; left out"),)


def test_missing_translations_are_counted(folder):
    write(folder, "de", [entry("q1", "Garantie?")])
    assert load_xquad(folder).problems == (
        Problem("xquad.de.json", "1 of 2 English questions have no translation here"),
    )


def test_broken_json_is_refused_with_its_file(folder):
    (folder / "xquad.de.json").write_text('{"data": [')
    with pytest.raises(BrokenFile, match=r"xquad\.de\.json is not in SQuAD format"):
        load_xquad(folder)


def test_other_json_is_refused_with_what_is_wanted(folder):
    (folder / "xquad.de.json").write_text('{"questions": []}')
    with pytest.raises(BrokenFile, match="wanted: data > paragraphs > context, qas"):
        load_xquad(folder)


def test_answer_start_as_text_is_refused(folder):
    write(folder, "en", [entry("q1", "How long?", ("two years", "29"))])
    with pytest.raises(BrokenFile, match="answers of q1 need text and a whole number answer_start"):
        load_xquad(folder)


def test_folder_without_english_is_refused(folder):
    (folder / "xquad.en.json").unlink()
    with pytest.raises(NoQuestionSet, match=r"has no xquad\.en\.json"):
        load_xquad(folder)


def test_language_that_is_not_there_is_named(folder):
    with pytest.raises(MissingLanguages, match="has no questions in sw, yo; it has en, de"):
        load_xquad(folder).only(["de", "sw", "yo"])


def test_set_without_questions_is_refused(folder):
    write(folder, "en")
    (folder / "xquad.de.json").unlink()
    with pytest.raises(EmptySet, match="no usable question"):
        load_xquad(folder).only(None)


def test_hash_follows_the_questions_of_its_language(folder):
    before = load_xquad(folder)
    write(folder, "de", [entry("q1", "Anders?")], [entry("q2", "Wie lange nach Norwegen?")])
    after = load_xquad(folder)
    assert before.data_hash("de") != after.data_hash("de")
    assert before.data_hash("en") == after.data_hash("en")


def write_articles(folder, *titles):
    """Articles of one paragraph and one question each; every paragraph is another text."""
    articles = [
        {
            "title": title,
            "paragraphs": [{"context": f"Lamp {i} costs {i} euros.", "qas": [entry(f"q{i}", "Price?", (str(i), 5))]}],
        }
        for i, title in enumerate(titles)
    ]
    (folder / "xquad.en.json").write_text(json.dumps({"data": articles}), encoding="utf-8")


@pytest.mark.parametrize("titles", [("Lamp", "Lamp"), ("", ""), (None, None), ("Lamp", "Lamp", "Lamp (2)")])
def test_articles_of_one_title_keep_all_their_passages(tmp_path, titles):
    write_articles(tmp_path, *titles)
    loaded = load_xquad(tmp_path)
    texts = {document.id: document.text for document in loaded.documents}
    assert len(texts) == len(titles)
    assert [texts[question.document].split()[1] for question in loaded.questions] == [
        question.answers[0] for question in loaded.questions
    ]


def test_a_title_of_its_own_stays_the_name(tmp_path):
    write_articles(tmp_path, "Lamp", "Kettle", "Lamp")
    assert [document.id for document in load_xquad(tmp_path).documents] == ["Lamp/0", "Kettle/0", "Lamp (2)/0"]


def test_empty_questions_are_listed_and_not_asked(folder):
    write(folder, "de", [entry("q1", "  ")], [entry("q2", "Wie lange nach Norwegen?")])
    loaded = load_xquad(folder)
    assert loaded.problems[0] == Problem("de q1", "empty question; left out")
    assert [q.id for q in loaded.of("de")] == ["q2"]


def test_empty_english_question_is_not_asked(folder):
    write(folder, "en", [entry("q1", "", ("two years", 29))], [entry("q2", "Norway?", ("five days", 23))])
    assert [q.id for q in load_xquad(folder).questions] == ["q2", "q2"]


def test_context_that_is_no_text_is_refused(folder):
    (folder / "xquad.en.json").write_text('{"data": [{"paragraphs": [{"context": null, "qas": []}]}]}')
    with pytest.raises(BrokenFile, match="context must be text"):
        load_xquad(folder)


@pytest.mark.parametrize("name", ["xquad.zh-CN.json", "xquad.jp.json", "xquad.EN.json", "xquad.json"])
def test_files_that_name_no_language_are_listed(folder, name):
    (folder / name).write_text("{}")
    assert load_xquad(folder).problems == (
        Problem(name, "not read; wanted xquad.<ISO 639-1 code>.json, as xquad.zh.json"),
    )


def test_question_files_beside_xquad_are_listed(folder):
    (folder / "shop.jsonl").write_text("")
    (folder / "README.md").write_text("")
    assert load_xquad(folder).problems == (
        Problem("shop.jsonl", "not read beside XQuAD files; name the file itself to measure it"),
    )

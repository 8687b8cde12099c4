"""JSONL question files over the user's own documents."""

import json

import pytest

from chatbot.evaluation.question_files import load_question_files
from chatbot.evaluation.question_sets import (
    BrokenFile,
    NoQuestionSet,
    PassagesNotEnglish,
    Problem,
    Question,
    QuestionSet,
    evenly_spread,
    require_english,
)
from chatbot.evaluation.xquad import load_xquad
from knowledge_base.documents import Document
from ui.cli import build_parser
from ui.help_texts import JSONL_EXAMPLE, XQUAD_EXAMPLE

TEXTS = {"warranty.md": "The kettle has a warranty of two years, 24 months."}


def load(path):
    return load_question_files(path, TEXTS.get)


def line(**changes):
    record = {
        "id": "q1",
        "question": "Wie lange?",
        "language": "de",
        "document": "warranty.md",
        "answers": ["two years"],
    }
    return json.dumps({**record, **changes}) + "\n"


def test_line_becomes_a_question(tmp_path):
    (tmp_path / "a.jsonl").write_text(line())
    assert load(tmp_path).questions == (Question("q1", "de", "Wie lange?", "warranty.md", ("two years",)),)


def test_single_file_is_a_set_too(tmp_path):
    (tmp_path / "a.jsonl").write_text(line())
    assert len(load(tmp_path / "a.jsonl").questions) == 1


def test_all_files_of_a_folder_are_read(tmp_path):
    (tmp_path / "a.jsonl").write_text(line())
    (tmp_path / "b.jsonl").write_text(line(language="fr"))
    assert load(tmp_path).languages == ("de", "fr")


def test_answers_may_be_squad_objects(tmp_path):
    (tmp_path / "a.jsonl").write_text(line(answers=[{"text": "two years", "answer_start": 29}]))
    assert load(tmp_path).questions[0].answers == ("two years",)


def test_no_answers_make_an_unanswerable_question(tmp_path):
    (tmp_path / "a.jsonl").write_text(line(answers=[], document=None))
    assert load(tmp_path).questions == (Question("q1", "de", "Wie lange?", None, ()),)


def test_unanswerable_question_belongs_to_no_document(tmp_path):
    (tmp_path / "a.jsonl").write_text(line(answers=[]))
    assert load(tmp_path).questions[0].document is None


def test_blank_lines_are_fine(tmp_path):
    (tmp_path / "a.jsonl").write_text("\n" + line() + "\n\n")
    assert len(load(tmp_path).questions) == 1


def test_line_separator_inside_a_question_stays(tmp_path):
    (tmp_path / "a.jsonl").write_text(line().replace("Wie lange?", "Wie\u2028lange?"), encoding="utf-8")
    assert load(tmp_path).questions[0].text == "Wie\u2028lange?"


def test_broken_line_is_named_by_file_and_number(tmp_path):
    (tmp_path / "a.jsonl").write_text(line() + "{broken\n")
    with pytest.raises(BrokenFile, match=r"a\.jsonl:2 is not JSON"):
        load(tmp_path)


def test_missing_field_is_named(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"id": "q1", "question": "?"}\n')
    with pytest.raises(BrokenFile, match=r"a\.jsonl:1 lacks language, answers"):
        load(tmp_path)


def test_line_that_is_no_object_is_refused(tmp_path):
    (tmp_path / "a.jsonl").write_text("[1, 2]\n")
    with pytest.raises(BrokenFile, match="lacks id, question, language, answers"):
        load(tmp_path)


def test_binary_file_is_refused(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BrokenFile, match="cannot be read as UTF-8"):
        load(tmp_path)


def test_folder_without_question_files_is_refused(tmp_path):
    with pytest.raises(NoQuestionSet, match=r"neither xquad\.<language>\.json files nor \*\.jsonl"):
        load(tmp_path)


def test_gold_that_is_not_in_its_document_is_listed(tmp_path):
    (tmp_path / "a.jsonl").write_text(line(answers=["three years"]))
    loaded = load(tmp_path)
    assert loaded.problems == (Problem("a.jsonl:1", "gold 'three years' is not in warranty.md; left out"),)
    assert loaded.questions == ()


def test_one_of_two_golds_missing_is_listed_and_the_other_kept(tmp_path):
    (tmp_path / "a.jsonl").write_text(line(answers=["three years", "24 months"]))
    loaded = load(tmp_path)
    assert loaded.problems == (Problem("a.jsonl:1", "1 gold answers are not in warranty.md; others kept"),)
    assert loaded.questions[0].answers == ("24 months",)


def test_document_that_is_not_in_the_knowledge_base_is_listed(tmp_path):
    (tmp_path / "a.jsonl").write_text(line(document="gone.md"))
    assert load(tmp_path).problems == (
        Problem("a.jsonl:1", "document 'gone.md' is not in the knowledge base; left out"),
    )


def test_answers_without_a_document_are_listed(tmp_path):
    (tmp_path / "a.jsonl").write_text(line(document=None))
    assert load(tmp_path).problems == (Problem("a.jsonl:1", "answers without a document; left out"),)


def test_empty_question_is_listed(tmp_path):
    (tmp_path / "a.jsonl").write_text(line(question="  "))
    assert load(tmp_path).problems == (Problem("a.jsonl:1", "empty question; left out"),)


def test_same_id_in_another_language_is_no_duplicate(tmp_path):
    (tmp_path / "a.jsonl").write_text(line() + line(language="fr"))
    assert load(tmp_path).problems == ()


def test_same_id_and_language_is_a_duplicate(tmp_path):
    (tmp_path / "a.jsonl").write_text(line() + line(question="Nochmal?"))
    assert load(tmp_path).problems == (Problem("de q1", "duplicate id; the first one counts"),)


def test_sample_is_spread_evenly():
    assert evenly_spread([0, 1, 2, 3, 4, 5], 3) == [0, 2, 4]


def test_small_list_is_taken_whole():
    assert evenly_spread([0, 1], 3) == [0, 1]


def test_limit_holds_for_each_language():
    questions = tuple(Question(f"q{i}", code, "?", "d", ("a",)) for code in ("de", "fr") for i in range(4))
    limited = QuestionSet("set", questions).only(None, limit=2)
    assert [(q.language, q.id) for q in limited.questions] == [("de", "q0"), ("de", "q2"), ("fr", "q0"), ("fr", "q2")]


def refuse_german(text):
    return "it looks German" if "der" in text else None


def test_collection_that_is_not_english_is_refused():
    documents = [Document("a.md", "", "der Kessel"), Document("b.md", "", "der Topf"), Document("c.md", "", "the pot")]
    with pytest.raises(PassagesNotEnglish, match=r"2 of 3 passages looked at are not English \(a\.md: it looks German"):
        require_english(documents, refuse_german)


def test_passages_that_are_not_english_are_counted_and_listed():
    documents = [Document("a.md", "", "der Kessel"), Document("b.md", "", "the pot")]
    assert require_english(documents, refuse_german) == (
        Problem("passages", "1 of 2 passages looked at are not English"),
        Problem("a.md", "it looks German; asked all the same"),
    )


def test_english_passages_are_no_problem():
    assert require_english([Document("b.md", "", "the pot")], refuse_german) == ()


def test_line_with_a_kind_needs_no_answers(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"id": "s1", "question": "Hi!", "language": "en", "kind": "small_talk"}\n')
    question = load(tmp_path).questions[0]
    assert (question.kind, question.answerable) == ("small_talk", False)


def test_hash_follows_the_kind():
    plain = QuestionSet("set", (Question("q1", "en", "Hi!", None, ()),))
    assert QuestionSet("set", (Question("q1", "en", "Hi!", None, (), kind="talk"),)).data_hash() != plain.data_hash()


def test_stated_half_counts(tmp_path):
    (tmp_path / "a.jsonl").write_text(line(half="held_out") + line(id="q2", half="fit"))
    assert [question.held_out for question in load(tmp_path).questions] == [True, False]


def test_translations_fall_into_the_same_half():
    halves = {Question("shop-001", code, "?", None, ()).held_out for code in ("en", "de", "ja")}
    assert len(halves) == 1


def test_about_half_of_the_questions_are_held_out():
    assert sum(Question(f"q{i}", "en", "?", None, ()).held_out for i in range(100)) == 57


@pytest.mark.parametrize("answers", ["two years", ["two years", 2], [{"answer": "two years"}], {"text": "two years"}])
def test_answers_that_are_no_list_of_texts_are_refused(tmp_path, answers):
    (tmp_path / "a.jsonl").write_text(line(answers=answers))
    with pytest.raises(BrokenFile, match=r"a.jsonl:1 has answers .* wanted: a list"):
        load(tmp_path)


def test_a_file_with_a_byte_order_mark_is_read(tmp_path):
    (tmp_path / "a.jsonl").write_text(line(), encoding="utf-8-sig")
    assert len(load(tmp_path).questions) == 1


def test_a_path_that_is_not_there_is_told_so(tmp_path):
    with pytest.raises(NoQuestionSet, match="There is no file or folder"):
        load(tmp_path / "absent")


@pytest.mark.parametrize(
    ("field", "what"),
    [
        ({"id": None}, "id null is not text or a whole number"),
        ({"id": " "}, 'id " " is not text or a whole number'),
        ({"question": None}, "question null is not text"),
        ({"language": None}, 'language null is not an ISO 639-1 code such as "de"'),
        ({"language": "German"}, 'language "German" is not an ISO 639-1 code such as "de"'),
        ({"language": "pt-BR"}, 'language "pt-BR" is not an ISO 639-1 code such as "de"'),
        ({"half": "held-out"}, 'half "held-out" is not "fit" or "held_out"'),
        ({"kind": 3}, "kind 3 is not text"),
    ],
)
def test_field_that_cannot_be_used_is_listed_and_its_line_left_out(tmp_path, field, what):
    (tmp_path / "a.jsonl").write_text(line(**field))
    loaded = load(tmp_path)
    assert loaded.problems == (Problem("a.jsonl:1", f"{what}; left out"),)
    assert loaded.questions == ()


def test_language_in_capitals_is_no_language_of_its_own(tmp_path):
    (tmp_path / "a.jsonl").write_text(line(language="EN") + line(id="q2", language="en"))
    assert load(tmp_path).languages == ("en",)


def test_number_is_an_id(tmp_path):
    (tmp_path / "a.jsonl").write_text(line(id=7))
    assert load(tmp_path).questions[0].id == "7"


def test_half_may_be_left_open(tmp_path):
    (tmp_path / "a.jsonl").write_text(line(half=None))
    assert load(tmp_path).questions[0].stated_half is None


def test_one_file_of_an_xquad_folder_is_told_to_be_named_by_its_folder(tmp_path):
    (tmp_path / "xquad.en.json").write_text('{"data": []}')
    with pytest.raises(NoQuestionSet, match=f"of XQuAD files, name the folder: {tmp_path}"):
        load(tmp_path / "xquad.en.json")


def test_help_of_evaluate_shows_both_formats(capsys):
    with pytest.raises(SystemExit):
        build_parser().parse_args(["evaluate", "--help"])
    shown = capsys.readouterr().out
    assert XQUAD_EXAMPLE in shown
    assert JSONL_EXAMPLE in shown


def test_the_examples_of_the_help_can_be_read(tmp_path):
    (tmp_path / "xquad.en.json").write_text(XQUAD_EXAMPLE, encoding="utf-8")
    (tmp_path / "a.jsonl").write_text(JSONL_EXAMPLE, encoding="utf-8")
    own = load_question_files(tmp_path, {"returns.md": "Within 30 days."}.get)
    assert (len(load_xquad(tmp_path).questions), len(own.questions), own.problems) == (1, 2, ())

import json

import pytest
from desk_samples import client_of, sample_desk, send

from chatbot.answer import Answer, Citation
from chatbot.parity import Landing, ParityQuestion, compare, landing, read_questions
from knowledge_base.documents import Passage
from ui.commands_desk import parity_lines, parity_record
from ui.desk_routes import PATH
from ui.desk_try import MAX_TRIED, parse_lines, try_out

PASSAGE = Passage(1, "a.md", "A", (), 10, 40, "You have 30 days to return it.")
OTHER = Passage(2, "b.md", "B", (), 0, 20, "You have 2 weeks.   ")


def cite(start, end, passage=PASSAGE):
    return Citation(passage, start, end)


def answers(by_question):
    def ask(question, language):
        citation = by_question[question]
        return Answer(question, citation, 0.9 if citation else 0.0, ())

    return ask


def asked(*pairs):
    return [ParityQuestion("q", question, language) for question, language in pairs]


def test_the_same_words_are_the_same_span():
    assert landing(cite(9, 16), cite(9, 16)) is Landing.SAME


def test_the_same_words_in_another_cut_of_the_document_are_the_same_span():
    shifted = Passage(3, "a.md", "A", (), 19, 40, PASSAGE.text[9:])
    assert landing(cite(0, 7, shifted), cite(9, 16)) is Landing.SAME


def test_more_words_around_it_overlap():
    assert landing(cite(0, 16), cite(9, 16)) is Landing.OVERLAP


def test_other_words_of_the_document_do_not_agree():
    assert landing(cite(20, 26), cite(9, 16)) is Landing.DOCUMENT


def test_another_document_does_not_agree():
    assert landing(cite(9, 16, OTHER), cite(9, 16)) is Landing.ELSEWHERE


def test_no_answer_where_there_is_one_does_not_agree():
    assert landing(None, cite(9, 16)) is Landing.NO_ANSWER


def test_an_answer_where_there_is_none_does_not_agree():
    assert landing(cite(9, 16), None) is Landing.UNEXPECTED


def test_silence_agrees_with_silence():
    assert landing(None, None) is Landing.SAME


def test_the_english_wording_is_the_reference():
    report = compare(asked(("Wo?", "de"), ("Where?", "en")), answers({"Wo?": None, "Where?": cite(9, 16)}))
    assert [(o.is_reference, o.landing) for o in report.outcomes] == [(False, Landing.NO_ANSWER), (True, Landing.SAME)]


def test_without_english_the_wording_most_others_agree_with_is_the_reference():
    report = compare(
        asked(("a", "de"), ("b", "fr"), ("c", "ja")),
        answers({"a": cite(9, 16, OTHER), "b": cite(9, 16), "c": cite(9, 16)}),
    )
    assert [outcome.is_reference for outcome in report.outcomes] == [False, True, False]


def test_questions_of_different_ids_are_not_compared():
    questions = [ParityQuestion("1", "a", "en"), ParityQuestion("2", "b", "de")]
    assert compare(questions, answers({"a": cite(9, 16), "b": None})).agreement == 1.0


def test_the_agreement_leaves_the_reference_out():
    report = compare(
        asked(("a", "en"), ("b", "de"), ("c", "ja")), answers({"a": cite(9, 16), "b": cite(9, 16), "c": None})
    )
    assert (report.agreement, report.by_language()) == (0.5, {"ja": 0.0, "de": 1.0})


def test_lines_that_are_no_questions_are_named():
    lines = ["{", "[]", '{"id": "a"}', '{"id": 7, "question": "Where?", "language": "en"}', "", '{"question": "x"}']
    questions, problems = read_questions(lines)
    assert questions == [ParityQuestion("7", "Where?", "en")]
    assert [problem.split()[1] for problem in problems] == ["1", "2", "3", "6"]


def test_the_json_says_where_everything_lands():
    record = parity_record(compare(asked(("a", "en"), ("b", "de")), answers({"a": cite(9, 16), "b": None})))
    assert (record["agreement"], record["languages"]) == (0.0, {"de": 0.0})
    assert record["questions"][0] == {
        "id": "q",
        "language": "en",
        "question": "a",
        "landing": "same span",
        "reference": True,
        "answer": "30 days",
        "confidence": 0.9,
        "document": "a.md",
        "start": 19,
        "end": 26,
    }
    json.dumps(record)


def test_the_table_ends_with_the_sum():
    report = compare(asked(("a", "en"), ("b", "de")), answers({"a": cite(9, 16), "b": cite(9, 16)}))
    assert list(parity_lines(report))[-1] == "all 100.0% land on the words of their reference"


# The desk's try-out


@pytest.fixture
def desk(tmp_path):
    with sample_desk(tmp_path) as desk:
        yield desk


def test_lines_name_their_language():
    questions, _ = parse_lines("en: Where?\nde:\tWo ist es?\n\n")
    assert [(q.language, q.question) for q in questions] == [("en", "Where?"), ("de", "Wo ist es?")]


def test_what_is_no_language_is_part_of_the_question():
    assert parse_lines("xx: what is that?")[0][0].question == "xx: what is that?"


def test_a_code_of_no_language_is_told():
    _, problems = parse_lines("en: Where?\nxx: blah\nWhere: here?")
    assert len(problems) == 1
    assert problems[0].startswith("line 2: 'xx' is no language of the bot; the line was asked as a whole and taken for")


def test_json_lines_can_be_pasted_too():
    questions, problems = parse_lines('{"id": 1, "question": "Where?", "language": "en"}\n{"id"')
    assert questions == [ParityQuestion("1", "Where?", "en")]
    assert problems[0].startswith("line 2 is not JSON")


def test_a_whole_book_is_not_asked():
    questions, problems = parse_lines("en: Where?\n" * (MAX_TRIED + 1))
    assert (len(questions), len(problems)) == (MAX_TRIED, 1)


def test_every_language_lands_on_the_same_span(desk):
    found = try_out(
        desk, "en: How long is the warranty of a lamp?\nes: ¿Qué garantía tiene la lámpara?\nja: ランプの保証"
    )
    assert [outcome.answer.text for outcome in found.report.outcomes] == ["2 years"] * 3
    assert found.report.agreement == 1.0


def test_lines_without_words_get_no_answer(desk):
    assert try_out(desk, "en: ???").report.outcomes[0].answer.citation is None


def test_the_page_shows_them_side_by_side(desk):
    with client_of(desk) as client:
        page = send(client, "try", data={"lines": "en: warranty of a lamp?\nes: garantía lámpara"}).text
    assert page.count("<mark>2 years</mark>") == 2
    assert "1 of 1 wording agree" in page


def test_script_in_a_tried_question_is_shown_as_text(desk):
    with client_of(desk) as client:
        page = send(client, "try", data={"lines": "en: <script>alert(1)</script> </textarea><script>x</script>"}).text
        assert client.get(f"{PATH}/try").status_code == 200
    assert "<script>alert" not in page
    assert "<script>x" not in page

import codecs
import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from desk_samples import client_of, sample_desk, send

from knowledge_base.loaders_faq import load_csv
from knowledge_base.loaders_read import FileSource
from knowledge_base.question_reports import QuestionReports, Tally
from knowledge_base.questions import LoggedQuestion, QuestionLog
from knowledge_base.store import KnowledgeBase
from ui.desk_charts import Bar, columns, rows
from ui.desk_html import LANGUAGE_NAMES, foreign
from ui.desk_numbers import numbers, numbers_csv, questions_csv, questions_jsonl
from ui.desk_routes import PATH

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
UI = Path(__file__).parent.parent / "ui"


def asked(question="q", language="en", kind="found", days_ago=0, **values):
    at = NOW - timedelta(days=days_ago)
    return LoggedQuestion(question, language, "c1", kind, asked_at=at, **values)


@pytest.fixture
def desk(tmp_path):
    with sample_desk(tmp_path) as desk:
        desk.reports.erase_all()
        log = desk.log
        liked = log.record(asked(answer="2 years", document="lamp.md", took_ms=100))
        disliked = log.record(asked(language="de", days_ago=1, answer="2 years", document="lamp.md", took_ms=200))
        log.record(asked(language="de", kind="not_found", days_ago=1, took_ms=600))
        log.record(asked(language="ja", kind="closest", days_ago=40, took_ms=300))
        log.feedback(liked, True)
        log.feedback(disliked, False)
        yield desk


@pytest.fixture
def client(desk):
    with client_of(desk) as client:
        yield client


def test_the_range_leaves_out_what_is_older(desk):
    assert (numbers(desk, 30, NOW).total.asked, numbers(desk, 0, NOW).total.asked) == (3, 4)


def test_the_answered_share_is_of_questions_that_wanted_an_answer(desk):
    assert numbers(desk, 0, NOW).total.answered_share == 0.5


def test_thumbs_are_counted(desk):
    total = numbers(desk, 0, NOW).total
    assert (total.helpful, total.not_helpful) == (1, 1)


def test_the_median_time_is_the_middle_one(desk):
    assert numbers(desk, 30, NOW).total.median_ms == 200


def test_each_language_has_its_own_numbers(desk):
    assert numbers(desk, 30, NOW).by_language == (
        Tally("de", 2, 1, 1, 0, 1, 400.0),
        Tally("en", 1, 1, 0, 1, 0, 100.0),
    )


def test_a_day_without_questions_is_in_the_plot_too(desk):
    found = numbers(desk, 3, NOW).by_day
    assert [(tally.name, tally.asked) for tally in found] == [("2026-05-18", 0), ("2026-05-19", 2), ("2026-05-20", 1)]


def test_each_day_has_its_median_time(desk):
    assert numbers(desk, 2, NOW).by_day[0].median_ms == 400


def test_the_most_cited_come_first_and_the_never_cited_are_named(desk):
    found = numbers(desk, 0, NOW)
    assert [(document.id, document.times) for document in found.most_cited] == [("lamp.md", 2)]
    assert [document.id for document in found.never_cited] == ["returns.md"]


def test_the_csv_holds_days_languages_and_the_sum(desk):
    found = list(csv.DictReader(io.StringIO(numbers_csv(desk, 2, NOW))))
    assert [(row["by"], row["name"], row["asked"]) for row in found] == [
        ("day", "2026-05-19", "2"),
        ("day", "2026-05-20", "1"),
        ("language", "de", "2"),
        ("language", "en", "1"),
        ("all", "", "3"),
    ]


def test_questions_can_be_taken_out_as_json_lines(desk):
    records = [json.loads(line) for line in questions_jsonl(desk.reports.questions())]
    assert [record["question"] for record in records] == ["q"] * 4
    assert records[0]["helpful"] is True


def test_a_formula_typed_as_a_question_does_not_run_in_a_spreadsheet(desk):
    desk.log.record(asked("=cmd|' /C calc'!A0"))
    assert list(csv.DictReader(io.StringIO("".join(questions_csv(desk.reports.questions())))))[-1]["question"] == (
        "'=cmd|' /C calc'!A0"
    )


def test_a_long_log_is_read_in_parts_and_comes_out_whole(tmp_path):
    with KnowledgeBase(tmp_path / "k.db") as knowledge_base:
        log = QuestionLog(knowledge_base)
        for number in range(2001):
            log.record(asked(str(number)))
        found = [question.question for question in QuestionReports(knowledge_base).questions()]
    assert found == [str(number) for number in range(2001)]


def test_the_numbers_page_draws_plots(client):
    page = client.get(f"{PATH}/numbers?days=0").text
    assert 'aria-label="Questions by day"' in page
    assert 'aria-label="Questions by language"' in page


def test_a_nonsense_range_shows_everything(client):
    assert client.get(f"{PATH}/numbers?days=x'%22").status_code == 200


def test_the_csv_is_a_download(client):
    response = client.get(f"{PATH}/numbers.csv?days=7")
    assert response.headers["content-disposition"] == 'attachment; filename="numbers.csv"'


@pytest.mark.parametrize("name", ["numbers.csv", "questions.csv"])
def test_a_downloaded_csv_tells_spreadsheets_that_it_is_utf_8(client, name):
    content = client.get(f"{PATH}/{name}").content
    assert content.startswith(codecs.BOM_UTF8)
    assert content.count(codecs.BOM_UTF8) == 1


def test_a_downloaded_csv_can_be_ingested(desk, client):
    desk.log.record(LoggedQuestion("ランプの保証", "ja", "c9", "found", "2 years", "lamp.md"))
    loaded = load_csv(client.get(f"{PATH}/questions.csv").content, FileSource(Path("questions.csv"), "questions.csv"))
    assert [(document.question, document.text) for document in loaded.documents][-1] == ("ランプの保証", "2 years")


def test_the_data_page_says_how_many_are_kept(client):
    assert "4 questions kept." in client.get(f"{PATH}/data").text


def test_all_questions_are_a_download(client):
    assert client.get(f"{PATH}/questions.csv").text.count("\r\n") == 5
    assert client.get(f"{PATH}/questions.jsonl").text.count("\n") == 4


def test_erasing_needs_the_word(desk, client):
    send(client, "erase", data={"sure": "yes"})
    assert desk.reports.total().asked == 4


def test_erasing_takes_everything(desk, client):
    send(client, "erase", data={"sure": "erase"})
    assert desk.reports.total().asked == 0


def test_one_conversation_can_be_erased(desk, client):
    desk.log.record(LoggedQuestion("q", "en", "other", "found"))
    send(client, "erase", data={"sure": "erase", "conversation": "c1"})
    assert [question.conversation for question in desk.reports.questions()] == ["other"]


def test_a_plot_without_questions_is_no_error():
    assert "</svg>" in columns("Nothing", [])
    assert "</svg>" in rows("Nothing", [])


def test_script_in_the_name_of_a_bar_is_shown_as_text():
    assert "<script" not in rows("t", [Bar("<script>", "<script>", 1, 0)])


def test_a_bar_is_as_high_as_its_share():
    heights = re.findall(r'dk-good-bar"[^>]*height="([\d.]+)"', columns("t", [Bar("a", "", 4, 0), Bar("b", "", 2, 0)]))
    assert float(heights[0]) == 2 * float(heights[1])


def test_arabic_runs_from_right_to_left():
    assert foreign("سؤال", "ar") == '<span lang="ar" dir="rtl">سؤال</span>'


def test_a_latin_word_before_letters_from_right_to_left_does_not_turn_the_question():
    assert 'dir="rtl"' in foreign("WLAN کیا ہے؟", "ur")


def test_a_question_in_latin_letters_keeps_its_direction_whatever_its_language_is_taken_for():
    assert 'dir="auto"' in foreign("Glow?", "ur")


def test_every_served_language_has_a_name():
    from chatbot.language import LANGUAGES

    assert set(LANGUAGE_NAMES) == set(LANGUAGES)


def test_the_pages_beside_the_chat_have_the_colours_of_the_chat_page():
    colours = re.compile(r"--(page|surface|ink|quiet|line|edge|accent|accent-ink|soft|soft-ink|mark|mark-ink): (#\w+);")
    assert colours.findall((UI / "colours.css").read_text()) == colours.findall((UI / "style.css").read_text())


def test_questions_taken_to_a_person_are_counted(desk, client):
    number = desk.log.record(asked("human please", kind="not_found"))
    desk.log.ask_person(number, "c1")
    assert desk.reports.total().asked_person == 1
    assert "<dt>Asked for a person</dt><dd>1</dd>" in client.get(f"{PATH}/numbers?days=0").text


def test_the_csv_names_how_many_asked_for_a_person(desk):
    desk.log.ask_person(desk.log.record(asked("human please")), "c1")
    assert list(csv.DictReader(io.StringIO(numbers_csv(desk, 0, NOW))))[-1]["asked_person"] == "1"

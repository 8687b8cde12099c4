"""Which questions of a gap an answer closes: what the page ticked by itself, and what was ticked by hand."""

import pytest
from desk_samples import ANSWER, client_of, form_of, sample_desk, send, unanswered

from ui import desk_gaps as gaps
from ui.desk_gaps import FAQ, Draft
from ui.desk_routes import PATH

ABOUT_PASSWORDS = Draft(FAQ, "Passwords", "Write to help@example.org.")


@pytest.fixture
def desk(tmp_path):
    with sample_desk(tmp_path) as desk:
        yield desk


@pytest.fixture
def client(desk):
    with client_of(desk) as client:
        yield client


def left_alone(desk, draft, **changes):
    """A form whose ticks are as the page set them before anything was written."""
    form = form_of(desk, draft)
    return {**form, "preticked": form["question"], "decided": [], **changes}


def test_questions_that_the_answer_does_not_answer_stay_in_the_gaps(desk, client):
    send(client, "publish-answer", data=left_alone(desk, ABOUT_PASSWORDS))
    assert [gap.times for gap in gaps.overview(desk).gaps] == [4, 2]
    assert "It answers 0 of 4 questions" in (page := client.get(f"{PATH}/gaps").text)
    assert "4 questions of this gap stay open." in page


def test_questions_that_the_answer_answers_leave_the_gaps_without_a_tick_by_hand(desk, client):
    send(client, "publish-answer", data=left_alone(desk, ANSWER))
    assert [gap.times for gap in gaps.overview(desk).gaps] == [2]


def test_a_check_unticks_what_it_does_not_answer_and_tries_it_again(desk, client):
    missed = send(client, "check-answer", data=left_alone(desk, ABOUT_PASSWORDS)).text
    assert (missed.count('name="question"'), missed.count("checked><")) == (4, 0)
    answered = send(client, "check-answer", data={**form_of(desk, ANSWER, []), "decided": []}).text
    assert "<b>4 of 4 questions</b> answered" in answered
    assert answered.count('name="preticked"') == 4


def test_a_question_ticked_by_hand_is_closed_whatever_the_check_said(desk, client):
    first = form_of(desk)["question"][0]
    send(client, "publish-answer", data={**form_of(desk, ABOUT_PASSWORDS, [first]), "decided": []})
    assert [gap.times for gap in gaps.overview(desk).gaps] == [3, 2]


def test_a_question_unticked_by_hand_is_not_tried(desk, client):
    ids = form_of(desk)["question"]
    page = send(client, "check-answer", data=left_alone(desk, ANSWER, question=ids[1:])).text
    assert "<b>3 of 3 questions</b> answered" in page


def test_a_question_unticked_by_hand_stays_so_after_a_check(desk, client):
    ids = form_of(desk)["question"]
    page = send(client, "check-answer", data=left_alone(desk, ANSWER, question=ids[1:])).text
    assert f'name="decided" value="{ids[0]}"' in page
    send(client, "publish-answer", data=left_alone(desk, ANSWER, question=ids[1:], preticked=ids[1:], decided=ids[:1]))
    assert [gap.times for gap in gaps.overview(desk).gaps] == [2, 1]


def test_a_question_asked_while_the_answer_is_written_is_tried_and_closed(desk, client):
    form = left_alone(desk, ANSWER)
    desk.log.record(unanswered("What does shipping cost?", "en"))
    assert [gap.times for gap in gaps.overview(desk).gaps] == [5, 2]
    assert "<b>5 of 5 questions</b> answered" in send(client, "check-answer", data=form).text
    send(client, "publish-answer", data=form)
    assert [gap.times for gap in gaps.overview(desk).gaps] == [2]


def test_publishing_tries_all_questions_of_a_gap_though_a_check_tries_some(desk, client):
    for number in range(gaps.MAX_CHECKED):
        desk.log.record(unanswered(f"How much does shipping cost? {number}", "en"))
    form = left_alone(desk, ANSWER)
    checked = send(client, "check-answer", data=form).text
    assert "<b>40 of 40 questions</b> answered" in checked
    assert "4 more questions will be tried when you publish." in checked
    send(client, "publish-answer", data=form)
    assert "It answers 44 of 44 questions" in client.get(f"{PATH}/gaps").text
    assert [gap.times for gap in gaps.overview(desk).gaps] == [2]

import lzma

import pytest
from desk_samples import ANSWER, BATTERY, SHIPPING, client_of, form_of, sample_desk, send, shipping, unanswered

from chatbot.conversation import Conversation
from knowledge_base.question_reports import OpenQuestion
from knowledge_base.questions import LoggedQuestion
from retrieval.dictionary import Dictionary
from ui import desk_gaps as gaps
from ui.desk_gaps import ARTICLE, FAQ, Draft, DraftRefused
from ui.desk_routes import PATH

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def desk(tmp_path):
    with sample_desk(tmp_path) as desk:
        yield desk


@pytest.fixture
def client(desk):
    with client_of(desk) as client:
        yield client


def test_questions_that_ask_for_the_same_are_one_gap_in_every_language(desk):
    assert {question.language for question in shipping(desk).questions} == {"en", "es", "de", "ja"}


def test_the_biggest_gap_comes_first(desk):
    assert [gap.times for gap in gaps.overview(desk).gaps] == [4, 2]


def test_the_gap_is_shown_by_its_english_question(desk):
    assert shipping(desk).example.question == "How much does shipping cost?"


def test_a_gap_is_found_by_any_of_its_questions(desk):
    gap = shipping(desk)
    assert [gaps.gap_of(desk, number) for number in gap.ids] == [gap] * 4


def test_an_unknown_question_belongs_to_no_gap(desk):
    assert gaps.gap_of(desk, 99_999) is None


def test_a_thumbed_down_answer_is_a_gap_too(desk):
    reply = desk.chatbot.reply("How long is the warranty of a lamp?", Conversation())
    desk.chatbot.feedback(reply, False, "wrong lamp")
    found = next(gap for gap in gaps.overview(desk).gaps if reply.logged_id in gap.ids)
    assert (found.example.closest, found.example.reasons) == ("2 years", ("wrong lamp",))


def test_questions_seen_before_are_not_encoded_again(desk):
    gaps.overview(desk)
    before = desk.encoder.texts_encoded
    gaps.overview(desk)
    assert desk.encoder.texts_encoded == before


def test_a_draft_says_at_once_which_questions_it_answers(desk):
    check = gaps.check(desk, ANSWER, shipping(desk).questions)
    assert {forecast.language: forecast.answer.text for forecast in check.forecasts} == {
        "en": "4 euros",
        "es": "4 euros",
        "de": "4 euros",
        "ja": "4 euros",
    }
    assert (check.answered, check.languages) == (4, (4, 4))


def test_trying_a_draft_publishes_nothing(desk):
    before = desk.knowledge_base.version()
    gaps.check(desk, ANSWER, shipping(desk).questions)
    assert desk.knowledge_base.version() == before


def test_a_draft_about_something_else_answers_nothing(desk):
    check = gaps.check(desk, Draft(FAQ, "Passwords", "Write to help@example.org."), shipping(desk).questions)
    assert check.answered == 0


def test_a_draft_without_an_answer_says_what_is_missing(desk):
    assert gaps.check(desk, Draft(FAQ, "How?", "  "), shipping(desk).questions).problem == "Write the answer first."


def test_a_draft_that_is_not_english_is_told(desk):
    assert gaps.check(desk, Draft(FAQ, "Envoi", "Bonjour, 4 euros."), ()).not_english == "not in English"


def test_what_the_forecast_says_is_what_customers_get(desk):
    gap = shipping(desk)
    check = gaps.check(desk, ANSWER, gap.questions)
    gaps.publish_answer(desk, ANSWER, gap.ids)
    got = [desk.chatbot.reply(forecast.question, Conversation()).answer.text for forecast in check.forecasts]
    assert got == [forecast.answer.text for forecast in check.forecasts]


def test_a_published_answer_closes_its_gap(desk):
    document = gaps.publish_answer(desk, ANSWER, shipping(desk).ids)
    found = gaps.overview(desk)
    assert [gap.times for gap in found.gaps] == [2]
    assert [(gap.document, gap.questions, gap.languages) for gap in found.closed] == [
        (document.id, 4, ("de", "en", "es", "ja"))
    ]


def test_the_answered_gap_counts_who_it_helped_since(desk):
    gaps.publish_answer(desk, ANSWER, shipping(desk).ids)
    desk.chatbot.reply("¿Cuánto cuesta el envío?", Conversation())
    assert gaps.overview(desk).closed[0].cited_since == 1


def test_deleting_the_answer_opens_the_gap_again(desk):
    document = gaps.publish_answer(desk, ANSWER, shipping(desk).ids)
    desk.knowledge_base.remove_document(document.id)
    assert [gap.times for gap in gaps.overview(desk).gaps] == [4, 2]


def test_a_faq_entry_is_named_after_its_question(desk):
    document = gaps.publish_answer(desk, ANSWER, ())
    assert (document.id, document.kind, document.question) == (
        "desk/how-much-does-shipping-cost",
        "faq",
        "How much does shipping cost?",
    )


def test_a_second_answer_of_the_same_name_does_not_replace_the_first(desk):
    first = gaps.publish_answer(desk, ANSWER, ())
    second = gaps.publish_answer(desk, ANSWER, ())
    assert (first.id, second.id) == ("desk/how-much-does-shipping-cost", "desk/how-much-does-shipping-cost-2")


def test_an_article_keeps_its_headings(desk):
    draft = Draft(ARTICLE, "Shipping", "## Europe\n\nThe cost of shipping is 4 euros.\n\n## World\n\nIt is 9 euros.")
    gaps.publish_answer(desk, draft, ())
    paths = [passage.heading_path for passage in desk.knowledge_base.document_passages("desk/shipping")]
    assert paths == [("Europe",), ("World",)]


def test_a_question_without_latin_letters_still_gets_a_name(desk):
    assert gaps.publish_answer(desk, Draft(FAQ, "送料は？", "4 euros."), ()).id == "desk/answer"


def test_nothing_is_published_without_an_answer(desk):
    with pytest.raises(DraftRefused):
        gaps.publish_answer(desk, Draft(FAQ, "How?", " \n"), ())


def test_an_endless_answer_is_refused(desk):
    with pytest.raises(DraftRefused, match="20001 characters"):
        gaps.publish_answer(desk, Draft(FAQ, "How?", "x" * 20_001), ())


def test_questions_set_aside_are_no_gap_until_they_are_taken_back(desk):
    gaps.set_aside(desk, shipping(desk).ids)
    assert [gap.times for gap in gaps.overview(desk).gaps] == [2]
    desk.reports.take_back()
    assert [gap.times for gap in gaps.overview(desk).gaps] == [4, 2]


def test_when_not_all_can_be_tried_every_language_is(desk):
    questions = [OpenQuestion((n,), f"q{n}", "en", 0, None, None, None) for n in range(5)]
    questions.append(OpenQuestion((9,), "q9", "ja", 0, None, None, None))
    assert [question.question for question in gaps.spread(questions, 2)] == ["q0", "q9"]


def test_articles_near_the_gap_are_named(desk):
    desk.log.record(unanswered("warranty warranty lamp", "en"))
    gap = next(gap for gap in gaps.overview(desk).gaps if gap.example.question.startswith("warranty"))
    assert gaps.nearest_articles(desk, gap)[0].id == "lamp.md"


# Over HTTP


def test_the_list_shows_every_language_of_a_gap(client):
    page = client.get(f"{PATH}/gaps").text
    assert all(question in page for question, _ in SHIPPING[:1])
    assert "Japanese" in page


def test_an_operator_sees_word_by_word_what_is_asked(client):
    shown = client.get(f"{PATH}/gap?q=1").text
    assert "<span>Word by word:</span> how cost the shipping</p>" in shown
    assert shown.count("Word by word:") == len(SHIPPING) - 1  # English needs none


def test_the_draft_is_checked_as_a_part_of_the_page(desk, client):
    response = send(client, "check-answer", data=form_of(desk), headers={"X-Fragment": "1"})
    assert "<b>4 of 4 questions</b> answered" in response.text
    assert "<html" not in response.text


def test_without_a_script_the_whole_page_comes_back_with_the_draft(desk, client):
    response = send(client, "check-answer", data=form_of(desk))
    assert "The cost of shipping is 4 euros.</textarea>" in response.text
    assert "<b>4 of 4 questions</b> answered" in response.text


def test_publishing_over_http_says_whom_it_helps(desk, client):
    assert send(client, "publish-answer", data=form_of(desk)).headers["location"] == "gaps"
    assert "It answers 4 of 4 questions, fully in 4 of 4 languages." in client.get(f"{PATH}/gaps").text


def test_the_browser_is_told_which_draft_was_published(desk, client):
    form = form_of(desk)
    send(client, "publish-answer", data=form)
    assert f'data-published-for="{form["gap"]}"' in client.get(f"{PATH}/gaps").text


def test_a_draft_that_was_refused_is_not_called_published(desk, client):
    response = send(client, "publish-answer", data=form_of(desk, Draft(FAQ, "Shipping?", "")))
    assert "data-published-for" not in response.text + client.get(f"{PATH}/gaps").text


def test_only_ticked_questions_are_closed(desk, client):
    gap = shipping(desk)
    send(client, "publish-answer", data=form_of(desk, ticked=[str(gap.example.ids[0])]))
    assert [gap.times for gap in gaps.overview(desk).gaps] == [3, 2]


def test_questions_of_another_gap_cannot_be_closed_along(desk, client):
    other = gaps.overview(desk).gaps[1]
    send(client, "publish-answer", data=form_of(desk, ticked=[str(number) for number in other.ids]))
    assert 2 in [gap.times for gap in gaps.overview(desk).gaps]


def test_an_empty_answer_comes_back_with_what_was_written(desk, client):
    response = send(client, "publish-answer", data=form_of(desk, Draft(FAQ, "Shipping?", "")))
    assert response.status_code == 422
    assert 'value="Shipping?"' in response.text


def test_a_gap_that_was_closed_meanwhile_is_told(desk, client):
    form = form_of(desk)
    gaps.set_aside(desk, shipping(desk).ids)
    assert send(client, "publish-answer", data=form).headers["location"] == "gaps"
    assert "Nobody waits for this answer any more" in client.get(f"{PATH}/gaps").text


def test_setting_aside_over_http(desk, client):
    send(client, "set-aside", data=form_of(desk))
    assert "4 questions set aside as no gap." in client.get(f"{PATH}/gaps").text


def test_script_in_a_question_is_shown_as_text_everywhere(desk, client):
    number = desk.log.record(unanswered(f"{SCRIPT} battery", "en"))
    for address in ("gaps", f"gap?q={number}"):
        page = client.get(f"{PATH}/{address}").text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_script_in_a_draft_is_shown_as_text(desk, client):
    response = send(
        client, "check-answer", data=form_of(desk, Draft(FAQ, f'"{SCRIPT}', f"</textarea>{SCRIPT} 4 euros"))
    )
    assert "<script>alert" not in response.text


def test_a_language_from_outside_cannot_leave_its_attribute(desk, client):
    desk.log.record(unanswered("battery battery", 'x" onmouseover="alert(1)'))
    assert 'onmouseover="alert' not in client.get(f"{PATH}/gaps").text


def test_an_answered_question_taken_to_a_person_is_a_gap(desk):
    number = desk.log.record(LoggedQuestion("Is my lamp insured?", "en", "c9", "found", "2 years", "lamp.md"))
    assert number not in {one for gap in gaps.overview(desk).gaps for one in gap.ids}
    desk.log.ask_person(number, "c9")
    assert number in {one for gap in gaps.overview(desk).gaps for one in gap.ids}


def test_the_gaps_say_how_many_asked_for_a_person(desk, client):
    number = desk.log.record(LoggedQuestion("Is my lamp insured?", "en", "c9", "not_found"))
    desk.log.ask_person(number, "c9")
    assert "1 asked for a person" in client.get(f"{PATH}/gaps").text
    assert "1 asked for a person" in client.get(f"{PATH}/gap?q={number}").text


def test_a_question_that_only_the_dictionary_understands_joins_its_group(tmp_path):
    words = tmp_path / "words"
    words.mkdir()
    (words / "sw.tsv.xz").write_bytes(lzma.compress(b"betri\tbattery 100\n"))
    with sample_desk(tmp_path, dictionary=Dictionary(words)) as desk:
        desk.log.record(unanswered("Betri", "sw"))
        groups = [{question.question for question in gap.questions} for gap in gaps.overview(desk).gaps]
    assert {"Betri", *(text for text, _ in BATTERY)} in groups

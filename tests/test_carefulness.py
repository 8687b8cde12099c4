"""How careful the bot is: chosen at the desk, kept over a restart, applied to the next question."""

from dataclasses import replace

import pytest
from desk_samples import FITTED, client_of, make_chatbot, sample_desk, send

from chatbot.calibration import Calibration, TradeOff
from chatbot.carefulness import BadThreshold, Carefulness, offers
from chatbot.conversation import Conversation
from knowledge_base.store import KnowledgeBase
from ui.desk_routes import PATH

QUESTION = "How long is the warranty of a lamp?"


@pytest.fixture
def desk(tmp_path):
    with sample_desk(tmp_path) as desk:
        yield desk


@pytest.fixture
def operator(desk):
    with client_of(desk) as client:
        yield client


def is_answered(chatbot):
    return chatbot.reply(QUESTION, Conversation()).answer.citation is not None


def test_nothing_chosen_leaves_it_to_the_calibration(desk):
    assert desk.chatbot.threshold is None
    assert is_answered(desk.chatbot)


def test_a_choice_counts_from_the_next_question_on(desk):
    desk.chatbot.carefulness.choose(1.0)
    assert not is_answered(desk.chatbot)
    desk.chatbot.carefulness.choose(None)
    assert is_answered(desk.chatbot)


def test_a_choice_survives_a_restart(tmp_path):
    with KnowledgeBase(tmp_path / "kb.db") as knowledge_base:
        make_chatbot(knowledge_base).carefulness.choose(1.0)
    with KnowledgeBase(tmp_path / "kb.db") as knowledge_base:
        assert not is_answered(make_chatbot(knowledge_base))


def test_the_start_of_the_program_wins_over_the_desk(tmp_path):
    with KnowledgeBase(tmp_path / "kb.db") as knowledge_base:
        Carefulness(knowledge_base).choose(0.9)
        assert Carefulness(knowledge_base, fixed=0.2).threshold == 0.2


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan"), float("inf")])
def test_what_is_no_confidence_is_refused(tmp_path, threshold):
    with KnowledgeBase(tmp_path / "kb.db") as knowledge_base:
        with pytest.raises(BadThreshold, match="give a number from 0 to 1"):
            Carefulness(knowledge_base).choose(threshold)
        assert Carefulness(knowledge_base).threshold is None


def test_offers_run_from_careful_to_eager_each_once():
    assert [point.threshold for point in offers(FITTED)] == [0.8, 0.6, 0.3, 0.1]


def test_without_measured_costs_nothing_is_offered():
    assert offers(Calibration.default()) == []


def test_offers_say_what_was_counted():
    assert TradeOff(0.6, 0.5, 0.9) in offers(FITTED)


def test_the_page_shows_what_each_choice_costs(operator):
    page = operator.get(f"{PATH}/caution").text
    assert '<td data-label="Questions answered">50%</td><td data-label="Of those right">90%</td>' in page
    assert 'value="" checked' in page
    assert "Default, meant for 70% right: at least 10% sure" in page


def test_choosing_at_the_desk_moves_the_threshold(desk, operator):
    response = send(operator, "choose-caution", data={"threshold": "0.8"})
    assert response.headers["location"] == "caution"
    assert desk.chatbot.threshold == 0.8
    assert 'value="0.8" checked' in operator.get(f"{PATH}/caution").text
    send(operator, "choose-caution", data={"threshold": ""})
    assert desk.chatbot.threshold is None


@pytest.mark.parametrize("value", ["2", "nan", "much"])
def test_nonsense_from_the_form_changes_nothing(desk, operator, value):
    send(operator, "choose-caution", data={"threshold": value})
    assert "no confidence" in operator.get(f"{PATH}/caution").text
    assert desk.chatbot.threshold is None


def test_a_threshold_of_the_start_cannot_be_changed_at_the_desk(desk, operator):
    desk.chatbot.carefulness.fixed = 0.4
    send(operator, "choose-caution", data={"threshold": "0.8"})
    assert desk.chatbot.threshold == 0.4
    page = operator.get(f"{PATH}/caution").text
    assert "Set to 0.40 when the program was started" in page
    assert "Use this" not in page


def test_a_rough_guess_offers_nothing_and_says_why(desk, operator):
    desk.chatbot.pipeline.calibration = replace(FITTED, trade_offs=())
    assert "python main.py calibrate QUESTIONS" in operator.get(f"{PATH}/caution").text

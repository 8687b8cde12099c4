"""The tools for assistants when many ask at once; what they answer is tested over HTTP, with the protocol's client."""

import threading
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest
from desk_samples import make_chatbot
from mcp.shared.memory import create_connected_server_and_client_session

from chatbot.chatbot import ReplyKind
from chatbot.conversation import Conversation
from knowledge_base.store import KnowledgeBase
from ui import mcp_tools


@pytest.fixture
def chatbot(tmp_path):
    with KnowledgeBase(tmp_path / "kb.db") as knowledge_base:
        yield make_chatbot(knowledge_base)


def test_a_limit_that_json_calls_whole_is_one(chatbot):
    assert len(mcp_tools.search(chatbot, "lamp", 2.0)["passages"]) == 2


def test_a_question_as_long_as_the_schema_allows_is_not_too_long(chatbot):
    for tool in mcp_tools.TOOLS:
        longest = "x" * tool.inputSchema["properties"]["question"]["maxLength"]
        assert chatbot.reply(longest, Conversation()).kind is not ReplyKind.TOO_LONG


def test_the_closest_words_come_with_their_source(chatbot):
    chatbot.carefulness.fixed = 1.0
    given = mcp_tools.ask(chatbot, "How long is the warranty of a lamp?")
    assert given["answer"] is None
    assert "2 years" in given["reply"]
    assert given["source"]["passage"] == "The warranty of a lamp is 2 years."


class SlowChatbot:
    """Answers when it is let go."""

    def __init__(self):
        self.go = threading.Event()

    def reply(self, message, conversation):
        self.go.wait(30)
        raise RuntimeError("a scripted failure")


def test_a_question_too_many_is_refused_instead_of_waiting(monkeypatch):
    monkeypatch.setattr(mcp_tools, "MAX_WAITING", 1)
    chatbot = SlowChatbot()
    told = []

    async def work():
        async with create_connected_server_and_client_session(mcp_tools.help_centre_server(chatbot)) as session:

            async def ask():
                result = await session.call_tool("ask_help_centre", {"question": "How long?"})
                told.append(result.content[0].text)
                chatbot.go.set()

            async with anyio.create_task_group() as group:
                for _ in range(mcp_tools.AT_ONCE + 2):
                    group.start_soon(ask)

    with ThreadPoolExecutor(1) as thread:  # a browser test may have left an event loop in this one
        thread.submit(anyio.run, work).result()
    assert told[0] == "Too many questions are waiting. Try again in a minute."
    assert told[1:] == ["a scripted failure"] * (mcp_tools.AT_ONCE + 1)

"""The tools for assistants when many ask at once; what they answer is tested over HTTP, with the protocol's client."""

import threading
from concurrent.futures import ThreadPoolExecutor

import anyio
from mcp.shared.memory import create_connected_server_and_client_session

from ui import mcp_tools


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

"""The help centre as tools for assistants, over the Model Context Protocol: two of them, under `/mcp`.

Not by gradio's own MCP server: that gives every endpoint out as a tool, and results as Python's notation, not JSON.
"""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from chatbot.chatbot import Chatbot
from chatbot.language import LANGUAGES, detect_language
from chatbot.messages import MAX_MESSAGE_CHARS
from knowledge_base.documents import Passage
from retrieval.retriever import RetrievedPassage
from ui.answer_view import cited_words
from ui.asking import Record, ask_once

PATH = "/mcp"
ASK, SEARCH = "ask_help_centre", "search_help_centre"

AT_ONCE = 2
"""Questions of assistants answered at the same time; people on the page come first."""

MAX_WAITING = 50
"""Further ones are refused: an assistant tries again later, a queue without end helps nobody."""

DEFAULT_PASSAGES, MAX_PASSAGES = 5, 20

INSTRUCTIONS = (
    "An English help centre that can be asked in any language. Answers are exact quotations with their source, never "
    f"generated. Start with {ASK}; use {SEARCH} to read around an answer or when there is none. Quote the English "
    "words as they stand and name the article. When nothing is found, say so instead of guessing."
)

_TEXT = {"type": "string"}
_SOURCE = {
    "document": {**_TEXT, "description": "Id of the article."},
    "title": {**_TEXT, "description": "Title of the article."},
    "headings": {"type": "array", "items": _TEXT, "description": "Headings above the passage, outermost first."},
    "url": {"type": ["string", "null"], "description": "Address of the article on the web, if it has one."},
}


def _object(properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


_QUESTION = {
    **_TEXT,
    "minLength": 1,
    "maxLength": MAX_MESSAGE_CHARS,
    "description": "A whole question in any language, as a customer would ask it. Do not translate it.",
}

_READ_ONLY = types.ToolAnnotations(readOnlyHint=True, destructiveHint=False, idempotentHint=True, openWorldHint=False)

TOOLS = (
    types.Tool(
        name=ASK,
        title="Ask the help centre",
        description=(
            "Answer one question from the help centre. Gives the exact English words that answer it, the passage "
            "around them, the article they come from, how sure it is, and a sentence to tell the customer in their "
            "language. `answer` is null when the help centre holds no answer; `reply` may then quote the closest words "
            "there are, and `source` says where they stand."
        ),
        inputSchema=_object(
            {
                "question": _QUESTION,
                "language": {
                    **_TEXT,
                    "enum": list(LANGUAGES),
                    "description": "Language of `reply`. Leave it out to reply in the language of the question.",
                },
            },
            optional=("language",),
        ),
        outputSchema=_object(
            {
                "answer": {"type": ["string", "null"], "description": "The exact English words, or null."},
                "confidence": {"type": "number", "description": "How likely the answer is right, 0 to 1."},
                "language": {**_TEXT, "description": "Language of `reply`."},
                "reply": {**_TEXT, "description": "A sentence for the customer."},
                "source": {
                    "anyOf": [
                        _object({**_SOURCE, "passage": {**_TEXT, "description": "The words around the answer."}}),
                        {"type": "null"},
                    ],
                    "description": "Where the words stand that `reply` quotes; null when it quotes none.",
                },
            }
        ),
        annotations=_READ_ONLY,
    ),
    types.Tool(
        name=SEARCH,
        title="Search the help centre",
        description=(
            "Find the passages of the help centre that are nearest in meaning to a question in any language, best "
            "first. There is always a nearest passage: it need not hold an answer."
        ),
        inputSchema=_object(
            {
                "question": _QUESTION,
                "limit": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": MAX_PASSAGES,
                    "default": DEFAULT_PASSAGES,
                    "description": "At most so many passages.",
                },
            },
            optional=("limit",),
        ),
        outputSchema=_object(
            {
                "passages": {
                    "type": "array",
                    "items": _object(
                        {
                            **_SOURCE,
                            "text": {**_TEXT, "description": "The passage, in English."},
                            "score": {"type": "number", "description": "Comparable within one search only."},
                        }
                    ),
                }
            }
        ),
        annotations=_READ_ONLY,
    ),
)


class TooManyQuestions(Exception):
    """So many wait already that another would wait too long."""


def mcp_routes(chatbot: Chatbot) -> list[BaseRoute]:
    """What the web server has to serve for assistants: one address, the streamable HTTP transport without sessions."""
    return [Route(PATH, _Endpoint(help_centre_server(chatbot)), methods=["POST"])]


def help_centre_server(chatbot: Chatbot) -> Server[Any, Any]:
    """The tools over a chatbot, on no transport yet."""
    server: Server[Any, Any] = Server("anytongue", instructions=INSTRUCTIONS)
    limiter = CapacityLimiter(AT_ONCE)
    work: dict[str, Callable[..., Record]] = {ASK: partial(ask, chatbot), SEARCH: partial(search, chatbot)}

    async def list_tools() -> list[types.Tool]:
        return list(TOOLS)

    async def call_tool(name: str, arguments: dict[str, Any]) -> tuple[list[types.TextContent], Record]:
        if limiter.statistics().tasks_waiting >= MAX_WAITING:
            raise TooManyQuestions("Too many questions are waiting. Try again in a minute.")
        record = await run_sync(partial(work[name], **arguments), limiter=limiter)
        return [types.TextContent(type="text", text=json.dumps(record, ensure_ascii=False))], record

    server.list_tools()(list_tools)  # type: ignore[no-untyped-call]
    server.call_tool()(call_tool)
    return server


def ask(chatbot: Chatbot, question: str, language: str | None = None) -> Record:
    """What `ask_help_centre` gives."""
    reply = ask_once(chatbot, question, language)
    answer = reply.answer
    cited = cited_words(reply)
    return {
        "answer": answer.text if answer else None,
        "confidence": round(answer.confidence, 4) if answer else 0.0,
        "language": reply.language,
        "reply": reply.text,
        "source": {**_source(cited.passage), "passage": cited.passage.text} if cited else None,
    }


def search(chatbot: Chatbot, question: str, limit: float = DEFAULT_PASSAGES) -> Record:
    """What `search_help_centre` gives. To JSON 3.0 is a whole number too."""
    found = chatbot.pipeline.retriever.retrieve(question, int(limit), detect_language(question).code)
    return {"passages": [_found(passage) for passage in found]}


def _found(found: RetrievedPassage) -> Record:
    return {**_source(found.passage), "text": found.passage.text, "score": round(found.score, 4)}


def _source(passage: Passage) -> Record:
    return {
        "document": passage.document,
        "title": passage.title,
        "headings": list(passage.heading_path),
        "url": passage.url,
    }


class _Endpoint:
    """An application of its own for the web server, so that one address serves the whole protocol."""

    def __init__(self, server: Server[Any, Any]) -> None:
        self._server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request from beginning to end; nothing is remembered, so any replica may serve the next one."""
        manager = StreamableHTTPSessionManager(self._server, json_response=True, stateless=True)
        async with manager.run():
            await manager.handle_request(scope, receive, send)

"""The same question by programs: the README's own snippets against a started server, and assistants by MCP."""

import contextlib
import io
import json
import re
import subprocess
from pathlib import Path

import anyio
import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from chatbot.language import LANGUAGES

pytestmark = pytest.mark.browser

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
SECTION = README.partition("## Ask over HTTP")[2].partition("\n## ")[0]

SHAPE = {"question", "language", "answer", "confidence", "citation", "passages", "reply", "timings_ms"}


def snippet(kind, address):
    """The README's example in that language, for the server under test."""
    (found,) = re.findall(rf"```{kind}\n(.*?)```", SECTION, re.DOTALL)
    return found.replace("http://127.0.0.1:7860", address.rstrip("/"))


@pytest.fixture
def client(desk_app):
    client = Client(desk_app, verbose=False, analytics_enabled=False)
    yield client
    client.close()


# ---------------------------------------------------------------- HTTP


def test_the_example_in_python_prints_the_answer(desk_app):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(snippet("python", desk_app), names := {})
    names["client"].close()
    answer, reply = printed.getvalue().splitlines()[-1].split(" - ")
    assert answer == "2 years"
    assert "may be the answer: “2 years”" in reply
    assert set(names["result"]) == SHAPE


def test_the_example_with_curl_prints_the_answer(desk_app):
    finished = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", snippet("sh", desk_app)],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    event, data = finished.stdout.strip().splitlines()
    (result,) = json.loads(data.removeprefix("data: "))
    assert event == "event: complete"
    assert (result["answer"], result["language"]) == ("2 years", "de")
    assert set(result) == SHAPE


def test_the_question_and_nothing_else_is_a_public_endpoint(desk_app):
    named = httpx.get(f"{desk_app}gradio_api/info", timeout=60).json()["named_endpoints"]
    assert list(named) == ["/ask"]
    assert [parameter["parameter_name"] for parameter in named["/ask"]["parameters"]] == ["question", "language"]


def test_a_question_without_an_answer_has_none_and_says_so(scripted_app):
    client = Client(scripted_app, verbose=False, analytics_enabled=False)
    result = client.predict("nothing: Wo bekomme ich ein Frühstück?", "de", api_name="/ask")
    client.close()
    assert (result["answer"], result["citation"]) == (None, None)
    assert result["reply"].startswith("Leider")


def test_a_language_that_is_not_served_is_refused_with_the_list(client):
    with pytest.raises(AppError, match=r"'xx' is not one of: .*zh"):
        client.predict("Wie lange habe ich Garantie?", "xx", api_name="/ask")


def ask_by_post(address, body):
    """Event and data of /ask, as curl gets them."""
    path = f"{address}gradio_api/call/v2/ask"
    event_id = httpx.post(path, json=body, timeout=60).raise_for_status().json()["event_id"]
    event, data = httpx.get(f"{path}/{event_id}", timeout=60).text.strip().splitlines()
    return event.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def test_a_question_that_is_no_text_is_refused_with_what_came(desk_app):
    event, told = ask_by_post(desk_app, {"question": None})
    assert (event, told["error"]) == ("error", "The question is null; a text is needed.")


def test_a_missing_question_is_an_empty_one(desk_app):
    event, (result,) = ask_by_post(desk_app, {})
    assert (event, result["question"], result["answer"]) == ("complete", "", None)


# ---------------------------------------------------------------- MCP


def with_tools(address, work):
    """Run `work(session, initialized)` as an assistant's program would, with the protocol's own client."""

    async def connect():
        async with (
            streamable_http_client(f"{address}mcp") as (read, write, _),
            ClientSession(read, write) as session,
        ):
            return await work(session, await session.initialize())

    return anyio.run(connect)


def call(address, name, **arguments):
    async def work(session, _):
        return await session.call_tool(name, arguments)

    return with_tools(address, work)


def test_an_assistant_sees_two_tools_and_how_to_use_them(desk_app):
    async def work(session, initialized):
        return initialized.instructions, (await session.list_tools()).tools

    instructions, tools = with_tools(desk_app, work)
    assert [tool.name for tool in tools] == ["ask_help_centre", "search_help_centre"]
    assert all(tool.description and tool.annotations.readOnlyHint for tool in tools)
    assert all(tool.name in instructions for tool in tools)


def test_the_parameters_of_the_tools_have_types_and_descriptions(desk_app):
    async def work(session, _):
        return (await session.list_tools()).tools

    ask, search = (tool.inputSchema for tool in with_tools(desk_app, work))
    assert (ask["required"], search["required"]) == (["question"], ["question"])
    assert ask["properties"]["language"]["enum"] == list(LANGUAGES)
    assert search["properties"]["limit"]["type"] == "integer"
    assert all(given["description"] for schema in (ask, search) for given in schema["properties"].values())


def test_asking_gives_the_english_words_with_their_source(desk_app):
    result = call(desk_app, "ask_help_centre", question="¿Cuánto tiempo tiene de garantía una lámpara?")
    assert not result.isError
    given = result.structuredContent
    assert given["answer"] == "2 years"
    assert given["source"] == {
        "document": "lamp.md",
        "title": "About lamp.md",
        "headings": [],
        "url": None,
        "passage": "The warranty of a lamp is 2 years.",
    }
    assert given["reply"].startswith("La respuesta es: «2 years»")
    assert json.loads(result.content[0].text) == given


def test_asking_words_the_reply_in_the_language_that_was_chosen(desk_app):
    result = call(desk_app, "ask_help_centre", question="¿Cuánto tiempo de garantía?", language="ja")
    assert result.structuredContent["language"] == "ja"
    assert "「2 years」が答え" in result.structuredContent["reply"]


def test_asking_what_nobody_wrote_gives_no_answer_and_no_source(scripted_app):
    given = call(scripted_app, "ask_help_centre", question="nothing: When is breakfast?").structuredContent
    assert (given["answer"], given["source"]) == (None, None)
    assert given["reply"].startswith("I am sorry, I did not find an answer")


def test_searching_gives_the_nearest_passage_first(desk_app):
    given = call(desk_app, "search_help_centre", question="返品 返す").structuredContent
    assert [found["document"] for found in given["passages"]] == ["returns.md", "lamp.md"]
    assert given["passages"][0]["text"] == "You may return an item within 30 days of delivery."


def test_searching_gives_as_many_passages_as_were_asked_for(desk_app):
    given = call(desk_app, "search_help_centre", question="返品 返す", limit=1).structuredContent
    assert len(given["passages"]) == 1


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("ask_help_centre", {}, "'question' is a required property"),
        ("ask_help_centre", {"question": "Hi", "language": "xx"}, "'xx' is not one of"),
        ("ask_help_centre", {"question": "x" * 2001}, "is too long"),
        ("search_help_centre", {"question": "Hi", "limit": 1000}, "1000 is greater than the maximum of 20"),
        ("page_ask", {"question": "Hi"}, "page_ask"),
    ],
)
def test_a_wrong_call_is_refused_with_the_reason(desk_app, name, arguments, told):
    result = call(desk_app, name, **arguments)
    assert result.isError
    assert told in result.content[0].text


def test_many_calls_at_once_each_get_their_own_answer(desk_app):
    questions = ["How long is the warranty of a lamp?", "How many days to return an item?"] * 6

    async def work(session, _):
        answers = {}

        async def ask(number, question):
            result = await session.call_tool("ask_help_centre", {"question": question})
            answers[number] = result.structuredContent["answer"]

        async with anyio.create_task_group() as group:
            for number, question in enumerate(questions):
                group.start_soon(ask, number, question)
        return [answers[number] for number in range(len(questions))]

    assert with_tools(desk_app, work) == ["2 years", "30 days"] * 6


def test_a_browser_that_opens_the_address_of_the_tools_is_told_that_it_is_not_for_it(desk_app):
    assert httpx.get(f"{desk_app}mcp", timeout=60).status_code == 405

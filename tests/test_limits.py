"""What strangers may send: over real HTTP against a small server, and without one where a client could not do it."""

import socket
import threading
import time
from contextlib import contextmanager

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from ui.desk_routes import PATH
from ui.limits import MAX_BODY_BYTES, WRITING_ROUTES, BodyLimit, closed_routes

TOO_LARGE = b"x" * (MAX_BODY_BYTES + 1)


async def count(request):
    return PlainTextResponse(str(len(await request.body())))


async def gradios_own(request):
    return PlainTextResponse("stored")


def sample_app():
    routes = [
        *closed_routes(),
        *(Route(path, gradios_own, methods=[method]) for path, method in WRITING_ROUTES),
        Route("/ask", count, methods=["POST"]),
        Route(f"{PATH}-like", count, methods=["POST"]),
        Mount(PATH, routes=[Route("/upload", count, methods=["POST"])]),
    ]
    return Starlette(routes=routes, middleware=[Middleware(BodyLimit)])


@contextmanager
def serving(app):
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def http():
    with serving(sample_app()) as address, httpx.Client(base_url=address, timeout=30) as client:
        yield client


def chunks(count):
    return (b"x" * 1024 for _ in range(count))


def test_an_ordinary_body_arrives_whole(http):
    assert http.post("/ask", content=b"x" * MAX_BODY_BYTES).text == str(MAX_BODY_BYTES)


def test_a_body_in_chunks_arrives_whole(http):
    assert http.post("/ask", content=chunks(3)).text == "3072"


def test_a_body_that_says_it_is_larger_is_refused(http):
    refused = http.post("/ask", content=TOO_LARGE)
    assert (refused.status_code, refused.text) == (
        413,
        "The request has more than the 256 KB that are taken. Ask a shorter question.",
    )


def test_a_body_that_does_not_say_how_large_it_is_is_cut_off_while_it_comes(http):
    assert http.post("/ask", content=chunks(MAX_BODY_BYTES // 1024 + 1)).status_code == 413


def test_the_desk_has_limits_of_its_own(http):
    assert http.post(f"{PATH}/upload", content=TOO_LARGE).text == str(len(TOO_LARGE))


def test_an_address_that_only_begins_like_the_desk_has_none(http):
    assert http.post(f"{PATH}-like", content=TOO_LARGE).status_code == 413


@pytest.mark.parametrize(("path", "method"), WRITING_ROUTES)
def test_what_gradio_would_write_down_for_anybody_is_refused(http, path, method):
    refused = http.request(method, path)
    assert (refused.status_code, refused.text) == (
        403,
        "This server takes no files. Send a question as text instead.",
    )

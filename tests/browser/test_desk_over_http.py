"""The desk beside the real chat page: nothing of it can be reached past its login."""

import socket
import time
from urllib.parse import urlsplit

import httpx
import pytest

pytestmark = pytest.mark.browser

PASSWORD = "four random words here"
"""As in `desk_samples`, which is not in reach of these tests alone."""

GIGABYTE = 2**30


@pytest.fixture
def http(desk_app):
    with httpx.Client(base_url=desk_app, timeout=60) as client:
        yield client


def test_the_chat_page_is_still_there(http):
    assert "at-page" in http.get("/").text


def test_the_desk_asks_for_a_password(http):
    response = http.get("/desk", follow_redirects=True)
    assert (response.status_code, response.url.path) == (200, "/desk/login")


def test_the_password_opens_it(http):
    response = http.post("/desk/login", data={"password": PASSWORD}, follow_redirects=True)
    assert response.url.path == "/desk/gaps"
    assert "How much does shipping cost?" in response.text


def test_the_cookie_goes_to_the_desk_only(http):
    response = http.post("/desk/login", data={"password": PASSWORD})
    assert "Path=/desk;" in response.headers["set-cookie"]


@pytest.mark.parametrize("path", ["desk", "gaps", "documents", "upload", "erase", "publish-answer", "questions.csv"])
def test_gradio_knows_no_endpoint_of_the_desk(desk_app, path):
    # A connection for each: the server closes it after an error.
    assert f"/{path}" not in httpx.get(f"{desk_app}gradio_api/info", timeout=60).json()["named_endpoints"]
    for kind in ("call", "run"):
        response = httpx.post(f"{desk_app}gradio_api/{kind}/{path}", json={"data": []}, timeout=60)
        assert response.status_code in {404, 422, 500}


@pytest.mark.parametrize("path", ["/desk/gaps", "/desk/questions.csv", "/desk//questions.csv", "/desk/../desk/data"])
def test_no_address_shows_questions_to_a_stranger(http, path):
    response = http.get(path, follow_redirects=True)
    assert "shipping" not in response.text
    assert response.url.path == "/desk/login" or response.status_code == 404


def test_the_database_cannot_be_fetched_as_a_file(http, tmp_path_factory):
    for name in ("kb.db", "./kb.db", "../kb.db", str(next(tmp_path_factory.getbasetemp().glob("desk*/kb.db")))):
        response = http.get(f"/gradio_api/file={name}")
        assert response.status_code in {403, 404}
        assert b"SQLite format 3" not in response.content


def test_the_chat_page_takes_no_large_files(http):
    response = http.post("/gradio_api/upload", files={"files": ("a.txt", b"x" * 1_000_000)})
    assert response.status_code == 413


def test_the_chat_page_takes_no_small_files_either(http):
    response = http.post("/gradio_api/upload", files=[("files", (f"{n}.txt", b"x")) for n in range(50)])
    assert (response.status_code, response.text) == (
        403,
        "This server takes no files. Send a question as text instead.",
    )


def test_a_question_of_megabytes_is_refused_at_once(http):
    started = time.monotonic()
    for kind in ("call", "run"):
        assert http.post(f"/gradio_api/{kind}/ask", json={"data": ["x" * 20_000_000, ""]}).status_code == 413
    assert http.get("/desk/login").status_code == 200
    assert time.monotonic() - started < 5


def test_a_gigabyte_is_refused_at_once(http, desk_app):
    cookie = http.post("/desk/login", data={"password": PASSWORD}).cookies["anytongue_desk"]
    where = urlsplit(desk_app)
    with socket.create_connection((where.hostname, where.port), timeout=30) as connection:
        connection.sendall(
            f"POST /desk/upload HTTP/1.1\r\nHost: {where.netloc}\r\nCookie: anytongue_desk={cookie}\r\n"
            f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {GIGABYTE}\r\n\r\n--x\r\n".encode()
        )
        started = time.monotonic()
        assert b"413" in connection.recv(4096).split(b"\r\n")[0]
        assert time.monotonic() - started < 30


def test_a_gigabyte_of_a_stranger_is_not_even_looked_at(desk_app):
    where = urlsplit(desk_app)
    with socket.create_connection((where.hostname, where.port), timeout=30) as connection:
        connection.sendall(
            f"POST /desk/upload HTTP/1.1\r\nHost: {where.netloc}\r\n"
            f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {GIGABYTE}\r\n\r\n--x\r\n".encode()
        )
        assert b"401" in connection.recv(4096).split(b"\r\n")[0]


def test_without_a_password_there_is_no_desk(scripted_app):
    assert httpx.get(f"{scripted_app}desk/login", timeout=60).status_code == 404

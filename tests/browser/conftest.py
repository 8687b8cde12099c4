"""Real Chromium on the real page: the apps and the browser start once, every test opens pages of its own."""

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from benchmarks.space_start import space_environment
from playwright.sync_api import Browser, Page, sync_playwright

from chatbot.assemble import SAMPLE_ARTICLES, add_documents
from chatbot.settings import DEFAULT_KNOWLEDGE_BASE
from knowledge_base.store import KnowledgeBase

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
START_LIMIT_S = 300
"""The sample app encodes the whole help centre first; a busy machine with two cores needs minutes for it."""

PATIENCE_MS = 60_000

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent.parent

SPACE_ARTICLES = ("account/password-reset.md", "devices/filter-replacement.md")
"""Few, because every passage is encoded when the page starts."""


@dataclass
class Visitor:
    """One open page in a browser profile of its own, and what went wrong in it."""

    page: Page
    hosts: set = field(default_factory=set)
    problems: list = field(default_factory=list)

    def ask(self, question):
        """Type a question, press Enter, wait for its reply; gives the last message."""
        self.send(question)
        self.page.wait_for_selector(".at-waiting", state="detached")
        return self.last()

    def send(self, question):
        self.page.fill("#at-input", question)
        self.page.press("#at-input", "Enter")

    def last(self):
        return self.page.locator(".at-log > :last-child")

    def style(self, selector, name):
        """Computed style of the last element that matches."""
        return self.page.locator(selector).last.evaluate(f"node => getComputedStyle(node)['{name}']")


class Shop:
    """A web server with pages that a test makes up. A browser takes its two names for two different sites."""

    def __init__(self):
        self.pages = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.origin = f"http://localhost:{self._server.server_port}"
        self.other_origin = f"http://127.0.0.1:{self._server.server_port}"

    def show(self, body, *, head="", language="en", direction="ltr", policy=None, origin=None):
        path = f"/{len(self.pages)}"
        viewport = '<meta name="viewport" content="width=device-width, initial-scale=1">'
        page = (
            f'<!doctype html><html lang="{language}" dir="{direction}"><head><meta charset="utf-8"><title>Shop</title>'
            f"{viewport}{head}</head><body><main><h1>Shop</h1>{body}</main></body></html>"
        )
        self.pages[path] = (page.encode(), policy)
        return f"{origin or self.origin}{path}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *problem):
        self._server.shutdown()
        self._server.server_close()

    def _handler(shop):
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *arguments):
                pass

            def do_GET(self):
                page, policy = shop.pages.get(self.path, (b"", None))
                self.send_response(200 if page else 204)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                if policy:
                    self.send_header("Content-Security-Policy", policy)
                self.end_headers()
                self.wfile.write(page)

        return Handler


@pytest.fixture(scope="session")
def browser():
    if not Path(CHROMIUM).exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def scripted_app(tmp_path_factory):
    """The page over scripted answers."""
    yield from _serve("scripted_app.py", tmp_path_factory.mktemp("scripted"))


@pytest.fixture(scope="module")
def crowded_app(tmp_path_factory):
    """The page over scripted answers on a server that answers one question and lets one wait."""
    yield from _serve("scripted_app.py", tmp_path_factory.mktemp("crowded"), "crowded")


@pytest.fixture(scope="session")
def sample_app(tmp_path_factory):
    """The page over the sample help centre with the packaged models."""
    yield from _serve("sample_app.py", tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="session")
def space_app(tmp_path_factory):
    """`python main.py` as a Space starts it, with two articles as its knowledge base."""
    folder, port = tmp_path_factory.mktemp("space"), _free_port()
    with KnowledgeBase(folder / DEFAULT_KNOWLEDGE_BASE) as knowledge_base:
        add_documents([SAMPLE_ARTICLES / name for name in SPACE_ARTICLES], knowledge_base)
    environment = {**space_environment(folder), "GRADIO_SERVER_PORT": str(port)}
    yield from _run([sys.executable, ROOT / "main.py"], folder, port, environment)


@pytest.fixture(scope="module")
def desk_app(tmp_path_factory):
    """The page with its desk over fakes; each test file has one of its own, because operators change things."""
    yield from _serve("desk_app.py", tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="session")
def shop():
    """Another site: `shop.show(body)` gives the address of a page on it, `shop.origin` how a browser names it."""
    with Shop() as site:
        yield site


@pytest.fixture(scope="session")
def embedded_app(tmp_path_factory, shop):
    """The page with its desk over fakes, which the shop may show in a frame."""
    yield from _serve("desk_app.py", tmp_path_factory.mktemp("embedded"), shop.origin)


@pytest.fixture
def visit(browser: Browser):
    """Open the page: `visit(address, locale="ar", width=390)`; each call is another person."""
    contexts, visitors = [], []

    def open_page(address, *, locale="en-GB", width=1280, height=800, dark=False, ready=".at-ready"):
        phone = width < 500
        context = browser.new_context(
            locale=locale,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            is_mobile=phone,
            has_touch=phone,
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        visitors.append(_watch(Visitor(context.new_page())))
        visitors[-1].page.goto(address)
        visitors[-1].page.wait_for_selector(ready)
        return visitors[-1]

    yield open_page
    problems = [problem for visitor in visitors for problem in visitor.problems]
    for context in contexts:
        context.close()
    assert problems == []


def _watch(visitor):
    visitor.page.on("request", lambda request: visitor.hosts.add(request.url.split("/")[2]))
    visitor.page.on("pageerror", lambda error: visitor.problems.append(str(error)))
    visitor.page.on("console", lambda message: message.type == "error" and visitor.problems.append(message.text))
    return visitor


def _serve(script, folder, *arguments):
    port = _free_port()
    yield from _run([sys.executable, FOLDER / script, str(port), *arguments], folder, port)


def _run(command, folder, port, environment=None):
    address = f"http://127.0.0.1:{port}/"
    log = (folder / "log.txt").open("w+")
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        _wait_for(address, process, log)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)
        log.close()


def _wait_for(address, process, log):
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=20):
                return
        except OSError:
            time.sleep(0.3)
    log.seek(0)
    pytest.fail(f"the app did not start:\n{log.read()[-3000:]}")


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]

"""Many people at once in real browsers: does anybody get an error, somebody else's reply, or a long wait?

Run: python tests/benchmarks/sessions.py [--sessions 20] [--seconds 120] [--note TEXT] [--out FILE.json]

Every session is a browser profile of its own, in its own language, and asks its own sample questions with pauses
between them, as people do. Afterwards each conversation is held once more, alone and without a browser: every reply
that was shown must be the one that this conversation gets by itself, word for word.
"""

import argparse
import asyncio
import json
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from bs4 import BeautifulSoup
from playwright.async_api import Browser, Page, async_playwright
from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from chatbot import assemble  # noqa: E402  # the repository is not installed, so its path comes first
from chatbot.chatbot import Chatbot  # noqa: E402
from chatbot.evaluation.provenance import provenance  # noqa: E402
from chatbot.language import LANGUAGES  # noqa: E402
from chatbot.settings import Settings  # noqa: E402
from knowledge_base.store import KnowledgeBase  # noqa: E402
from ui import chat  # noqa: E402

QUESTIONS = ROOT / "tests" / "data" / "questions"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
CHROMIUM_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")

PAUSE_S = (2.0, 8.0)
"""Between a reply and the next question; somebody who reads takes longer."""

PATIENCE_S = 120
START_LIMIT_S = OPEN_LIMIT_S = 300
OPEN_AT_ONCE = 2
"""Loading the page is not what is measured."""

ASK = """() => new Promise((resolve) => {
  const log = document.querySelector(".at-log");
  const replies = () => log.querySelectorAll(".at-bot:not(.at-waiting)");
  const before = replies().length;
  let started = 0;
  const form = document.querySelector(".at-composer");
  form.addEventListener("submit", () => { started = performance.now(); }, { once: true });
  const observer = new MutationObserver(() => {
    if (replies().length <= before || log.getAttribute("aria-busy") === "true") return;
    observer.disconnect();
    resolve(performance.now() - started);
  });
  observer.observe(log, { childList: true, subtree: true, attributes: true });
})"""

READ = """() => [...document.querySelectorAll(".at-log > .at-message")].map((node) => ({
  question: node.dataset.question || null,
  language: node.lang,
  sentence: (node.querySelector(".at-sentence") || node).textContent,
  marked: [...node.querySelectorAll("mark")].map((mark) => mark.textContent),
}))"""


@dataclass(frozen=True, slots=True)
class Shown:
    """One reply as it stands on a page."""

    language: str
    sentence: str
    marked: tuple[str, ...]


@dataclass(slots=True)
class Person:
    """One browser session."""

    language: str
    questions: list[str]
    asked: list[str] = field(default_factory=list)
    waited_ms: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    on_page: list[tuple[str, Shown]] = field(default_factory=list)
    """Question and reply, in order, as read from the page at the end."""


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="anytongue-sessions-") as folder:
        settings = Settings(kb=options.kb or Path(folder) / "sessions.db")
        if not options.kb:
            _make_sample(settings)
        chatbot = assemble.build_chatbot(settings)
        people = [_person(number) for number in range(options.sessions)]
        load_before = os.getloadavg()[0]
        if options.address:
            asyncio.run(hold_sessions(options.address, people, options.seconds))
        else:
            with _server(settings.kb) as address:
                asyncio.run(hold_sessions(address, people, options.seconds))
    record = {
        **provenance(),
        "note": options.note,
        "load_average_before": round(load_before, 2),
        "load_average_after": round(os.getloadavg()[0], 2),
        "sessions": options.sessions,
        "seconds": options.seconds,
        "pause_s": PAUSE_S,
        **judged(people, chatbot),
    }
    text = json.dumps(record, indent=1, ensure_ascii=False)
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")


def judged(people: list[Person], chatbot: Chatbot) -> dict[str, object]:
    """What was counted; each conversation is compared with itself held alone."""
    waited = [ms for person in people for ms in person.waited_ms]
    mixed_up = [
        {"language": person.language, **finding}
        for person in tqdm(people, desc="Asking again", file=sys.stderr)
        for finding in differences(person, chatbot)
    ]
    other = sum(shown.language != person.language for person in people for _, shown in person.on_page)
    return {
        "languages": sorted({person.language for person in people}),
        "questions": sum(len(person.asked) for person in people),
        "replies": len(waited),
        "fewest_replies_of_a_session": min(len(person.waited_ms) for person in people),
        "errors": [f"{person.language}: {error}" for person in people for error in person.errors],
        "mixed_up": mixed_up,
        "replies_in_another_language_than_the_session": other,
        "time_to_answer_ms": {name: round(float(np.percentile(waited, at))) for name, at in (("p50", 50), ("p95", 95))},
        "longest_ms": round(max(waited)),
    }


def differences(person: Person, chatbot: Chatbot) -> Iterator[dict[str, object]]:
    """Where the page shows something else than this conversation alone gives."""
    questions = [question for question, _ in person.on_page]
    if questions != person.asked:
        yield {"asked": person.asked, "questions_on_the_page": questions}
    session = None
    for question, shown in person.on_page:
        session, message = chat.ask(chatbot, {"message": question, "browser": person.language}, session)
        alone = _from_html(message["html"])
        if alone != shown:
            yield {"question": question, "shown": asdict(shown), "alone": asdict(alone)}


async def hold_sessions(address: str, people: list[Person], seconds: float) -> None:
    """Everybody opens the page; when all have it, everybody asks until the time is over."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        limit = asyncio.Semaphore(OPEN_AT_ONCE)
        pages = await asyncio.gather(*(_open(browser, address, person, limit) for person in people))
        until = time.monotonic() + seconds
        with tqdm(desc="Replies", file=sys.stderr) as bar:
            await asyncio.gather(*(_talk(*both, until, bar) for both in zip(pages, people, strict=True)))
        await browser.close()


async def _open(browser: Browser, address: str, person: Person, limit: asyncio.Semaphore) -> Page:
    async with limit:
        context = await browser.new_context(locale=person.language)
        context.set_default_timeout(OPEN_LIMIT_S * 1000)
        page = await context.new_page()
        _watch(page, person.errors)
        await page.goto(address)
        await page.wait_for_selector(".at-ready")
    return page


def _watch(page: Page, errors: list[str]) -> None:
    page.on("pageerror", lambda error: errors.append(f"script: {error}"))
    page.on("console", lambda line: errors.append(f"console: {line.text}") if line.type == "error" else None)
    page.on("response", lambda got: errors.append(f"HTTP {got.status} {got.url}") if got.status >= 400 else None)


async def _talk(page: Page, person: Person, until: float, bar: "tqdm[object]") -> None:
    dice = random.Random(person.language)
    await asyncio.sleep(dice.uniform(0, PAUSE_S[1]))  # nobody starts at the same moment
    try:
        while time.monotonic() < until:
            question = person.questions[len(person.asked) % len(person.questions)]
            person.asked.append(question)
            person.waited_ms.append(await asyncio.wait_for(_ask(page, question), PATIENCE_S))
            bar.update()
            await asyncio.sleep(dice.uniform(*PAUSE_S))
    except Exception as error:  # it is what is being measured: the others go on
        person.errors.append(f"{type(error).__name__}: {error}")
    person.errors += [f"notice: {text}" for text in await page.locator("[data-notice]").all_inner_texts()]
    person.on_page = _pairs(await page.evaluate(READ))


async def _ask(page: Page, question: str) -> float:
    """Milliseconds from pressing Enter to the reply, by the clock of the page."""
    reply = asyncio.ensure_future(page.evaluate(ASK))
    await page.fill("#at-input", question)
    await page.press("#at-input", "Enter")
    return float(await reply)


def _pairs(messages: list[dict[str, object]]) -> list[tuple[str, Shown]]:
    pairs: list[tuple[str, Shown]] = []
    question = ""
    for message in messages:
        if message["question"]:
            question = str(message["question"])
        else:
            marked = tuple(_plain(str(words)) for words in message["marked"])  # type: ignore[attr-defined]
            pairs.append((question, Shown(str(message["language"]), _plain(str(message["sentence"])), marked)))
    return pairs


def _from_html(html: str) -> Shown:
    message = BeautifulSoup(html, "lxml").select_one(".at-message")
    assert message is not None
    sentence = message.select_one(".at-sentence") or message
    marked = tuple(_plain(mark.get_text()) for mark in message.select("mark"))
    return Shown(str(message["lang"]), _plain(sentence.get_text()), marked)


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _person(number: int) -> Person:
    language = LANGUAGES[number % len(LANGUAGES)]
    lines = [line for path in sorted(QUESTIONS.glob(f"{language}.*.jsonl")) for line in path.open(encoding="utf-8")]
    questions = [str(json.loads(line)["question"]) for line in lines if line.strip()]
    random.Random(number).shuffle(questions)
    return Person(language, questions)


def _make_sample(settings: Settings) -> None:
    with KnowledgeBase(settings.kb) as knowledge_base:
        assemble.add_documents([assemble.SAMPLE_ARTICLES], knowledge_base)
        assemble.encode_new_passages(knowledge_base, assemble.build_encoder(settings))


@contextmanager
def _server(knowledge_base: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, str(ROOT / "main.py"), "serve", "--port", str(port), "--kb", str(knowledge_base)]
    address = f"http://127.0.0.1:{port}/"
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(address, server)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=60)


def _wait_for(address: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=20):
                return
        except OSError:
            time.sleep(0.3)
    sys.exit(f"The server did not start in {START_LIMIT_S} s, or ended with {server.poll()}.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--sessions", type=int, default=20, metavar="N", help="people at once (20)")
    parser.add_argument("--seconds", type=float, default=120, metavar="S", help="for how long they ask (120)")
    parser.add_argument("--address", metavar="URL", help="a server that runs already, over the same --kb")
    parser.add_argument("--kb", type=Path, metavar="FILE", help="knowledge base (default: a new one of the sample)")
    parser.add_argument("--note", default="", metavar="TEXT", help="what else the machine was doing")
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write the JSON here")
    return parser.parse_args()


if __name__ == "__main__":
    main()

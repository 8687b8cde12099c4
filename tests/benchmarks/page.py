"""What the chat page weighs, and how long a reader waits: first load, sign of work, first answer, in real Chromium.

Run: python tests/benchmarks/page.py [--loads N] [--note TEXT] [--out FILE.json]

The application as shipped over the sample help centre, asked by one reader. Each load starts with an empty cache;
bytes are those that Chromium says came over the wire, headers included. Waiting is measured in the page, from the
press of Enter; what the server needed of it is what the question log says.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402  # our own path comes first

from chatbot.evaluation.provenance import provenance  # noqa: E402
from knowledge_base.questions import QuestionLog  # noqa: E402
from knowledge_base.store import KnowledgeBase  # noqa: E402

RESULT = ROOT / "tests" / "benchmarks" / "results" / "page.json"
CHROMIUM = "/usr/bin/chromium"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
START_LIMIT_S, PATIENCE_MS = 600, 120_000
QUESTIONS = (
    "¿Cuántos años es válida una tarjeta regalo comprada en Europa?",
    "Wie lange habe ich Zeit, einen Artikel zurückzugeben?",
    "返品した商品の返金にはどれくらいかかりますか？",
    "How do I reset my password?",
    "Combien coûte la livraison express ?",
    "كيف ألغي طلبي؟",
    "Как изменить адрес доставки?",
    "Kargo ücreti ne kadar?",
)
FULL_PAGE = 200
"""Messages that the page holds at most, however many there were."""

# Notes when the wait and the reply appear after Enter, to the frame.
ASK = """async (question) => {
  const input = document.getElementById("at-input");
  const log = document.querySelector(".at-log");
  const replies = log.querySelectorAll(".at-bot:not(.at-waiting)").length;
  const last = log.lastElementChild;
  input.value = question;
  const frame = () => new Promise(requestAnimationFrame);
  const begun = performance.now();
  input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
  while (!log.querySelector(".at-waiting")) await frame();
  await frame();
  const waiting = performance.now() - begun;
  while (log.querySelector(".at-waiting")) await frame();
  await frame();
  return { sign_of_work_ms: waiting, answer_ms: performance.now() - begun };
}"""

FILL = """(count) => {
  const log = document.querySelector(".at-log");
  const [question, reply] = [...log.children].slice(-2);
  for (let n = 0; n < count / 2; n++) log.append(question.cloneNode(true), reply.cloneNode(true));
}"""


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="anytongue-page-") as folder:
        kb = Path(folder) / "page.db"
        with _Server(kb) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            loads = [first_load(browser, address) for _ in range(options.loads)]
            asked = asking(browser, address, kb)
            browser.close()
    record = {
        **provenance(),
        "chromium": browser.version,
        "note": options.note,
        "first_load": {
            "bytes": loads[-1]["bytes"],
            "requests": loads[-1]["requests"],
            "ready_ms": [load["ready_ms"] for load in loads],
        },
        "asking": asked,
    }
    text = json.dumps(record, indent=1, ensure_ascii=False)
    options.out.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")


def first_load(browser: Browser, address: str) -> dict[str, Any]:
    """Bytes by kind, requests, and milliseconds until a question can be typed."""
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    session = context.new_cdp_session(page)
    kinds: dict[str, str] = {}
    weights: Counter[str] = Counter()
    session.send("Network.enable")
    session.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
    session.on(
        "Network.loadingFinished",
        lambda event: weights.update({kinds.get(event["requestId"], "Other"): int(event["encodedDataLength"])}),
    )
    page.goto(address)
    page.wait_for_selector(".at-ready", timeout=PATIENCE_MS)
    ready_ms = page.evaluate("performance.now()")
    page.wait_for_timeout(3000)  # what is loaded behind the finished page counts too
    requests = len(kinds)
    context.close()
    by_kind = {kind.lower(): weight for kind, weight in weights.most_common()}
    return {"bytes": {"total": sum(weights.values()), **by_kind}, "requests": requests, "ready_ms": round(ready_ms)}


def asking(browser: Browser, address: str, kb: Path) -> dict[str, Any]:
    """The very first question of the server, those after it, and one on a page that holds all the messages it may."""
    page = browser.new_context(locale="en-GB").new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    page.wait_for_selector(".at-ready")
    first = _ask(page, QUESTIONS[0])
    later = [_ask(page, question) for question in QUESTIONS[1:]]
    with KnowledgeBase(kb, read_only=True) as knowledge_base:
        kept = QuestionLog(knowledge_base).recent(len(QUESTIONS))
    server_ms = [question.took_ms or 0.0 for question in reversed(kept)]
    page.evaluate(FILL, FULL_PAGE)
    return {
        "first": {**first, "server_ms": round(server_ms[0])},
        "later_median": {
            **{name: round(median(wait[name] for wait in later)) for name in first},
            "server_ms": round(median(server_ms[1:])),
        },
        "on_a_full_page": _ask(page, QUESTIONS[-1]),
    }


def _ask(page: Page, question: str) -> dict[str, int]:
    return {name: round(spent) for name, spent in page.evaluate(ASK, question).items()}


class _Server:
    """The application in a process of its own."""

    def __init__(self, kb: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self._address = f"http://127.0.0.1:{port}/"
        self._command = [sys.executable, str(ROOT / "main.py"), "serve", "--port", str(port), "--kb", str(kb)]
        self._kb = kb

    def __enter__(self) -> str:
        articles = ROOT / "knowledge_base" / "articles"
        environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
        ingest = [sys.executable, str(ROOT / "main.py"), "ingest", str(articles), "--kb", str(self._kb)]
        subprocess.run(ingest, check=True, env=environment, stdout=subprocess.DEVNULL)
        self._process = subprocess.Popen(self._command, env=environment)
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with urllib.request.urlopen(self._address, timeout=20):
                    return self._address
            except OSError:
                time.sleep(0.3)
        raise SystemExit(f"The page was not ready within {START_LIMIT_S} s.")

    def __exit__(self, *error: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=30)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--loads", type=int, default=3, metavar="N", help="how often the page is loaded (default: 3)")
    parser.add_argument("--note", default="", metavar="TEXT", help="what else this machine did meanwhile")
    parser.add_argument("--out", type=Path, default=RESULT, metavar="FILE", help=f"default: {RESULT.name}")
    return parser.parse_args()


if __name__ == "__main__":
    main()

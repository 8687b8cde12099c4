"""What a Hugging Face Space does, from nothing: install requirements.txt, start main.py, answer a question in Chromium.

Run: python tests/benchmarks/space_start.py [--out FILE.json]     (some minutes: a fresh environment, all dependencies)

In a passing folder with the files that `python main.py deploy` sends and nothing else, with the Space's environment
variables and its port. Needs that port free, a package index, and the test extras with /usr/bin/chromium beside.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from chatbot.evaluation.provenance import provenance  # noqa: E402  # the repository's path comes first
from ui.deploy import files_to_upload  # noqa: E402

PORT = 7860
ADDRESS = f"http://127.0.0.1:{PORT}/"
QUESTION = "¿Cuánto tiempo tengo para devolver una lámpara?"
CHROMIUM = "/usr/bin/chromium"
START_LIMIT_S = 900
POLL_S = 0.1
PATIENCE_MS = 120_000
HANDED_DOWN = ("PATH", "LANG")
"""All that a Space would not set itself; our own variables must not slip in."""


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="anytongue-space-") as folder:
        record = {**provenance(), **space_start(Path(folder))}
    text = json.dumps(record, indent=1, ensure_ascii=False)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")


def space_start(folder: Path) -> dict[str, object]:
    """Seconds of every step, and what was answered."""
    _require_free_port()
    app, python = folder / "app", folder / "venv" / "bin" / "python"
    files = copy_app(app)
    environment = space_environment(folder)
    started = time.perf_counter()
    venv.create(folder / "venv", with_pip=True)
    install = [python, "-m", "pip", "install", "--quiet", "--no-cache-dir", "-r", "requirements.txt"]
    subprocess.run(install, cwd=app, check=True)
    install_s = time.perf_counter() - started
    listing = [python, "-m", "pip", "list", "--format=json"]
    packages = subprocess.run(listing, check=True, capture_output=True, text=True)
    times = {"install_s": round(install_s, 1)}
    with (folder / "log.txt").open("w+") as log:
        started = time.perf_counter()
        server = subprocess.Popen([python, "main.py"], cwd=app, env=environment, stdout=log, stderr=log)
        try:
            wait_for_page(server, log)
            times["first_start_s"] = round(time.perf_counter() - started, 1)
            asked = ask_in_browser(folder)
        finally:
            server.terminate()
            server.wait(timeout=60)
    return {
        "load_average_1min_after": round(os.getloadavg()[0], 1),
        "files_sent": files,
        "packages_installed": len(json.loads(packages.stdout)),
        "environment": {name: value for name, value in environment.items() if name not in (*HANDED_DOWN, "HOME")},
        **times,
        **asked,
    }


def copy_app(app: Path) -> int:
    """What `deploy` sends; returns how many files."""
    files = files_to_upload()
    for file in files:
        (app / file.path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / file.path, app / file.path)
    return len(files)


def space_environment(folder: Path) -> dict[str, str]:
    """The variables of a Gradio Space on its free hardware."""
    home = folder / "home"
    home.mkdir()
    return {
        **{name: os.environ[name] for name in HANDED_DOWN if name in os.environ},
        "HOME": str(home),
        "SYSTEM": "spaces",
        "SPACE_ID": "somebody/help-centre",
        "SPACE_HOST": "somebody-help-centre.hf.space",
        "SPACE_AUTHOR_NAME": "somebody",
        "SPACE_REPO_NAME": "help-centre",
        "GRADIO_SERVER_NAME": "0.0.0.0",
        "GRADIO_SERVER_PORT": str(PORT),
        "GRADIO_ALLOW_FLAGGING": "never",
        "GRADIO_THEME": "huggingface",
    }


def wait_for_page(server: "subprocess.Popen[bytes]", log: object) -> None:
    """Until the page answers; an error with the log if it never does."""
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(ADDRESS, timeout=5):
                return
        except OSError:
            time.sleep(POLL_S)
    log.seek(0)
    sys.exit(f"The page did not answer within {START_LIMIT_S} s:\n{log.read()[-3000:]}")


def ask_in_browser(folder: Path) -> dict[str, object]:
    """One question typed into the page."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(locale="es-ES")
        page.set_default_timeout(PATIENCE_MS)
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        opened = time.perf_counter()
        page.goto(ADDRESS)
        page.wait_for_selector(".at-ready")
        ready_s = time.perf_counter() - opened
        asked = time.perf_counter()
        page.fill("#at-input", QUESTION)
        page.press("#at-input", "Enter")
        page.wait_for_selector(".at-waiting", state="attached")
        page.wait_for_selector(".at-waiting", state="detached")
        answer_s = time.perf_counter() - asked
        reply = page.locator(".at-log > :last-child").inner_text()
        browser.close()
    return {
        "page_ready_s": round(ready_s, 2),
        "answer_s": round(answer_s, 2),
        "question": QUESTION,
        "reply": reply,
        "errors_on_the_page": problems,
    }


def _require_free_port() -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", PORT))
        except OSError:
            sys.exit(f"Port {PORT}, which a Space uses, is taken here: stop what listens there and run this again.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write the JSON here")
    return parser.parse_args()


if __name__ == "__main__":
    main()

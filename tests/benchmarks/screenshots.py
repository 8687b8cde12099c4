"""Takes the README's pictures again, from the real program with its sample help centre in a real Chromium.

Run: python tests/benchmarks/screenshots.py [--kb FILE] [--only NAME ...]     (after a change of how the pages look)
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from chatbot import assemble  # noqa: E402  # the repository is not installed, so its path comes first
from chatbot.conversation import Conversation  # noqa: E402
from chatbot.settings import Settings  # noqa: E402
from knowledge_base.store import KnowledgeBase  # noqa: E402
from ui.desk_password import PasswordHash  # noqa: E402

PICTURES = ROOT / "ui" / "pictures"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
CHROMIUM_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
PATIENCE_MS = 180_000
START_LIMIT_S = 300
SETTLE_MS = 900
"""What fades or scrolls has come to rest."""

MAX_BYTES = 60_000
QUALITIES = (88, 80, 70, 60, 50)

DESKTOP, PHONE = (1000, 680), (390, 760)
PASSWORD = "only for the pictures"

UNANSWERED = {
    "en": ("Can I have a name engraved on the lamp?", "Is there a podcast about plants?"),
    "de": ("Kann ich einen Namen auf die Lampe gravieren lassen?", "Gibt es einen Podcast über Pflanzen?"),
    "es": ("¿Pueden grabar un nombre en la lámpara?",),
    "ja": ("ランプに名前を彫刻してもらえますか？",),
    "ar": ("هل يمكن نقش اسم على المصباح؟",),
    "fr": ("Peut-on faire graver un nom sur la lampe ?", "Y a-t-il un podcast sur les plantes ?"),
}
TRY = """en: When does a gift card purchased in Europe expire?
de: Wann läuft ein in Europa gekaufter Geschenkgutschein ab?
ja: ヨーロッパで買ったギフトカードの有効期限はどれくらいですか？
ar: اشتريت بطاقة هدايا في أوروبا، متى تنتهي صلاحيتها؟
hi: यूरोप में ख़रीदा गया गिफ़्ट कार्ड कब एक्सपायर होता है?
tr: Avrupa'da alınan hediye kartının süresi ne zaman doluyor?"""

SHOP = """<!doctype html><html lang="es"><head><meta charset="utf-8"><title>Tienda</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>
body {{ margin: 0; font: 1rem/1.6 system-ui, sans-serif; color: #2a2420; background: #fbf8f3; }}
header {{ padding: 1rem 1.2rem; background: #7a3e1d; color: #fff; font-weight: 700; font-size: 1.2rem; }}
main {{ padding: .5rem 1.2rem; }} .picture {{ block-size: 15rem; border-radius: 12px;
background: radial-gradient(circle at 50% 38%, #fff3c4 0 12%, #f3c969 13% 30%, #c98b3c 31% 32%, #ead9c4 33%); }}
b {{ font-size: 1.3rem; }}</style></head><body><header>La Tienda Verde</header><main><h1>Lámpara Glow</h1>
<div class="picture"></div><p><b>49,00 €</b></p><p>Luz cálida para plantas y lectores. Se regula desde el móvil.</p>
<p>Envíos a toda Europa.</p></main><script src="{address}embed.js" async></script></body></html>"""


class Camera:
    """A browser on the started program; every picture is a method of its own name."""

    def __init__(self, browser: Browser, address: str, shop: str) -> None:
        self._browser = browser
        self._address = address
        self._shop = shop

    def answer(self) -> Image.Image:
        """An Arabic question on the chat page."""
        page = self._chat("ar", "كم شهرًا يدوم فلتر Breeze Mini")
        return _shot(page)

    def article(self) -> Image.Image:
        """The whole article beside the conversation, in Japanese."""
        page = self._chat("ja", "ヨーロッパで買ったギフトカードの有効期限はどれくらいですか？")
        page.click(".at-links [data-do=article]")
        page.wait_for_selector(".at-article mark")
        return _shot(page)

    def not_found(self) -> Image.Image:
        """Nothing found, in German."""
        return _shot(self._chat("de", "Verkauft ihr auch Fahrräder für Kinder?"))

    def gaps(self) -> Image.Image:
        """The desk: what nobody could answer."""
        return _shot(self._desk("gaps"))

    def parity(self) -> Image.Image:
        """The desk: one question in many languages."""
        page = self._desk("try")
        page.fill("#lines", TRY)
        page.click("text=Ask all")
        page.wait_for_selector("#try-results .dk-parity")
        page.locator("#try-results").scroll_into_view_if_needed()
        page.evaluate("document.querySelector('#try-results').scrollIntoView()")
        return _shot(page)

    def widget(self) -> Image.Image:
        """A page of another site on a phone, before and after a question."""
        page = self._open("es", PHONE)
        page.goto(self._shop)
        page.wait_for_selector(".launcher")
        before = _shot(page)
        page.click(".launcher")
        chat = page.frame_locator("iframe")
        chat.locator("#at-input").fill("¿Durante cuánto tiempo sirve el enlace para poner una contraseña nueva?")
        chat.locator("#at-input").press("Enter")
        chat.locator(".at-card").wait_for()
        return _beside(before, _shot(page))

    def _chat(self, language: str, question: str) -> Page:
        page = self._open(language, DESKTOP)
        page.goto(self._address)
        page.wait_for_selector(".at-ready")
        page.fill("#at-input", question)
        page.press("#at-input", "Enter")
        page.wait_for_selector(".at-log .at-bot:not(.at-waiting)")
        return page

    def _desk(self, name: str) -> Page:
        page = self._open("en", DESKTOP)
        page.goto(f"{self._address}desk/login")
        page.fill("#password", PASSWORD)
        page.press("#password", "Enter")
        page.wait_for_url("**/gaps")
        page.goto(f"{self._address}desk/{name}")
        return page

    def _open(self, language: str, size: tuple[int, int]) -> Page:
        phone = size == PHONE
        context = self._browser.new_context(
            locale=language,
            viewport={"width": size[0], "height": size[1]},
            is_mobile=phone,
            has_touch=phone,
        )
        context.set_default_timeout(PATIENCE_MS)
        return context.new_page()


NAMES = ("answer", "article", "not_found", "gaps", "parity", "widget")


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="anytongue-pictures-") as folder:
        knowledge_base = Path(folder) / "pictures.db"
        if options.kb:
            shutil.copyfile(options.kb, knowledge_base)
        prepare(Settings(kb=knowledge_base))
        with shop_site() as shop, program(knowledge_base, shop.origin) as address, sync_playwright() as playwright:
            shop.page = SHOP.format(address=address).encode()
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
            camera = Camera(browser, address, shop.origin)
            for name in options.only or NAMES:
                take: Callable[[], Image.Image] = getattr(camera, name)
                save(take(), name)
            browser.close()


def prepare(settings: Settings) -> None:
    """The sample help centre, and questions that it left open."""
    with KnowledgeBase(settings.kb) as knowledge_base:
        assemble.add_documents([assemble.SAMPLE_ARTICLES], knowledge_base)
        assemble.encode_new_passages(knowledge_base, assemble.build_encoder(settings))
    chatbot = assemble.build_chatbot(settings, keep_questions=True)
    for language, questions in UNANSWERED.items():
        for question in questions:
            chatbot.feedback(chatbot.reply(question, Conversation(browser_language=language)), helpful=False)


def save(picture: Image.Image, name: str) -> None:
    """As WebP, as good as fits."""
    PICTURES.mkdir(exist_ok=True)
    for quality in QUALITIES:
        packed = BytesIO()
        picture.convert("RGB").save(packed, "WEBP", quality=quality, method=6)
        if packed.tell() <= MAX_BYTES:
            break
    (PICTURES / f"{name}.webp").write_bytes(packed.getvalue())
    sys.stderr.write(f"{name}.webp: {packed.tell():,} bytes at quality {quality}\n")


@contextmanager
def program(knowledge_base: Path, shop: str) -> Iterator[str]:
    """The started program, its desk open, the shop allowed to show the chat."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, str(ROOT / "main.py"), "serve", "--port", str(port), "--kb", str(knowledge_base)]
    environment = {
        **os.environ,
        "ANYTONGUE_DESK_PASSWORD_HASH": str(PasswordHash.of(PASSWORD)),
        "ANYTONGUE_EMBED_ORIGINS": shop,
    }
    server = subprocess.Popen(command, cwd=ROOT, env=environment)
    address = f"http://127.0.0.1:{port}/"
    try:
        deadline = time.monotonic() + START_LIMIT_S
        while not _answers(address):
            if time.monotonic() > deadline or server.poll() is not None:
                sys.exit("The program did not start.")
            time.sleep(0.3)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=60)


class Shop(ThreadingHTTPServer):
    """A site with one page."""

    page = b""

    @property
    def origin(self) -> str:
        """How a browser names it: by another name than the program, so that it is another site."""
        return f"http://localhost:{self.server_port}"


class _ShopPage(BaseHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(self.server.page)  # type: ignore[attr-defined]


@contextmanager
def shop_site() -> Iterator[Shop]:
    """Somebody else's web server."""
    with Shop(("127.0.0.1", 0), _ShopPage) as shop:
        threading.Thread(target=shop.serve_forever, daemon=True).start()
        yield shop
        shop.shutdown()


def _shot(page: Page) -> Image.Image:
    page.wait_for_timeout(SETTLE_MS)
    return Image.open(BytesIO(page.screenshot()))


def _beside(*pictures: Image.Image) -> Image.Image:
    gap = 24
    width = sum(picture.width for picture in pictures) + gap * (len(pictures) - 1)
    whole = Image.new("RGB", (width, pictures[0].height), "white")
    left = 0
    for picture in pictures:
        whole.paste(picture, (left, 0))
        left += picture.width + gap
    return whole


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=20):
            return True
    except OSError:
        return False


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--kb", type=Path, metavar="FILE", help="a sample knowledge base to copy, which saves a minute")
    parser.add_argument("--only", nargs="+", choices=NAMES, metavar="NAME", help=f"of {', '.join(NAMES)}")
    return parser.parse_args()


if __name__ == "__main__":
    main()

"""The chat on other people's pages: the script that puts it there, and which sites may show it in a frame.

Knows nothing of gradio and of what the chat says.
"""

import json
import re
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatbot.language import LANGUAGES
from chatbot.phrases import PhraseKey, phrases

SCRIPT_PATH = "/embed.js"
SCRIPT_FILE = Path(__file__).parent / "embed.js"
SETTING = "ANYTONGUE_EMBED_ORIGINS"

ANY_SITE = "*"

POLICY_HEADER = "Content-Security-Policy"

SCRIPT_HEADERS = {
    "Cache-Control": "public, max-age=3600",
    # Some sites take scripts only from servers that say so.
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}

_ORIGIN = re.compile(r"https?://(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,5})?", re.IGNORECASE | re.ASCII)


class BadEmbedOrigin(Exception):
    """What should be a site is none."""


def frame_policy(origins: str) -> str | None:
    """Who may show the page in a frame, as a policy for browsers; None = everybody.

    `origins` are separated by blanks or commas. The page's own site is always among them. Raises BadEmbedOrigin.
    """
    sites = [origin.rstrip("/") for origin in origins.replace(",", " ").split()]
    for site in sites:
        if site != ANY_SITE and not _ORIGIN.fullmatch(site):
            raise BadEmbedOrigin(
                f"{SETTING} holds {site!r}. Give sites as a browser names them, without a path: "
                "https://www.example.com, https://*.example.com for all below it, or * for any site; "
                "several with a blank between them."
            )
    return None if ANY_SITE in sites else " ".join(["frame-ancestors", "'self'", *sites])


class FramePolicy:
    """Adds the policy to every response that brings none of its own; the desk's allows nobody."""

    def __init__(self, app: ASGIApp, policy: str) -> None:
        self._app = app
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve as before."""

        async def with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault(POLICY_HEADER, self._policy)
            await send(message)

        await self._app(scope, receive, with_policy)


def embed_routes() -> list[BaseRoute]:
    """The script that other pages load."""
    script = embed_script()

    async def send(request: Request) -> Response:
        return Response(script, media_type="text/javascript", headers=SCRIPT_HEADERS)

    return [Route(SCRIPT_PATH, send)]


def embed_script() -> str:
    """`embed.js` with what it says in every language; nothing of it is visible to the page around it."""
    words = {code: _words(code) for code in LANGUAGES}
    source = SCRIPT_FILE.read_text(encoding="utf-8")
    return f"(() => {{\nconst WORDS = {json.dumps(words, ensure_ascii=False)};\n{source}}})();\n"


def _words(code: str) -> dict[str, str]:
    said = phrases(code)
    return {
        "title": said.text(PhraseKey.PAGE_TITLE),
        "close": said.text(PhraseKey.CLOSE),
        "loading": said.text(PhraseKey.LOADING),
        "dir": "rtl" if said.right_to_left else "ltr",
    }

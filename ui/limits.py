"""What strangers may send to the chat page: small bodies and no files. The desk has limits of its own.

Knows nothing of gradio but the addresses at which it writes files.
"""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.desk_routes import PATH as DESK_PATH

MAX_BODY_BYTES = 256 * 1024
"""The longest message that is read, with the turns before it, in the letters that take most bytes, has 180 KB."""

WRITING_ROUTES = (
    ("/gradio_api/upload", "POST"),
    ("/gradio_api/process_recording", "POST"),
    ("/gradio_api/deep_link", "GET"),
)
"""Gradio stores what anybody sends there, without end; the page uses none of them."""


class _TooLarge(Exception):
    """A body goes on beyond what is taken."""


class BodyLimit:
    """Refuses larger bodies than MAX_BODY_BYTES before anything parses them, but at the desk."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve as before, with a body that is known to be small."""
        if scope["type"] != "http" or _is_desk(scope):
            await self._app(scope, receive, send)
            return
        try:
            first: Message | None = await _whole_body(Request(scope, receive))
        except _TooLarge:
            await _too_large()(scope, receive, send)
            return

        async def again() -> Message:
            nonlocal first
            message, first = first, None
            return message or await receive()

        await self._app(scope, again, send)


def closed_routes() -> list[BaseRoute]:
    """Stand before gradio's own routes at the same addresses."""
    return [Route(path, _closed, methods=[method]) for path, method in WRITING_ROUTES]


async def _closed(request: Request) -> Response:
    return PlainTextResponse("This server takes no files. Send a question as text instead.", 403)


async def _whole_body(request: Request) -> Message:
    declared = request.headers.get("content-length", "0")
    if declared.isascii() and declared.isdigit() and int(declared) > MAX_BODY_BYTES:
        raise _TooLarge
    body = bytearray()
    more = True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            return message
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            raise _TooLarge
        more = message.get("more_body", False)
    return {"type": "http.request", "body": bytes(body), "more_body": False}


def _too_large() -> Response:
    limit = f"{MAX_BODY_BYTES // 1024} KB"
    return PlainTextResponse(f"The request has more than the {limit} that are taken. Ask a shorter question.", 413)


def _is_desk(scope: Scope) -> bool:
    path: str = scope["path"].removeprefix(scope.get("root_path", ""))
    return path.startswith(f"{DESK_PATH}/")

"""The desk over HTTP: its own small application beside the chat page, not reachable without a login.

Not gradio: its events stay callable over HTTP whatever a page shows, and its cookies know no SameSite. Everything
here is forms and links; `desk.js` only makes them pleasanter.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatbot.chatbot import Chatbot
from ui.desk import Desk, DeskSettings
from ui.desk_access import SESSION_S, DeskAccess, Session, same_token
from ui.desk_html import PageContext, logged_out_page, login_page
from ui.desk_pages import FORMS, PAGES, Done, Form
from ui.desk_password import PasswordHash
from ui.desk_upload import MAX_UPLOAD_BYTES
from ui.quality_routes import style_sheet

PATH = "/desk"
COOKIE = "anytongue_desk"
FOLDER = Path(__file__).parent

MAX_FORM_BYTES = 1024 * 1024
MULTIPART_BYTES = 64 * 1024
"""Room for the borders between files."""

MAX_FORM_FIELDS = 5000
MAX_UPLOADED_FILES = 2000
MAX_FIELD_BYTES = 512 * 1024

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}
"""Even if something slipped through the escaping, no script of a document could run, and no other site frame this."""

Handler = Callable[[Request], Awaitable[Response]]


def desk_routes(chatbot: Chatbot, password_hash: str, settings: DeskSettings | None = None) -> list[BaseRoute]:
    """What the web server has to serve beside the chat page: nothing at all without a password.

    Raises BadPasswordHash.
    """
    if not password_hash:
        return []
    access = DeskAccess(PasswordHash.parse(password_hash))
    return [
        # Without the slash every relative link of the desk would lead to the chat page.
        Route(PATH, lambda request: RedirectResponse(f"{request.scope.get('root_path', '')}{PATH}/gaps", 303)),
        Mount(PATH, app=desk_app(Desk(chatbot, settings), access)),
    ]


def desk_app(desk: Desk, access: DeskAccess) -> Starlette:
    """The application under `PATH`."""
    web = _DeskWeb(desk, access)
    routes = [
        Route("/", lambda request: RedirectResponse("gaps", 303)),
        Route("/login", web.login_page, methods=["GET"]),
        Route("/login", web.log_in, methods=["POST"]),
        Route("/logout", web.log_out, methods=["POST"]),
        Route("/style.css", style_sheet("desk.css")),
        Route("/script.js", _script),
        *(Route(f"/{name}", web.page(name), methods=["GET"]) for name in PAGES),
        *(Route(f"/{name}", web.form(name), methods=["POST"]) for name in FORMS),
    ]
    return Starlette(routes=routes, middleware=[Middleware(_SafeHeaders)])


class _DeskWeb:
    """Sessions, tokens and size limits around the plain handlers of `desk_pages`."""

    def __init__(self, desk: Desk, access: DeskAccess) -> None:
        self._desk = desk
        self._access = access

    async def login_page(self, request: Request) -> Response:
        if self._session(request) is not None:
            return RedirectResponse("gaps", 303)
        return HTMLResponse(login_page())

    async def log_in(self, request: Request) -> Response:
        _check_origin(request)
        _check_size(request, MAX_FORM_BYTES)
        async with request.form(max_files=0, max_fields=10) as data:
            password = str(data.get("password", ""))
        address = request.client.host if request.client else ""
        result = await run_in_threadpool(self._access.log_in, password, address)
        if result.token is None:
            words = "This is not the password."
            if result.wait_s:
                words = f"Too many wrong passwords. Try again in {_duration(result.wait_s)}."
            headers = {"Retry-After": str(int(result.wait_s) + 1)} if result.wait_s else {}
            return HTMLResponse(login_page(words), 429 if result.wait_s else 401, headers)
        response = RedirectResponse("gaps", 303)
        response.set_cookie(
            COOKIE,
            result.token,
            max_age=int(SESSION_S),
            path=_cookie_path(request),
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return response

    async def log_out(self, request: Request) -> Response:
        _check_origin(request)
        self._access.log_out(request.cookies.get(COOKIE))
        response = RedirectResponse("login", 303)
        response.delete_cookie(COOKIE, path=_cookie_path(request), httponly=True, samesite="strict")
        return response

    def page(self, name: str) -> Handler:
        async def show(request: Request) -> Response:
            session = self._session(request)
            if session is None:
                return RedirectResponse("login", 303)
            notice, session.notice = session.notice, None
            context = PageContext(session.form_token, *(notice or (None,)))
            return await run_in_threadpool(PAGES[name], self._desk, dict(request.query_params), context)

        return show

    def form(self, name: str) -> Handler:
        async def submit(request: Request) -> Response:
            session = self._session(request)
            if session is None:
                return HTMLResponse(logged_out_page(), 401)
            _check_origin(request)
            _check_size(request, MAX_UPLOAD_BYTES + MULTIPART_BYTES if name == "upload" else MAX_FORM_BYTES)
            async with request.form(
                max_files=MAX_UPLOADED_FILES, max_fields=MAX_FORM_FIELDS, max_part_size=MAX_FIELD_BYTES
            ) as data:
                if not same_token(str(data.get("form_token", "")), session.form_token):
                    raise HTTPException(403, "The form is too old. Go back, reload the page and try again.")
                form = Form(await _fields(data), await _files(data), request.headers.get("x-fragment") == "1")
            context = PageContext(session.form_token)
            done = await run_in_threadpool(FORMS[name], self._desk, form, context)
            return _answer(done, session)

        return submit

    def _session(self, request: Request) -> Session | None:
        return self._access.session(request.cookies.get(COOKIE))


def _answer(done: Done | Response, session: Session) -> Response:
    if isinstance(done, Response):
        return done
    session.notice = (done.notice, done.is_error, done.published_for) if done.notice else None
    return RedirectResponse(done.where, 303)


async def _fields(data: FormData) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in data.multi_items():
        if isinstance(value, str):
            found.setdefault(name, []).append(value)
    return found


async def _files(data: FormData) -> list[tuple[str, bytes]]:
    return [
        (value.filename or "", await value.read())
        for _, value in data.multi_items()
        if not isinstance(value, str) and value.filename
    ]


def _check_origin(request: Request) -> None:
    """A form of another site is refused, even from a browser that sent the cookie along."""
    origin = request.headers.get("origin")
    if request.headers.get("sec-fetch-site") in {"cross-site", "same-site"} or (
        origin and urlsplit(origin).netloc != request.headers.get("host")
    ):
        raise HTTPException(403, "The form came from another site.")


def _check_size(request: Request, limit: int) -> None:
    """Before a byte of the body is read. The server cuts a body that is longer than it says."""
    length = request.headers.get("content-length", "")
    if not (length.isascii() and length.isdigit()):
        raise HTTPException(411, "The size of the upload must be given.")
    if int(length) > limit:
        raise HTTPException(413, f"Too large: {limit // 1024 // 1024} MB at most.")


def _cookie_path(request: Request) -> str:
    return str(request.scope.get("root_path") or PATH)


def _duration(seconds: float) -> str:
    return f"{int(seconds) + 1} seconds" if seconds < 90 else f"{int(seconds / 60) + 1} minutes"


async def _script(request: Request) -> Response:
    return FileResponse(FOLDER / "desk.js", media_type="text/javascript")


class _SafeHeaders:
    """Adds HEADERS to every response of the desk."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                extra = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        await self._app(scope, receive, with_headers)

"""The page "How good is it?" over HTTP: plain HTML beside the chat page, for everybody, without a script."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from chatbot.language import LANGUAGES
from ui.results_view import MEASURED, PICTURES, results_page

PATH = "/quality"
FOLDER = Path(__file__).parent

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'none'; "
    "base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
"""Other sites may frame it: a Space lives in a frame."""


def quality_routes(folder: Path = MEASURED) -> list[BaseRoute]:
    """The page, its style and its pictures, from the results in `folder`."""

    async def page(request: Request) -> Response:
        language = _language(request.query_params.get("language", ""), request.headers.get("accept-language", ""))
        return HTMLResponse(results_page(language, folder), headers={**HEADERS, "Vary": "Accept-Language"})

    async def picture(request: Request) -> Response:
        name, file = request.path_params["name"], request.path_params["file"]
        known = {path.stem for path in folder.glob("*.json")}
        path = folder / name / file
        if name not in known or file not in PICTURES or not path.is_file():
            raise HTTPException(404)
        return FileResponse(path, media_type="image/png", headers=HEADERS)

    return [
        Route(PATH, page),
        Route(f"{PATH}/style.css", style_sheet("quality.css")),
        Route(f"{PATH}/{{name}}/{{file}}", picture),
    ]


def style_sheet(name: str) -> Callable[[Request], Awaitable[Response]]:
    """The colours and a style sheet that uses them, as one."""

    async def send(request: Request) -> Response:
        parts = ((FOLDER / part).read_text(encoding="utf-8") for part in ("colours.css", name))
        return Response("\n".join(parts), media_type="text/css")

    return send


def _language(chosen: str, accepted: str) -> str:
    """The language asked for, else the first of the browser's that is served, else English."""
    wishes = [chosen, *(tag.split(";")[0].strip().split("-")[0].lower() for tag in accepted[:200].split(","))]
    return next((code for code in wishes if code in LANGUAGES), "en")

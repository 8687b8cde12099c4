"""The chat page in gradio: layout and wiring only.

The page is one HTML component with our own markup (`page_view`), script (`page.js`) and style (`style.css`): gradio's
chat components have one direction for all messages and cannot show a citation. Gradio brings sessions, the queue, the
events between browser and server, and the API.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.events import api
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from chatbot.chatbot import Chatbot
from knowledge_base.documents import Document
from retrieval.zero_gpu import start_lending
from ui import chat
from ui.asking import NotText, UnknownLanguage, answer_record, questions_at_once
from ui.embed import FramePolicy, embed_routes, frame_policy
from ui.limits import BodyLimit, closed_routes
from ui.mcp_tools import mcp_routes
from ui.page_view import BRAND, page_html, page_texts
from ui.quality_routes import quality_routes
from ui.theme import page_theme

FOLDER = Path(__file__).parent
SCRIPTS = ("page_language.js", "page_keeping.js", "page_reply.js", "page_embed.js", "page.js")
"""Read in this order, in one scope."""

MAX_THREADS = 100
"""More than the questions that a GPU answers at once, so that there is always one for what need not queue."""

QUEUE_LIMIT = 200
"""Questions that may wait; the page tells the next one to try again, which is kinder than a minute of dots."""

_RECEIVE = """watch("value", () => {
  window.dispatchEvent(new CustomEvent("anytongue:answer", { detail: props.value }));
});"""

_TELL = '() => window.dispatchEvent(new CustomEvent("anytongue:answer", {{ detail: {{ type: "{}" }} }}))'

Answered = tuple[chat.ChatSession, dict[str, Any]]


def build_app(chatbot: Chatbot) -> gr.Blocks:
    """The chat page over a chatbot, with its API; nothing is served yet."""
    app = gr.Blocks(title=BRAND, analytics_enabled=False, fill_width=True, fill_height=True)
    with app:
        session = gr.State(None)  # not an instance: gradio would copy it, its random id included, for everybody
        page = gr.HTML(
            page_html(keeps=chatbot.keeps_questions),
            js_on_load="".join((FOLDER / name).read_text(encoding="utf-8") for name in SCRIPTS),
            apply_default_css=False,
            languages=page_texts(chat.example_questions(_some_documents(chatbot))),
        )
        answer = gr.HTML(None, html_template="", js_on_load=_RECEIVE, elem_classes="at-wire", apply_default_css=False)
        _connect(chatbot, page, session, answer)
        _add_api(chatbot)
    # On a Space gradio lays a header over the page, for which every visitor's browser asks huggingface.co.
    app.space_id = None
    app.queue(max_size=QUEUE_LIMIT, default_concurrency_limit=questions_at_once())
    return app


def launch(
    chatbot: Chatbot,
    *,
    host: str,
    port: int,
    share: bool = False,
    routes: Sequence[BaseRoute] = (),
    embed_origins: str = "",
) -> None:
    """Serve the page, its tools for assistants and the script for other pages until interrupted.

    `routes`: what is served beside them (the desk). `embed_origins`: which other sites may show the page in a frame.
    Raises BadEmbedOrigin.
    """
    policy = frame_policy(embed_origins)
    app = build_app(chatbot)
    start_lending()
    _, local, public = app.launch(
        server_name=host,
        server_port=port,
        share=share,
        prevent_thread_lock=True,
        quiet=True,
        footer_links=[],
        favicon_path=FOLDER / "favicon.svg",
        theme=page_theme(),
        # Not as `css`: gradio rewrites every selector there and breaks those with commas in brackets.
        head=f"<style>{(FOLDER / 'style.css').read_text(encoding='utf-8')}</style>",
        ssr_mode=False,
        max_threads=MAX_THREADS,
        app_kwargs={
            "routes": [*closed_routes(), *quality_routes(), *routes, *embed_routes(), *mcp_routes(chatbot)],
            "middleware": [*([Middleware(FramePolicy, policy)] if policy else []), Middleware(BodyLimit)],
        },
    )
    sys.stderr.write(f"Open {public or local} in a browser. Ctrl-C stops.\n")
    app.block_thread()


def _connect(chatbot: Chatbot, page: gr.HTML, session: gr.State, answer: gr.HTML) -> None:
    """What `page.js` triggers -> the handlers in `chat`; what they return goes back through `answer`."""

    def ask(event: gr.EventData, session: chat.ChatSession | None) -> Answered:
        return chat.ask(chatbot, event._data or {}, session)

    def reword(event: gr.EventData, session: chat.ChatSession | None) -> Answered:
        return chat.change_language(chatbot, event._data or {}, session)

    def feedback(event: gr.EventData, session: chat.ChatSession | None) -> dict[str, Any]:
        return chat.give_feedback(chatbot, event._data or {}, session)

    def person(event: gr.EventData) -> None:
        chat.ask_person(chatbot, event._data or {})

    def article(event: gr.EventData) -> dict[str, Any]:
        return chat.show_article(chatbot, event._data or {})

    hidden: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    asked = page.ask(
        ask,
        session,
        [session, answer],
        api_name="page_ask",
        concurrency_limit=questions_at_once(),
        concurrency_id="questions",
        **hidden,
    )
    asked.failure(None, js=_TELL.format("failed"), api_name="page_failed", **hidden)
    asked.then(None, js=_TELL.format("ended"), api_name="page_ended", **hidden)
    page.stop(None, cancels=[asked], api_name="page_stop", **hidden)
    # Only wording and reading: they must not wait behind questions.
    light: dict[str, Any] = {"concurrency_limit": None, **hidden}
    page.reword(reword, session, [session, answer], api_name="page_reword", trigger_mode="multiple", **light)
    page.article(article, None, answer, api_name="page_article", trigger_mode="multiple", **light)
    page.feedback(feedback, session, answer, api_name="page_feedback", trigger_mode="multiple", **light)
    page.person(person, None, None, api_name="page_person", trigger_mode="multiple", **light)
    page.clear(lambda: None, None, session, api_name="page_clear", **light)


def _add_api(chatbot: Chatbot) -> None:
    # A default, because gradio answers a missing parameter with a bare 500.
    def ask(question: str = "", language: str = "") -> dict[str, Any]:
        """Answer one question in any language from the English documents.

        Args:
            question: The question, in any of the served languages.
            language: Code of the language to reply in, such as "de"; empty to reply in the question's own.

        Returns:
            The English words that answer, with confidence and citation, and the reply worded in the language.

        """
        try:
            return answer_record(chatbot, question, language or None)
        except (NotText, UnknownLanguage) as error:
            raise gr.Error(str(error), print_exception=False) from None

    api(ask, api_name="ask", concurrency_limit=questions_at_once(), concurrency_id="questions")


def _some_documents(chatbot: Chatbot) -> list[Document]:
    infos = chatbot.knowledge_base.documents()[: chat.EXAMPLE_DOCUMENT_LIMIT]
    documents = (chatbot.article(info.id) for info in infos)
    return [document for document in documents if document is not None]

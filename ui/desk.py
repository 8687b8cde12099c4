"""What the pages of the desk share: the chatbot they look after, the question log, uploads waiting, work in progress.

The handlers in `desk_documents`, `desk_gaps`, `desk_numbers` and `desk_try` are plain functions over it; they know
nothing of HTTP or HTML.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TypeVar

import numpy as np

from chatbot.chatbot import Chatbot
from chatbot.draft import Forecaster
from chatbot.language import refuse_if_not_english
from knowledge_base.documents import Document
from knowledge_base.question_reports import OpenQuestion, QuestionReports
from knowledge_base.questions import QuestionLog
from knowledge_base.store import KnowledgeBase
from retrieval.encoder import Encoder
from retrieval.model_types import FloatArray
from ui.desk_jobs import DeskJobs
from ui.desk_upload import Staged

REMEMBERED_VECTORS = 5000
"""Questions whose vectors are kept: 384 numbers each, so 8 MB; a second visit of the gaps then costs nothing."""

REMEMBERED_CHECKS = 5000

MAX_WAITING_UPLOADS = 4
"""Uploads that were neither accepted nor discarded; the oldest goes first. Each holds its texts in memory."""

LanguageCheck = Callable[[str], str | None]

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """What the desk tells about the settings of the program."""

    keeps_questions: bool = True
    keep_days: int = 0
    """0 = for ever."""


class Desk:
    """One for all operators. Safe to share between threads."""

    def __init__(
        self,
        chatbot: Chatbot,
        settings: DeskSettings | None = None,
        language_check: LanguageCheck = refuse_if_not_english,
    ) -> None:
        self.chatbot = chatbot
        self.settings = settings or DeskSettings()
        self.reports = QuestionReports(chatbot.knowledge_base)
        self.log = QuestionLog(chatbot.knowledge_base)
        self.jobs = DeskJobs()
        self.uploads = WaitingUploads()
        self.forecaster = Forecaster(chatbot.pipeline, self.encoder, lambda: chatbot.threshold)
        self.checking = Lock()
        """Drafts are tried one after the other: each takes all cores, and customers are waiting too."""
        self.language_check = language_check
        self._checks: OrderedDict[str, str | None] = OrderedDict()
        self._vectors: OrderedDict[tuple[str, str | None], FloatArray] = OrderedDict()
        """By question and language."""
        self._lock = Lock()

    @property
    def knowledge_base(self) -> KnowledgeBase:
        """The documents that the desk looks after."""
        return self.chatbot.knowledge_base

    @property
    def encoder(self) -> Encoder:
        """The encoder of the running chatbot."""
        return self.chatbot.pipeline.retriever.encoder

    def not_english(self, document: Document) -> str | None:
        """What the language check says against a document; remembered while it stays the same."""
        key = document.content_hash
        with self._lock:
            if key in self._checks:
                return self._checks[key]
        text = f"{document.question}\n{document.text}" if document.question else document.text
        finding = self.language_check(text)
        with self._lock:
            _remember(self._checks, key, finding, REMEMBERED_CHECKS)
        return finding

    def question_vectors(self, questions: Sequence[OpenQuestion]) -> FloatArray:
        """Unit vectors (n, dim); only those not seen before are encoded."""
        asked = [(question.question, question.language) for question in questions]
        with self._lock:
            missing = [key for key in dict.fromkeys(asked) if key not in self._vectors]
        texts, languages = [text for text, _ in missing], [language for _, language in missing]
        fresh = dict(zip(missing, self.encoder.encode_questions(texts, languages), strict=True)) if missing else {}
        with self._lock:
            known = {key: fresh[key] if key in fresh else self._vectors[key] for key in asked}
            for key, vector in fresh.items():
                _remember(self._vectors, key, vector, REMEMBERED_VECTORS)
        rows = [known[key] for key in asked]
        return np.stack(rows) if rows else np.zeros((0, self.encoder.dim), dtype=np.float32)


class WaitingUploads:
    """Parsed uploads between preview and decision, each under a random name."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: OrderedDict[str, Staged] = OrderedDict()

    def put(self, staged: Staged) -> str:
        """Keep an upload; returns its name."""
        token = secrets.token_urlsafe(16)
        with self._lock:
            _remember(self._waiting, token, staged, MAX_WAITING_UPLOADS)
        return token

    def get(self, token: str) -> Staged | None:
        """The upload of that name, if it still waits."""
        with self._lock:
            return self._waiting.get(token)

    def take(self, token: str) -> Staged | None:
        """The upload, which waits no longer."""
        with self._lock:
            return self._waiting.pop(token, None)


def _remember(cache: "OrderedDict[_Key, _Value]", key: _Key, value: _Value, size: int) -> None:
    cache[key] = value
    while len(cache) > size:
        cache.popitem(last=False)

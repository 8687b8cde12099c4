"""The one place that turns `Settings` into objects."""

import logging
from pathlib import Path

from chatbot.calibration import Calibration
from chatbot.chatbot import Chatbot
from chatbot.hand_over import parse_contact
from chatbot.language import refuse_if_not_english
from chatbot.model_choice import (
    PACKAGED_ENCODER,
    PACKAGED_READER,
    ROOT,
    load_dictionary,
    load_encoder,
    load_reader,
    load_reranker,
)
from chatbot.pipeline import QAPipeline
from chatbot.question_keeping import QuestionKeeper
from chatbot.reader import Reader
from chatbot.settings import DEFAULT_KNOWLEDGE_BASE, Settings
from knowledge_base.ingest import IngestReport, Progress, ingest
from knowledge_base.publishing import VectorMaker
from knowledge_base.questions import QuestionLog
from knowledge_base.store import KnowledgeBase
from retrieval.encoder import Encoder
from retrieval.indexer import index
from retrieval.retriever import Retriever

__all__ = ["PACKAGED_ENCODER", "PACKAGED_READER", "load_reranker"]  # for those who assemble less than a chatbot

CALIBRATION_FILE = ROOT / "chatbot" / "weights" / "calibration.json"
SAMPLE_ARTICLES = ROOT / "knowledge_base" / "articles"

logger = logging.getLogger(__name__)


class NoKnowledgeBase(Exception):
    """The knowledge base that was named does not exist."""


def build_encoder(settings: Settings) -> Encoder:
    """The encoder that the settings name."""
    return load_encoder(settings)


def build_reader(settings: Settings) -> Reader:
    """The reader that the settings name."""
    return load_reader(settings)


def calibration_file(settings: Settings) -> Path:
    """The calibration in use: the one that the settings name, else the packaged one."""
    return settings.calibration or CALIBRATION_FILE


def load_calibration(settings: Settings, encoder: Encoder, reader: Reader) -> Calibration:
    """The calibration in use; where the packaged one belongs to other checkpoints a plain default with a warning.

    Raises CalibrationError when one was named that cannot be used with these checkpoints.
    """
    load = Calibration.load if settings.calibration else Calibration.load_or_default
    return load(calibration_file(settings), encoder.fingerprint, reader.fingerprint)


def open_knowledge_base(settings: Settings, encoder: Encoder, on_progress: Progress | None = None) -> KnowledgeBase:
    """The knowledge base, with every passage encoded; the default one is made from the sample help centre.

    Raises NoKnowledgeBase when a file was named that is not there.
    """
    if not settings.kb.exists():
        if settings.kb != DEFAULT_KNOWLEDGE_BASE:
            raise NoKnowledgeBase(
                f"There is no knowledge base at {settings.kb}. "
                f"Make one with: python main.py ingest DOCUMENTS --kb {settings.kb}"
            )
        logger.info("Making %s from the sample help centre.", settings.kb)
        knowledge_base = KnowledgeBase(settings.kb)
        add_documents([SAMPLE_ARTICLES], knowledge_base, on_progress=on_progress)
    else:
        knowledge_base = KnowledgeBase(settings.kb)
    encode_new_passages(knowledge_base, encoder, on_progress)
    return knowledge_base


def sample_documents(knowledge_base: KnowledgeBase) -> int:
    """How many documents of the sample help centre it holds."""
    files = [Path(info.file) for info in knowledge_base.documents() if info.file]
    return sum(file.is_relative_to(SAMPLE_ARTICLES) for file in files)


def encode_new_passages(knowledge_base: KnowledgeBase, encoder: Encoder, on_progress: Progress | None = None) -> int:
    """Encode what has no vectors of this encoder yet; returns how many passages that were."""
    report = on_progress or (lambda done, total, name: None)
    return index(knowledge_base, encoder, on_progress=lambda done, total: report(done, total, "encoding"))


def add_documents(
    paths: list[Path],
    knowledge_base: KnowledgeBase,
    *,
    prune: bool = False,
    any_language: bool = False,
    encoder: Encoder | None = None,
    on_progress: Progress | None = None,
) -> IngestReport:
    """Ingest with the English-only check. `encoder`: encodes changed documents before they replace what is there."""
    return ingest(
        paths,
        knowledge_base,
        prune=prune,
        language_check=None if any_language else refuse_if_not_english,
        vectors=VectorMaker(encoder.fingerprint, encoder.encode_passages) if encoder else None,
        on_progress=on_progress,
    )


def build_pipeline(settings: Settings, knowledge_base: KnowledgeBase, encoder: Encoder) -> QAPipeline:
    """Retriever, reranker if one is set, reader and calibration over an open knowledge base."""
    reader = build_reader(settings)
    retriever = Retriever(knowledge_base, encoder, load_reranker(settings), load_dictionary())
    return QAPipeline(retriever, reader, load_calibration(settings, encoder, reader), top_k=settings.top_k)


def build_chatbot(settings: Settings, on_progress: Progress | None = None, *, keep_questions: bool = False) -> Chatbot:
    """Everything a page or a command needs to answer. `keep_questions`: as far as the settings allow it.

    Raises BadContact, CalibrationError.
    """
    contact = parse_contact(settings.contact)  # first: it costs nothing, and loading takes seconds
    encoder = build_encoder(settings)
    knowledge_base = open_knowledge_base(settings, encoder, on_progress)
    pipeline = build_pipeline(settings, knowledge_base, encoder)
    keeper = None
    if keep_questions and settings.log_questions:
        keeper = QuestionKeeper(QuestionLog(knowledge_base), settings.keep_questions_days)
    return Chatbot(pipeline, knowledge_base, threshold=settings.threshold, question_keeper=keeper, contact=contact)

"""Question set + models -> a collection that can be measured: the set's own passages, or the user's knowledge base."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from chatbot import assemble
from chatbot.calibration import Calibration
from chatbot.evaluation.measure import Collection, Measurer
from chatbot.evaluation.question_files import load_question_files
from chatbot.evaluation.question_sets import QuestionSet, hash_documents, require_english
from chatbot.evaluation.xquad import is_xquad_folder, load_xquad
from chatbot.language import detect_language, refuse_if_not_english
from chatbot.model_choice import load_dictionary
from chatbot.pipeline import QAPipeline
from chatbot.reader import Reader
from chatbot.settings import Settings
from knowledge_base.documents import Document, Passage
from knowledge_base.store import KnowledgeBase
from retrieval.encoder import Encoder
from retrieval.indexer import index
from retrieval.reranker import Reranker
from retrieval.retriever import Retriever

Progress = Callable[[int, int, str], None]

REMEMBERED_LANGUAGES = 20_000
"""Questions whose language is remembered: ranking and reading both ask for it."""


@dataclass(frozen=True, slots=True)
class Models:
    """The checkpoints under test and the calibration in use."""

    encoder: Encoder
    reader: Reader
    calibration: Calibration
    reranker: Reranker | None = None

    @classmethod
    def load(cls, settings: Settings) -> "Models":
        """What the settings name, as the running program would load it."""
        models = cls.uncalibrated(settings)
        return replace(models, calibration=assemble.load_calibration(settings, models.encoder, models.reader))

    @classmethod
    def uncalibrated(cls, settings: Settings) -> "Models":
        """The same for those who are about to fit a calibration: whichever is stored is not looked at."""
        encoder, reader = assemble.build_encoder(settings), assemble.build_reader(settings)
        return cls(encoder, reader, Calibration.default(), assemble.load_reranker(settings))


@contextmanager
def open_set(
    path: Path, settings: Settings, models: Models, on_progress: Progress | None = None
) -> Iterator[tuple[QuestionSet, Measurer]]:
    """The question set of a folder or file, and what measures it. Raises QuestionSetError."""
    if is_xquad_folder(path):
        questions = load_xquad(path)
        questions = _with_language_check(questions, questions.documents)
        with open_documents(questions.documents, settings, models, on_progress) as measurer:
            yield questions, measurer
        return
    load_question_files(path, _any_text)  # a wrong path or a broken file is told before models and passages are touched
    knowledge_base = assemble.open_knowledge_base(settings, models.encoder, on_progress)
    try:
        documents = _documents(knowledge_base)
        questions = load_question_files(path, _texts(knowledge_base), hash_documents(documents))
        questions = _with_language_check(questions, documents)
        yield questions, _measurer(knowledge_base, settings, models)
    finally:
        knowledge_base.close()


@contextmanager
def open_documents(
    documents: Sequence[Document], settings: Settings, models: Models, on_progress: Progress | None = None
) -> Iterator[Measurer]:
    """A passing knowledge base in which every document is one passage, as the benchmark gives it."""
    with TemporaryDirectory(prefix="anytongue-evaluate-") as folder:
        knowledge_base = KnowledgeBase(Path(folder) / "passages.db")
        try:
            for document in documents:
                passage = Passage(0, document.id, document.title, (), 0, len(document.text), document.text)
                knowledge_base.add_document(document, [passage], source_hash=document.content_hash)
            index(knowledge_base, models.encoder, on_progress=_without_name(on_progress))
            yield _measurer(knowledge_base, settings, models)
        finally:
            knowledge_base.close()


def _with_language_check(questions: QuestionSet, documents: Sequence[Document]) -> QuestionSet:
    """The set with the passages among its problems that are not English. Raises PassagesNotEnglish."""
    return replace(questions, problems=questions.problems + require_english(documents, refuse_if_not_english))


def _measurer(knowledge_base: KnowledgeBase, settings: Settings, models: Models) -> Measurer:
    retriever = Retriever(knowledge_base, models.encoder, models.reranker, load_dictionary())
    pipeline = QAPipeline(retriever, models.reader, models.calibration, top_k=settings.top_k)
    return Measurer(pipeline, Collection.of(knowledge_base), _detect, settings.top_k)


def _without_name(on_progress: Progress | None) -> Callable[[int, int], None] | None:
    return (lambda done, total: on_progress(done, total, "")) if on_progress else None


@lru_cache(maxsize=REMEMBERED_LANGUAGES)
def _detect(question: str) -> str | None:
    return detect_language(question).code


def _texts(knowledge_base: KnowledgeBase) -> Callable[[str], str | None]:
    def text_of(document_id: str) -> str | None:
        document = knowledge_base.document(document_id)
        return document.text if document else None

    return text_of


def _any_text(_document_id: str) -> str | None:
    return None


def _documents(knowledge_base: KnowledgeBase) -> list[Document]:
    found = (knowledge_base.document(info.id) for info in knowledge_base.documents())
    return [document for document in found if document]

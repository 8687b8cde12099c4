"""A fixed sample of the help centre's questions, small enough to measure the packaged models in every test run."""

import hashlib
import json
from pathlib import Path

import numpy as np

from chatbot.evaluation.metrics import f1
from chatbot.reader import Reader
from knowledge_base.chunking import cut_passages
from knowledge_base.documents import Passage
from knowledge_base.loaders import load_documents
from retrieval.dictionary import Dictionary
from retrieval.encoder import Encoder
from retrieval.transformer import load_encoder_network, load_reader_network

ROOT = Path(__file__).resolve().parent.parent
ENCODER = ROOT / "retrieval" / "weights" / "packaged"
READER = ROOT / "chatbot" / "weights" / "packaged"
ARTICLES = ROOT / "knowledge_base" / "articles"
QUESTIONS = ROOT / "tests" / "data" / "questions"
RECORDED = ROOT / "tests" / "data" / "packaged_scores.json"
PER_LANGUAGE = 2
"""Answerable questions of each language, evenly spread over its file."""


def weight_hashes() -> dict[str, str]:
    """SHA-256 of every file that makes up the packaged models."""
    found = [path for folder in (ENCODER, READER) for path in sorted(folder.rglob("*"))]
    files = [path for path in found if path.is_file() and path.suffix != ".md"]
    return {path.relative_to(ROOT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def measure_sample() -> dict[str, float]:
    """Percent: recall@1 of the article, F1 over the passages that hold an answer."""
    questions = _questions()
    passages = [p for document in dict.fromkeys(q["document"] for q in questions) for p in _passages(document)]
    dictionary = Dictionary(ENCODER / "dictionary")
    encoder = Encoder(load_encoder_network(ENCODER), dictionary=dictionary)
    reader = Reader(load_reader_network(READER), dictionary=dictionary)
    vectors = encoder.encode_passages([passage.indexed_text for passage in passages])
    scores: dict[str, list[float]] = {}
    for question in questions:
        best = int((vectors @ encoder.encode_questions([question["question"]], [question["language"]])[0]).argmax())
        scores.setdefault("recall@1", []).append(float(passages[best].document == question["document"]))
        gold = [p for p in passages if p.document == question["document"] and _holds(p, question["answers"])]
        spans = reader.read(reader.wording(question["question"], question["language"]), gold)
        scores.setdefault("reading f1", []).append(f1(spans[0].text, question["answers"]) if spans else 0.0)
    return {name: round(100 * float(np.mean(values)), 1) for name, values in scores.items()}


def _questions() -> list[dict]:
    chosen = []
    for path in sorted(QUESTIONS.glob("*.shop.jsonl")):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        answerable = [row for row in rows if row["document"]]
        count = PER_LANGUAGE * (4 if path.name.startswith("en.") else 1)
        chosen += [answerable[len(answerable) * n // count] for n in range(count)]
    return chosen


def _holds(passage: Passage, answers: list[str]) -> bool:
    return any(answer in passage.text for answer in answers)


def _passages(document_id: str) -> list[Passage]:
    found = {document.id: document for document in load_documents(ARTICLES / document_id, ARTICLES)}
    return cut_passages(found[document_id])

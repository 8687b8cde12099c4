"""Other extractive readers beside ours: the same weights, the same passages, the same run.

Run: python tests/benchmarks/peers.py --xquad DIR --questions tests/data/questions --english-qa FILE
     [--languages en de] [--limit N] [--out FILE.json]

The packaged reader is exported as a plain Hugging Face folder, which every reader loads. Peers are optional:
  Haystack   pip install haystack-ai transformers-haystack     its TransformersExtractiveReader, default settings
  txtai      pip install txtai                                  its Questions pipeline, default settings
  baseline   (transformers only)                                most likely start and end, each for itself, one window
Every reader is asked one question with one passage at a time and decides itself when to stay silent. One question in
three gets a passage of the same article that does not hold its answer. Ours reads a question beside its gloss, as in
use; "no gloss" is the same without, so that decoding alone is compared.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from chatbot.assemble import PACKAGED_READER, SAMPLE_ARTICLES  # noqa: E402  # the repository is not installed, so its path comes first
from chatbot.evaluation import metrics  # noqa: E402
from chatbot.evaluation.english_qa import load_english_qa  # noqa: E402
from chatbot.evaluation.provenance import provenance  # noqa: E402
from chatbot.evaluation.question_files import load_question_files  # noqa: E402
from chatbot.evaluation.question_sets import Question, QuestionSet, evenly_spread  # noqa: E402
from chatbot.evaluation.xquad import load_xquad  # noqa: E402
from chatbot.model_choice import load_dictionary  # noqa: E402
from knowledge_base.chunking import cut_passages  # noqa: E402
from knowledge_base.documents import Passage  # noqa: E402
from knowledge_base.loaders import load_documents  # noqa: E402
from retrieval.dictionary import Dictionary  # noqa: E402
from retrieval.export import export  # noqa: E402


@dataclass(frozen=True)
class Pair:
    """One question over one passage; no golds = the passage does not answer."""

    question: str
    language: str
    passage: str
    golds: tuple[str, ...]


@dataclass(frozen=True)
class Said:
    """What a reader says: its answer or silence, and the best span it would give if it had to."""

    answer: str | None
    forced: str | None


Ask = Callable[[Pair], Said]


def main() -> None:
    options = _options()
    sets = _sets(options)
    if not sets:
        sys.exit("Name what to read: --xquad DIR, --questions DIR, --english-qa FILE.")
    record: dict[str, object] = {**provenance(), "load_before": os.getloadavg(), "missing": {}, "sets": {}}
    with tempfile.TemporaryDirectory(prefix="anytongue-peers-") as folder:
        model = Path(folder) / "reader"
        export(PACKAGED_READER, model)
        readers: dict[str, Ask] = {}
        for name, make in READERS.items():
            try:
                readers[name] = make(model)
            except ImportError as error:
                record["missing"][name] = str(error)  # type: ignore[index]
                sys.stderr.write(f"{name} is left out: {error}\n")
        for title, pairs in sets.items():
            record["sets"][title] = {name: measure(name, ask, pairs) for name, ask in readers.items()}  # type: ignore[index]
    record["load_after"] = os.getloadavg()  # more than one: other programs ran too, and the times are too long
    record["mean"] = mean_of_sets(record["sets"])  # type: ignore[arg-type]
    text = json.dumps(record, indent=1, ensure_ascii=False)
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(table(record["sets"]) + "\n")  # type: ignore[arg-type]


def measure(name: str, ask: Ask, pairs: Sequence[Pair]) -> dict[str, float | int | str]:
    """Scores 0..100 and milliseconds a question."""
    with suppress(Exception):  # it is counted when its turn comes
        ask(pairs[0])  # not timed: the first call pays for lazy loading
    said: list[Said] = []
    failures = 0
    started = time.perf_counter()
    for pair in tqdm(pairs, desc=name, file=sys.stderr, leave=False):
        try:
            said.append(ask(pair))
        except Exception as error:  # a peer that crashes on an input has no answer to it
            failures += 1
            said.append(Said(None, None))
            sys.stderr.write(f"{name}: {type(error).__name__}: {error}\n")
    spent = time.perf_counter() - started
    answerable = [(s, p) for s, p in zip(said, pairs, strict=True) if p.golds]
    return {
        "questions": len(pairs),
        "failures": failures,
        "em": _mean([metrics.exact_match(s.forced, p.golds) for s, p in answerable]),
        "f1": _mean([metrics.f1(s.forced, p.golds) for s, p in answerable]),
        "f1_with_silence": _mean([metrics.f1(s.answer, p.golds) for s, p in zip(said, pairs, strict=True)]),
        "no_answer_f1": _no_answer_f1(said, pairs),
        "ms_a_question": round(1000 * spent / len(pairs), 1),
    }


def mean_of_sets(sets: Mapping[str, Mapping[str, Mapping[str, float]]]) -> dict[str, dict[str, float]]:
    """Reader -> unweighted mean of every score over the sets."""
    readers = next(iter(sets.values()))
    return {
        reader: {
            score: round(sum(each[reader][score] for each in sets.values()) / len(sets), 2)
            for score in ("em", "f1", "f1_with_silence", "no_answer_f1", "ms_a_question")
        }
        for reader in readers
    }


def _no_answer_f1(said: Sequence[Said], pairs: Sequence[Pair]) -> float:
    """F1 of silence as the detection of "this passage does not answer"."""
    silent = [s.answer is None for s in said]
    right = sum(quiet and not p.golds for quiet, p in zip(silent, pairs, strict=True))
    wanted = sum(not p.golds for p in pairs)
    return round(100 * 2 * right / max(1, sum(silent) + wanted), 2)


def ours(model: Path, dictionary: Dictionary | None = None) -> Ask:
    """The project's reader; silent when "no answer" scores above every span."""
    from chatbot.reader import Reader
    from retrieval.transformer import load_reader_network

    reader = Reader(load_reader_network(model, "none"), dictionary=dictionary)

    def ask(pair: Pair) -> Said:
        text = pair.passage
        question = reader.wording(pair.question, pair.language)
        spans = reader.read(question, [Passage(0, text[:40], "", (), 0, len(text), text)])
        best = spans[0] if spans else None
        return Said(best.text if best and best.margin > 0 else None, best.text if best else None)

    return ask


def ours_as_used(model: Path) -> Ask:
    """The same beside the packaged dictionary."""
    return ours(model, load_dictionary())


def haystack(model: Path) -> Ask:
    """Haystack's reader; its "no answer" is one of its answers, sorted by score among the others."""
    from haystack import Document  # type: ignore[import-not-found]
    from haystack_integrations.components.readers.transformers import (  # type: ignore[import-not-found]
        TransformersExtractiveReader,
    )

    reader = TransformersExtractiveReader(model=str(model), top_k=3)
    reader.warm_up()

    def ask(pair: Pair) -> Said:
        answers = reader.run(query=pair.question, documents=[Document(content=pair.passage)])["answers"]
        spans = [answer.data for answer in answers if answer.data]
        return Said(answers[0].data if answers else None, spans[0] if spans else None)

    return ask


def txtai(model: Path) -> Ask:
    """txtai's Questions pipeline; it cannot be made to answer."""
    from txtai.pipeline import Questions  # type: ignore[import-not-found]

    pipeline = Questions(str(model), gpu=False)

    def ask(pair: Pair) -> Said:
        answer = pipeline([pair.question], [pair.passage])[0] or None
        return Said(answer, answer)

    return ask


def baseline(model: Path) -> Ask:
    """The plainest reader: one truncated window, most likely start and most likely end, silent on the first token."""
    import torch
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model)
    network = AutoModelForQuestionAnswering.from_pretrained(model).eval()

    def ask(pair: Pair) -> Said:
        text = pair.passage
        tokens = tokenizer(
            pair.question, text, truncation="only_second", return_tensors="pt", return_offsets_mapping=True
        )
        offsets = tokens.pop("offset_mapping")[0].tolist()
        with torch.no_grad():
            scores = network(**tokens)
        start, end = int(scores.start_logits.argmax()), int(scores.end_logits.argmax())
        span = text[offsets[start][0] : offsets[end][1]] if 0 < start <= end else ""
        return Said(span or None, span or None)

    return ask


READERS: dict[str, Callable[[Path], Ask]] = {
    "anytongue": ours_as_used,
    "anytongue, no gloss": ours,
    "haystack": haystack,
    "txtai": txtai,
    "baseline": baseline,
}


def table(sets: dict[str, dict[str, dict[str, float]]]) -> str:
    """One Markdown line per set and reader."""
    columns = ("questions", "em", "f1", "f1_with_silence", "no_answer_f1", "ms_a_question", "failures")
    lines = ["| set | reader | " + " | ".join(columns) + " |", "|---|---|" + "---:|" * len(columns)]
    for title, readers in sets.items():
        for name, scores in readers.items():
            lines.append(f"| {title} | {name} | " + " | ".join(str(scores[column]) for column in columns) + " |")
    return "\n".join(lines)


def _sets(options: argparse.Namespace) -> dict[str, list[Pair]]:
    sets: dict[str, list[Pair]] = {}
    if options.english_qa:
        loaded = load_english_qa(options.english_qa, options.limit)
        contexts = {document.id: document.text for document in loaded.documents}
        own = _own_contexts(options.english_qa, options.limit)
        sets[options.english_qa.name] = [
            Pair(q.text, q.language, contexts[q.document] if q.document else own[q.id], q.answers)
            for q in loaded.questions
        ]
    if options.questions:
        files = sorted(SAMPLE_ARTICLES.rglob("*.md"))
        articles = {document.id: document for path in files for document in load_documents(path, SAMPLE_ARTICLES)}
        asked = load_question_files(options.questions, lambda name: articles[name].text if name in articles else None)
        passages = {name: [passage.text for passage in cut_passages(article)] for name, article in articles.items()}
        sets |= _by_language("help centre", asked, passages, options)
    if options.xquad:
        xquad = load_xquad(options.xquad)
        articles_of = defaultdict(list)
        for document in xquad.documents:
            articles_of[document.id.rpartition("/")[0]].append(document.text)
        gold_first = {
            document.id: [document.text, *articles_of[document.id.rpartition("/")[0]]] for document in xquad.documents
        }
        sets |= _by_language("xquad", xquad, gold_first, options)
    return sets


def _by_language(
    title: str, asked: QuestionSet, passages: Mapping[str, Sequence[str]], options: argparse.Namespace
) -> dict[str, list[Pair]]:
    """`title language` -> its answerable questions, every third over a passage of the same article without an answer.

    `passages`: document -> its own passage or passages, then others of the same article.
    """
    sets = {}
    for code in options.languages or asked.languages:
        questions = [q for q in asked.of(code) if q.document]
        pairs = [
            _pair(question, passages[question.document or ""], answered=number % 3 != 2)
            for number, question in enumerate(evenly_spread(questions, options.limit))
        ]
        sets[f"{title} {code}"] = [pair for pair in pairs if pair]
    return sets


def _pair(question: Question, passages: Sequence[str], answered: bool) -> Pair | None:
    """None where the article has no such passage."""
    holds = [text for text in passages if any(answer in text for answer in question.answers)]
    others = [text for text in passages if text not in holds]
    if answered:
        return Pair(question.text, question.language, holds[0], question.answers) if holds else None
    return Pair(question.text, question.language, others[0], ()) if others else None


def _own_contexts(path: Path, limit: int | None) -> dict[str, str]:
    """The passage of every question, also of those that it does not answer."""
    from chatbot.evaluation.english_qa import read_records

    return {f"{path.name}:{number}": record["context"] for number, record in evenly_spread(read_records(path), limit)}


def _mean(values: Sequence[float]) -> float:
    return round(100 * sum(values) / len(values), 2) if values else 0.0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--xquad", type=Path, metavar="DIR", help="XQuAD-format folder")
    parser.add_argument("--languages", nargs="+", metavar="CODE", help="of these (default: all)")
    parser.add_argument("--questions", type=Path, metavar="DIR", help="questions about the sample help centre")
    parser.add_argument("--english-qa", type=Path, metavar="FILE", help="English QA, also unanswerable")
    parser.add_argument("--limit", type=int, metavar="N", help="questions of each set (default: all)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write JSON here")
    return parser.parse_args()


if __name__ == "__main__":
    main()

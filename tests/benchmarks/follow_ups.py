"""How well second questions are answered with and without the conversation, on the two-turn sample conversations.

    python tests/benchmarks/follow_ups.py [--out FILE.json] [--fit | --tuning]

Conversations with odd numbers are for tuning, those with even numbers for reporting; so are the sample questions,
which are asked after one another here to see whether a conversation bends ordinary questions: half of the pairs are
about one article, half about two. Questions without an answer, halved as their files say, are asked after an answered
one as well: their `answered` must not rise. Scores are 0..100. `--fit` fits the curve of `chatbot/follow_up.py`
instead; `--tuning` measures the tuning halves only, to compare variants with.
"""

import argparse
import json
import random
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np

from chatbot import assemble
from chatbot.answer import Answer, Citation
from chatbot.chatbot import Chatbot
from chatbot.conversation import Conversation, Turn
from chatbot.evaluation.metrics import f1, is_right
from chatbot.evaluation.provenance import file_hash, provenance
from chatbot.follow_up import PastTurn, Signs, signs
from chatbot.settings import Settings

DATA = Path(__file__).parents[1] / "data"
LANGUAGES = ("en", "de", "es", "ja", "ar", "tr")
ALL_LANGUAGES = tuple(sorted({path.name.split(".")[0] for path in (DATA / "questions").glob("*.jsonl")}))
PAIRS_PER_LANGUAGE = 10
"""Of ordinary questions when measuring: reading them all takes long."""
FITTED_PAIRS_PER_LANGUAGE = 16
SEED = 0
RIDGE = 0.5
"""Keeps the weights small: of the examples of a fit some thirty are follow-ups."""


@dataclass(frozen=True)
class Asked:
    """A question with its gold answers."""

    question: str
    document: str
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Pair:
    """Two questions, one after the other."""

    language: str
    kind: str
    number: int
    first: Asked
    second: Asked
    first_language: str = ""
    """Where it is another than that of the second."""


@dataclass(frozen=True)
class Outcome:
    """What came of the second question, once for each condition."""

    found: bool
    f1: float
    right: bool
    answered: bool
    follow_up: bool
    took_ms: float


def main() -> None:
    """Measure or fit, print, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="where the JSON goes")
    parser.add_argument("--fit", action="store_true", help="fit the curve on the tuning halves")
    parser.add_argument("--tuning", action="store_true", help="measure the tuning halves only")
    arguments = parser.parse_args()
    with TemporaryDirectory(prefix="anytongue-follow-ups-") as folder:
        settings = Settings(kb=Path(folder) / "kb.db")
        encoder = assemble.build_encoder(settings)
        knowledge_base = assemble.KnowledgeBase(settings.kb)
        assemble.add_documents([assemble.SAMPLE_ARTICLES], knowledge_base)
        assemble.index(knowledge_base, encoder)
        chatbot = Chatbot(assemble.build_pipeline(settings, knowledge_base, encoder), knowledge_base)
        report = fit(chatbot) if arguments.fit else measure(chatbot, tuning=arguments.tuning)
        knowledge_base.close()
    print(json.dumps(report, indent=1, ensure_ascii=False))  # noqa: T201
    if arguments.out:
        arguments.out.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def conversations() -> list[Pair]:
    """The written conversations."""
    return [
        Pair(entry["language"], entry["kind"], number_of(entry["id"]), asked(entry["first"]), asked(entry["second"]))
        for code in LANGUAGES
        for entry in read_lines(DATA / "follow_ups" / f"{code}.jsonl")
    ]


def ordinary(*, odd: bool, languages: Sequence[str], count: int) -> list[Pair]:
    """Sample questions after one another; each stands alone."""
    chance = random.Random(SEED)
    pairs = []
    for code in languages:
        entries = answerable(code)
        seconds = [entry for entry in entries if number_of(entry["id"]) % 2 == odd]
        for second in chance.sample(seconds, min(count, len(seconds))):
            same = [e for e in entries if e["document"] == second["document"] and e is not second]
            others = [e for e in entries if e["document"] != second["document"]]
            for kind, firsts in (("same_article", same), ("other_article", others)):
                if firsts:
                    first = asked(chance.choice(firsts))
                    pairs.append(Pair(code, kind, number_of(second["id"]), first, asked(second)))
    return pairs


def unanswerable(*, fit: bool) -> list[Pair]:
    """Questions without an answer, each after a sample question in its language, or in English."""
    chance = random.Random(SEED)
    pairs = []
    for path in sorted((DATA / "silence").glob("*.jsonl")):
        for entry in read_lines(path):
            language = entry["language"] if entry["language"] in ALL_LANGUAGES else "en"
            first = chance.choice(answerable(language))
            if (entry["half"] == "fit") == fit:
                second = Asked(entry["question"], "", ())
                number = number_of(entry["id"])
                pairs.append(Pair(entry["language"], entry["kind"], number, asked(first), second, language))
    return pairs


@cache
def answerable(language: str) -> list[dict[str, Any]]:
    """The sample questions of a language that have an answer."""
    paths = sorted((DATA / "questions").glob(f"{language}.*.jsonl"))
    return [entry for path in paths for entry in read_lines(path) if entry["document"]]


def measure(chatbot: Chatbot, *, tuning: bool) -> dict[str, Any]:
    """Scores without history, with the gold first answer, and with the first answer that was really given."""
    written = [pair for pair in conversations() if pair.number % 2 == tuning]
    plain = ordinary(odd=tuning, languages=LANGUAGES, count=PAIRS_PER_LANGUAGE)
    silent = unanswerable(fit=tuning)
    ask(chatbot, written[0], None)  # loads what is loaded on first use
    outcomes = {pair: three_ways(chatbot, pair) for pair in (*written, *plain, *silent)}
    return {
        **provenance(),
        "data": {
            str(path.relative_to(DATA)): file_hash(path)
            for folder in ("follow_ups", "questions", "silence")
            for path in sorted((DATA / folder).glob("*.jsonl"))
        },
        "encoder": chatbot.pipeline.retriever.encoder.fingerprint,
        "reader": chatbot.pipeline.reader.fingerprint,
        "half": "tuning" if tuning else "held out",
        "kinds": by_group(written, outcomes, lambda pair: pair.kind),
        "languages": by_group(written, outcomes, lambda pair: f"{pair.language} {pair.kind}"),
        "ordinary": by_group(plain, outcomes, lambda pair: pair.kind),
        "unanswerable": by_group(silent, outcomes, lambda pair: pair.kind),
    }


def three_ways(chatbot: Chatbot, pair: Pair) -> dict[str, Outcome]:
    """The second question under each condition."""
    first = chatbot.pipeline.answer(pair.first.question, language=pair.first_language or pair.language)
    talk = Conversation(turns=[Turn(pair.first.question, pair.language, "found", first)])
    return {
        "without_history": ask(chatbot, pair, None),
        "with_history": ask(chatbot, pair, gold_turn(chatbot, pair.first)),
        "with_history_as_it_goes": ask(chatbot, pair, talk.last_answered()),
    }


def ask(chatbot: Chatbot, pair: Pair, history: PastTurn | None) -> Outcome:
    """Ask the second question; the surest span counts, whether sure enough or not."""
    started = time.perf_counter()
    answer: Answer = chatbot.pipeline.answer(pair.second.question, language=pair.language, history=history)
    took_ms = (time.perf_counter() - started) * 1000
    quoted = answer.citation or answer.closest
    text = quoted.text if quoted else None
    found = bool(answer.passages) and answer.passages[0].passage.document == pair.second.document
    golds = pair.second.answers
    return Outcome(
        found, f1(text, golds), is_right(text, golds), bool(answer.citation), bool(answer.completed_by), took_ms
    )


def gold_turn(chatbot: Chatbot, first: Asked) -> PastTurn:
    """The first turn as if it had been answered with the gold words."""
    for passage in chatbot.knowledge_base.document_passages(first.document):
        for answer in first.answers:
            start = passage.text.find(answer)
            if start >= 0:
                return PastTurn((first.question,), (Citation(passage, start, start + len(answer)),))
    raise SystemExit(
        f"No passage of {first.document} holds one of {first.answers}: the data does not fit the articles."
    )


def by_group(pairs: Iterable[Pair], outcomes: dict[Pair, dict[str, Outcome]], name: Any) -> dict[str, Any]:
    """Group -> condition -> scores."""
    groups: dict[str, list[dict[str, Outcome]]] = defaultdict(list)
    for pair in pairs:
        groups[name(pair)].append(outcomes[pair])
    return {
        group: {"n": len(rows), **{condition: scores([row[condition] for row in rows]) for condition in rows[0]}}
        for group, rows in sorted(groups.items())
    }


def scores(rows: Sequence[Outcome]) -> dict[str, float]:
    """Means in percent, and the median time."""
    return {
        "recall@1": percent(row.found for row in rows),
        "f1": percent(row.f1 for row in rows),
        "right": percent(row.right for row in rows),
        "answered": percent(row.answered for row in rows),
        "taken_as_follow_up": percent(row.follow_up for row in rows),
        "ms_p50": round(statistics.median(row.took_ms for row in rows), 1),
    }


def percent(values: Iterable[float]) -> float:
    """Mean times 100."""
    return round(100 * statistics.mean(map(float, values)), 1)


def fit(chatbot: Chatbot) -> dict[str, Any]:
    """The weights of the curve, both classes counting the same."""
    plain = ordinary(odd=True, languages=ALL_LANGUAGES, count=FITTED_PAIRS_PER_LANGUAGE)
    pairs = [pair for pair in conversations() if pair.number % 2] + plain + unanswerable(fit=True)
    rows = [signs_of(chatbot, pair) for pair in pairs]
    features = np.array([[*row.values, 1.0] for row in rows])  # (n, 5)
    is_follow_up = np.array([pair.kind in ("ellipsis", "pronoun") for pair in pairs])
    balance = np.where(is_follow_up, (~is_follow_up).sum() / is_follow_up.sum(), 1.0)
    weights = logistic(features, is_follow_up, balance)
    logits = features @ weights
    return {
        "topic, width, emptiness, small talk, bias": [round(float(weight), 2) for weight in weights],
        "follow_ups_recognised": percent(logits[is_follow_up] > 0),
        "others_taken_as_follow_ups": percent(logits[~is_follow_up] > 0),
        "examples": sorted(
            [round(float(logit), 1), pair.kind, pair.language, pair.second.question, asdict(row)]
            for logit, pair, row in zip(logits, pairs, rows, strict=True)
            if (logit > -1) != (pair.kind in ("ellipsis", "pronoun")) or (logit > 1) != (logit > -1)
        ),
    }


def signs_of(chatbot: Chatbot, pair: Pair) -> Signs:
    """The signs of the second question after the first was answered rightly."""
    retriever, question = chatbot.pipeline.retriever, pair.second.question
    vector = retriever.encoder.encode_questions([question], [pair.language])[0]
    found = retriever.score(question, vector, pair.language)
    best = retriever.best(found, 1)[0].score
    topic = retriever.best_of_document(found, gold_turn(chatbot, pair.first).citation.passage.document)
    return signs(question, chatbot.pipeline.landmarks.likeness(vector), topic, best)


def logistic(features: Any, truth: Any, balance: Any) -> Any:
    """Newton's method; the features are standardised for the ridge and the weights given for raw ones."""
    means, spreads = features.mean(0), features.std(0)
    means[-1], spreads[-1] = 0.0, 1.0
    rows = (features - means) / spreads
    ridge = RIDGE * np.array([*[1.0] * (features.shape[1] - 1), 0.0])
    weights = np.zeros(rows.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-rows @ weights))
        hessian = rows.T @ (rows * (balance * p * (1 - p))[:, None]) + np.diag(ridge)
        weights += np.linalg.solve(hessian, rows.T @ (balance * (truth - p)) - ridge * weights)
    raw = weights / spreads
    raw[-1] = weights[-1] - (raw[:-1] * means[:-1]).sum()
    return raw


def asked(entry: dict[str, Any]) -> Asked:
    """A question from a JSON line."""
    return Asked(entry["question"], entry["document"], tuple(entry["answers"]))


def number_of(name: str) -> int:
    """The number at the end of an id."""
    return int(name.rsplit("-", 1)[1])


def read_lines(path: Path) -> list[dict[str, Any]]:
    """JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main()

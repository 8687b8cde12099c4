"""Questions a second with 1, 8 and 64 people asking at the same time, through the whole chatbot.

Run: python tests/benchmarks/simultaneous.py [--users 1 8 64] [--questions N] [--threads N] [--out FILE.json]

Each person asks a sample question, waits for the answer and asks the next. As on the page, only so many questions are
answered at once; the others queue, and their wait counts. Once with the batches of simultaneous questions joined, once
without. On a busy machine the processor time tells more than the clock.
"""

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from chatbot import assemble  # noqa: E402  # the repository is not installed, so its path comes first
from chatbot.chatbot import Chatbot  # noqa: E402
from chatbot.conversation import Conversation  # noqa: E402
from chatbot.evaluation.provenance import provenance  # noqa: E402
from chatbot.evaluation.question_sets import evenly_spread  # noqa: E402
from chatbot.settings import Settings  # noqa: E402
from knowledge_base.store import KnowledgeBase  # noqa: E402
from retrieval import transformer  # noqa: E402
from retrieval.quantization import current_device  # noqa: E402
from ui.asking import questions_at_once  # noqa: E402

QUESTIONS = ROOT / "tests" / "data" / "questions"
WARM_UP_QUESTIONS = 3
EVERYBODY = 64


def main() -> None:
    options = _options()
    if options.threads:
        import torch

        torch.set_num_threads(options.threads)
    device = current_device().kind
    record: dict[str, object] = {**provenance(), "device": device, "torch_threads": options.threads}
    record["load_average_1min_before"] = round(os.getloadavg()[0], 1)
    questions = evenly_spread(_sample_questions(), options.questions)
    with tempfile.TemporaryDirectory(prefix="anytongue-bench-") as folder:
        settings = replace(Settings.from_environment(), kb=Path(folder) / "bench.db")
        with KnowledgeBase(settings.kb) as knowledge_base:
            assemble.add_documents([assemble.SAMPLE_ARTICLES], knowledge_base)
        for joined in (False, True):
            transformer.JOINED_ON = frozenset({device}) if joined else frozenset()
            chatbot = assemble.build_chatbot(settings)
            for question in questions[:WARM_UP_QUESTIONS]:
                chatbot.reply(question, Conversation())
            limits = dict.fromkeys((questions_at_once(), EVERYBODY) if joined else (questions_at_once(),))
            record["joined" if joined else "not joined"] = [
                asking(chatbot, questions, users, limit)
                for users in options.users
                for limit in limits
                if limit <= users or limit == questions_at_once()
            ]
    record["load_average_1min_after"] = round(os.getloadavg()[0], 1)
    text = json.dumps(record, indent=1)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")


def asking(chatbot: Chatbot, questions: list[str], users: int, at_once: int) -> dict[str, object]:
    """`users` people, of whom `at_once` are answered at the same time."""
    turn = threading.Semaphore(at_once)
    answers: dict[str, str | None] = {}

    def ask(question: str) -> float:
        asked = time.perf_counter()
        with turn:
            reply = chatbot.reply(question, Conversation())
        answers[question] = reply.answer.text if reply.answer else None
        return (time.perf_counter() - asked) * 1000

    started, processor_started = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(users) as people:
        waited_ms = list(people.map(ask, questions))
    clock_s, processor_s = time.perf_counter() - started, time.process_time() - processor_started
    p50, p95 = np.percentile(waited_ms, [50, 95])
    return {
        "users": users,
        "answered_at_once": at_once,
        "questions": len(questions),
        "questions_per_s": round(len(questions) / clock_s, 2),
        "questions_per_processor_s": round(len(questions) / processor_s, 2),
        "p50_ms": round(float(p50)),
        "p95_ms": round(float(p95)),
        "answers_hash": hash_of(answers),
    }


def hash_of(answers: dict[str, str | None]) -> str:
    """The same for the same answers: joining must change none."""
    import hashlib

    return hashlib.sha256(json.dumps(sorted(answers.items())).encode()).hexdigest()[:12]


def _sample_questions() -> list[str]:
    lines = [line for path in sorted(QUESTIONS.glob("*.jsonl")) for line in path.read_text("utf-8").split("\n")]
    return [json.loads(line)["question"] for line in lines if line.strip()]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--users", type=int, nargs="+", default=[1, 8, 64], metavar="N", help="default: 1 8 64")
    parser.add_argument("--questions", type=int, default=192, metavar="N", help="how many are asked (default: 192)")
    parser.add_argument("--threads", type=int, metavar="N", help="processor threads of torch (default: its own choice)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write the JSON here")
    return parser.parse_args()


if __name__ == "__main__":
    main()

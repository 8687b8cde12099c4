"""How long each stage takes on this machine: answering, starting the page, ingesting.

Run: python tests/benchmarks/stages.py [--limit N] [--skip-page] [--out FILE.json]

Answering: every sample question (or N of them, evenly spread) through the whole chatbot, one at a time, as users do.
Ingestion: the sample articles into a new knowledge base, against what the encoder alone does with the same texts.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from chatbot import assemble  # noqa: E402  # the repository is not installed, so its path comes first
from chatbot.conversation import Conversation  # noqa: E402
from chatbot.evaluation.provenance import provenance  # noqa: E402
from chatbot.evaluation.question_sets import evenly_spread  # noqa: E402
from chatbot.settings import Settings  # noqa: E402
from knowledge_base.store import KnowledgeBase  # noqa: E402

QUESTIONS = ROOT / "tests" / "data" / "questions"
STAGES = ("detect", "encode", "search", "rerank", "read", "whole")
WARM_UP_QUESTIONS = 3
"""Not counted: the first questions pay for loading and for caches."""

PAGE_TIMEOUT_S = 120
POLL_S = 0.02


def main() -> None:
    options = _options()
    record: dict[str, object] = {**provenance()}
    with tempfile.TemporaryDirectory(prefix="anytongue-bench-") as folder:
        settings = Settings(kb=Path(folder) / "bench.db")
        record["ingestion"] = ingestion(settings)
        record["answering"] = answering(settings, options.limit)
        if not options.skip_page:
            record["page"] = page(settings)
    text = json.dumps(record, indent=1, ensure_ascii=False)
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")


def answering(settings: Settings, limit: int | None) -> dict[str, object]:
    """p50 and p95 of every stage, in milliseconds."""
    started = time.perf_counter()
    chatbot = assemble.build_chatbot(settings)
    load_s = time.perf_counter() - started
    questions = evenly_spread(_sample_questions(), limit)
    for question in questions[:WARM_UP_QUESTIONS]:
        chatbot.reply(question, Conversation())
    times: dict[str, list[float]] = {stage: [] for stage in STAGES}
    for question in questions:
        started = time.perf_counter()
        reply = chatbot.reply(question, Conversation())
        times["whole"].append((time.perf_counter() - started) * 1000)
        for stage, spent_ms in (reply.answer.timings_ms if reply.answer else {}).items():
            times[stage].append(spent_ms)
    return {
        "questions": len(questions),
        "load_models_s": round(load_s, 2),
        "stages_ms": {stage: _percentiles(spent) for stage, spent in times.items() if spent},
    }


def ingestion(settings: Settings) -> dict[str, object]:
    """Passages a second from files to vectors, and the encoder alone on the same texts."""
    encoder = assemble.build_encoder(settings)
    encoder.encode_passages(["warm up"])
    started = time.perf_counter()
    with KnowledgeBase(settings.kb) as knowledge_base:
        report = assemble.add_documents([assemble.SAMPLE_ARTICLES], knowledge_base)
        read_s = time.perf_counter() - started
        assemble.encode_new_passages(knowledge_base, encoder)
        whole_s = time.perf_counter() - started
        texts = [p.indexed_text for p in knowledge_base.passages(knowledge_base.passage_ids())]
    tokens = sum(len(row.ids) for row in encoder.network.tokenizer.tokenize(texts))
    started = time.perf_counter()
    encoder.encode_passages(texts)
    alone_s = time.perf_counter() - started
    return {
        "documents": report.added,
        "passages": len(texts),
        "tokens": tokens,
        "read_and_store_s": round(read_s, 2),
        "whole_s": round(whole_s, 2),
        "passages_per_s": round(len(texts) / whole_s, 1),
        "tokens_per_s": round(tokens / whole_s),
        "encoder_alone_tokens_per_s": round(tokens / alone_s),
        "share_of_encoder": round(alone_s / whole_s, 3),
    }


def page(settings: Settings) -> dict[str, object]:
    """Seconds from typing the command until the page answers, with the knowledge base already made."""
    port = _free_port()
    command = [sys.executable, str(ROOT / "main.py"), "serve", "--port", str(port), "--kb", str(settings.kb)]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    started = time.perf_counter()
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while time.perf_counter() - started < PAGE_TIMEOUT_S and server.poll() is None:
            if _answers(f"http://127.0.0.1:{port}/"):
                return {"ready_s": round(time.perf_counter() - started, 2)}
            time.sleep(POLL_S)
        return {"ready_s": None, "reason": f"not ready in {PAGE_TIMEOUT_S} s or ended with {server.poll()}"}
    finally:
        server.terminate()
        server.wait(timeout=30)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def _sample_questions() -> list[str]:
    lines = [line for path in sorted(QUESTIONS.glob("*.jsonl")) for line in path.read_text("utf-8").split("\n")]
    return [json.loads(line)["question"] for line in lines if line.strip()]


def _percentiles(spent: list[float]) -> dict[str, float]:
    p50, p95 = np.percentile(spent, [50, 95])
    return {"p50": round(float(p50), 2), "p95": round(float(p95), 2)}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--limit", type=int, metavar="N", help="at most so many questions (default: all)")
    parser.add_argument("--skip-page", action="store_true", help="do not start the page")
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write the JSON here")
    return parser.parse_args()


if __name__ == "__main__":
    main()

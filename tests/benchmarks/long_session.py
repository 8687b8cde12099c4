"""Ten thousand messages in one conversation: does the server get slower, does its memory grow?

Run: python tests/benchmarks/long_session.py [--messages N] [--packaged] [--note TEXT] [--out FILE.json]

The page's handler over a real chatbot on a real knowledge base, with every question kept. Small stand-ins for the two
networks by default, because what is looked for is what grows around them; `--packaged` takes the shipped ones.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import numpy as np  # noqa: E402  # the repository is not installed, so its path comes first
from desk_samples import make_chatbot  # noqa: E402
from test_long_session import forget_batches  # noqa: E402

from chatbot import assemble  # noqa: E402
from chatbot.chatbot import Chatbot  # noqa: E402
from chatbot.evaluation.provenance import provenance  # noqa: E402
from chatbot.question_keeping import QuestionKeeper  # noqa: E402
from chatbot.settings import Settings  # noqa: E402
from knowledge_base.questions import QuestionLog  # noqa: E402
from knowledge_base.store import KnowledgeBase  # noqa: E402
from ui import chat  # noqa: E402

RESULT = ROOT / "tests" / "benchmarks" / "results" / "long_session.json"
PARTS = 10
QUESTIONS = (
    "How long is the warranty of lamp {}?",
    "¿Cuánto tiempo tengo para devolver el producto {}?",
    "Was kostet der Versand von Paket {}?",
    "And for number {}?",
    "送料はいくらですか、{}番",
)


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="anytongue-long-") as folder:
        chatbot = _chatbot(Path(folder) / "long.db", options.packaged)
        parts = converse(chatbot, options.messages, options.packaged)
    record = {
        **provenance(),
        "note": options.note,
        "networks": "packaged" if options.packaged else "stand-ins",
        "messages": options.messages,
        "parts": parts,
    }
    options.out.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(parts, indent=1) + "\n")


def converse(chatbot: Chatbot, messages: int, packaged: bool) -> list[dict[str, object]]:
    """Tenth by tenth: processor milliseconds of a reply (median), which other programs do not lengthen, and memory."""
    session: chat.ChatSession | None = None
    parts: list[dict[str, object]] = []
    for part in range(PARTS):
        spent = []
        for number in range(part * messages // PARTS, (part + 1) * messages // PARTS):
            question = QUESTIONS[number % len(QUESTIONS)].format(number)
            started = time.process_time()
            session, _ = chat.ask(chatbot, {"message": question}, session)
            spent.append((time.process_time() - started) * 1000)
        if not packaged:
            forget_batches(chatbot)
        turns = len(session.conversation.turns) if session else 0
        parts.append({"median_cpu_ms": round(float(np.median(spent)), 2), "resident_mib": _resident(), "turns": turns})
    return parts


def _resident() -> float:
    """Mebibytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)


def _chatbot(kb: Path, packaged: bool) -> Chatbot:
    if packaged:
        settings = Settings(kb=kb)
        with KnowledgeBase(kb) as knowledge_base:
            assemble.add_documents([assemble.SAMPLE_ARTICLES], knowledge_base)
        return assemble.build_chatbot(settings, keep_questions=True)
    knowledge_base = KnowledgeBase(kb)
    return make_chatbot(knowledge_base, QuestionKeeper(QuestionLog(knowledge_base)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--messages", type=int, default=10_000, metavar="N", help="how many (default: 10000)")
    parser.add_argument("--packaged", action="store_true", help="with the packaged models")
    parser.add_argument("--note", default="", metavar="TEXT", help="what else this machine did meanwhile")
    parser.add_argument("--out", type=Path, default=RESULT, metavar="FILE", help=f"default: {RESULT.name}")
    return parser.parse_args()


if __name__ == "__main__":
    main()

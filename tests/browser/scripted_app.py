"""The real page over scripted answers, so that the browser tests need no models: run with a port, and with
"crowded" for a server that answers one question at a time and lets one more wait.

What is asked decides what happens: "slow" waits until somebody asks "release", "boom" breaks, "nothing" is not found,
"closest" is unsure, "follow" leans on the question before it, "quick" takes no time.
"""

import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from chatbot.answer import Answer, Citation
from chatbot.calibration import Calibration
from chatbot.chatbot import Chatbot
from chatbot.hand_over import Contact
from chatbot.question_keeping import QuestionKeeper
from knowledge_base.chunking import cut_passages
from knowledge_base.documents import Document, Heading
from knowledge_base.questions import QuestionLog
from knowledge_base.store import KnowledgeBase
from retrieval.retriever import RetrievedPassage
from ui import app

SLOW_LIMIT_S = 120
FILLER = "\n\n".join(f"Paragraph {n}. Nothing about the deadline stands here." for n in range(30))
TEXT = f"""{FILLER}

Deadline

You can return any product within 30 days of delivery. It must be unused.

{FILLER}

<script>window.attacked = "article"</script><img src=x onerror="window.attacked = 'article'">"""


class ScriptedPipeline:
    """Finds "30 days" in the one passage that there is, after a moment."""

    calibration = Calibration.default()

    def __init__(self, knowledge_base):
        self.passages = knowledge_base.passages(knowledge_base.passage_ids())
        self.held = []

    def answer(self, question, *, language=None, threshold=None, history=None):
        if "boom" in question:
            raise RuntimeError("a scripted failure")
        if "slow" in question:
            self.held.append(threading.Event())
            self.held[-1].wait(SLOW_LIMIT_S)
        if "release" in question:
            for event in self.held:
                event.set()
        if "quick" not in question:
            time.sleep(0.2)
        found = tuple(RetrievedPassage(passage, 1.0, 0.5, 0.0) for passage in self.passages)
        passage = next(p for p in self.passages if "30 days" in p.text)
        start = passage.text.index("30 days")
        citation = Citation(passage, start, start + len("30 days"))
        if "nothing" in question:
            return Answer(question, None, 0.01, found)
        if "closest" in question:
            return Answer(question, None, 0.45, found, closest=citation)
        earlier = history.questions if history and "follow" in question else ()
        return Answer(question, citation, 0.9, found, completed_by=earlier)


def documents():
    """An article with everything an attacker would try, and titles that ask in several languages."""
    start = TEXT.index("Deadline")
    yield Document(
        id='returns/"><img src=x onerror="window.attacked=1">.md',
        title="Return an item <img src=x onerror=\"window.attacked = 'title'\">",
        text=TEXT,
        kind="markdown",
        headings=(Heading(start, start + len("Deadline"), 2, "Deadline"),),
        translated_titles={"ar": "كيف أعيد منتجًا؟", "ja": "返品するには？"},
    )
    yield Document("other.md", "How do I cancel?", "Cancel in the app.", translated_titles={"es": "¿Cómo cancelo?"})


def main():
    knowledge_base = KnowledgeBase(Path(tempfile.mkdtemp()) / "scripted.db")
    for document in documents():
        knowledge_base.add_document(document, cut_passages(document))
    keeper = QuestionKeeper(QuestionLog(knowledge_base))
    contact = Contact("help@example.org")
    chatbot = Chatbot(ScriptedPipeline(knowledge_base), knowledge_base, question_keeper=keeper, contact=contact)
    if "crowded" in sys.argv:
        app.questions_at_once = lambda: 1
        app.QUEUE_LIMIT = 1
    app.launch(chatbot, host="127.0.0.1", port=int(sys.argv[1]))


if __name__ == "__main__":
    main()

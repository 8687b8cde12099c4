"""What a ZeroGPU Space does, over a stand-in for `spaces` and tiny networks; prints what happened as JSON.

Run by test_zero_gpu.py in a process of its own: forking one with the threads of a test run may hang.
"""

import json
import os
import sys
from pathlib import Path

import numpy as np
from tiny_checkpoints import save_packaged_pair

from chatbot.assemble import build_chatbot
from chatbot.conversation import Conversation
from chatbot.settings import Settings
from knowledge_base.chunking import cut_passages
from knowledge_base.documents import Document
from knowledge_base.questions import QuestionLog
from knowledge_base.store import KnowledgeBase
from retrieval.zero_gpu import prepare, start_lending

TEXT = "Return the lamp a b in 14 days . Refund the cost ."


def main(folder: Path) -> None:
    prepare()
    import spaces

    encoder, reader, *_ = save_packaged_pair(folder)
    with KnowledgeBase(folder / "kb.db") as knowledge_base:
        document = Document("returns.md", "Returns", TEXT)
        knowledge_base.add_document(document, cut_passages(document))
    chatbot = build_chatbot(Settings(kb=folder / "kb.db", models=f"{encoder},{reader}"), keep_questions=True)
    loaded = chatbot.pipeline.retriever.encoder
    before = loaded.encode_questions(["refund the lamp ?"])
    calls_before = len(spaces.calls)
    start_lending()
    after = loaded.encode_questions(["refund the lamp ?"])
    conversation = Conversation()
    reply = chatbot.reply("Can I return the lamp in 14 days ?", conversation)
    try:
        loaded.network.hidden(None)
        error = None
    except spaces.GpuError as raised:
        error = str(raised)
    record = {
        "calls_before_serving": calls_before,
        "calls": len(spaces.calls),
        "processes": sorted({call.process for call in spaces.calls}),
        "own_process": os.getpid(),
        "durations": sorted({call.duration for call in spaces.calls}),
        "same_vectors": bool(np.array_equal(before, after)),
        "answered": reply.answer is not None,
        "remembered_turns": len(conversation.turns),
        "logged": [entry.question for entry in QuestionLog(chatbot.knowledge_base).recent(10)],
        "in_the_fork": os.environ.get("IN_THE_FORK"),
        "error": error,
    }
    sys.stdout.write(json.dumps(record))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

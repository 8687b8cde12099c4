"""The real page with its desk over fakes, and a log of questions that nobody could answer: run with a port.

A second argument names the sites that may show the page in a frame.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from desk_samples import BATTERY, HASHED, SHIPPING, make_chatbot, unanswered

from chatbot.hand_over import Contact
from chatbot.question_keeping import QuestionKeeper
from knowledge_base.questions import QuestionLog
from knowledge_base.store import KnowledgeBase
from ui.app import launch
from ui.desk import DeskSettings
from ui.desk_routes import desk_routes

ATTACKS = (
    "<script>window.attacked = 1</script> password",
    '<img src=x onerror="window.attacked = 1"> password',
    'كلمة المرور "><svg onload=window.attacked=1>',
)


def main(port, embed_origins=""):
    knowledge_base = KnowledgeBase(Path("kb.db"))
    log = QuestionLog(knowledge_base)
    chatbot = make_chatbot(knowledge_base, QuestionKeeper(log))
    chatbot.contact = Contact("https://help.example.org/new?text={question}")
    for question, language in (*SHIPPING, *BATTERY):
        log.record(unanswered(question, language))
    for attack in ATTACKS:
        log.record(unanswered(attack, "ar" if attack.startswith("ك") else "en"))
    routes = desk_routes(chatbot, str(HASHED), DeskSettings(keeps_questions=True, keep_days=180))
    launch(chatbot, host="127.0.0.1", port=port, routes=routes, embed_origins=embed_origins)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])

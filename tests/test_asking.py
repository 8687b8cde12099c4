"""What programs are told of a question that is none; real questions are asked over HTTP and on the command line."""

import pytest
from desk_samples import make_chatbot

from knowledge_base.store import KnowledgeBase
from ui.asking import NotText, answer_record


@pytest.mark.parametrize(("question", "shown"), [(None, "null"), (5, "5"), (["a", "b"], r'\["a", "b"\]')])
def test_a_question_that_is_no_text_is_refused_with_what_came(question, shown, tmp_path):
    with (
        KnowledgeBase(tmp_path / "kb.db") as knowledge_base,
        pytest.raises(NotText, match=f"The question is {shown}; a text is needed."),
    ):
        answer_record(make_chatbot(knowledge_base), question)

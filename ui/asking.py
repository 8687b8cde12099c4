"""Questions from the command line or the API -> JSON objects of the shape that the README documents."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from chatbot.answer import Answer, Citation
from chatbot.chatbot import Chatbot, Reply
from chatbot.conversation import Conversation
from chatbot.language import LANGUAGES
from retrieval.quantization import current_device
from retrieval.zero_gpu import on_zero_gpu

AT_ONCE = 4
"""The reader needs a core for each; a few more overlap waiting and tokenising."""

AT_ONCE_ON_A_GPU = 64
"""It takes what gathers as one batch."""

MAX_SHOWN_CHARS = 50
"""Of what is no question: enough to recognise it."""

Record = dict[str, Any]
"""JSON object; see the README's section on `ask --json`."""


class NotText(Exception):
    """Something else where the question should be."""


class UnknownLanguage(Exception):
    """A language code that the bot does not speak."""


def questions_at_once() -> int:
    """How many questions are answered at the same time; more wait in the queue."""
    gathers = current_device().kind != "cpu" and not on_zero_gpu()
    return AT_ONCE_ON_A_GPU if gathers else AT_ONCE


def check_language(language: str | None) -> None:
    """Raises UnknownLanguage for a code that is not served."""
    if language is not None and language not in LANGUAGES:
        raise UnknownLanguage(f"Language {language!r} is not one of: {', '.join(LANGUAGES)}.")


def check_question(question: object) -> None:
    """Raises NotText for what JSON can hold besides text."""
    if not isinstance(question, str):
        found = json.dumps(question)[:MAX_SHOWN_CHARS]
        raise NotText(f"The question is {found}; a text is needed.")


def answer_record(chatbot: Chatbot, question: str, language: str | None = None) -> Record:
    """Ask in a conversation of its own. Raises NotText, and UnknownLanguage for a code that is not served."""
    return reply_record(question, ask_once(chatbot, question, language))


def ask_once(chatbot: Chatbot, question: str, language: str | None = None) -> Reply:
    """The same, not yet as JSON."""
    check_question(question)
    check_language(language)
    return chatbot.reply(question, Conversation(chosen_language=language))


def reply_record(question: str, reply: Reply) -> Record:
    """One reply as JSON."""
    answer = reply.answer
    return {
        "question": question,
        "language": reply.language,
        "answer": answer.text if answer else None,
        "confidence": round(answer.confidence, 4) if answer else 0.0,
        "citation": _citation(answer.citation) if answer and answer.citation else None,
        "passages": _passages(answer) if answer else [],
        "reply": reply.text,
        "timings_ms": {stage: round(ms, 2) for stage, ms in answer.timings_ms.items()} if answer else {},
    }


def batch_records(chatbot: Chatbot, lines: Sequence[str], language: str | None = None) -> Iterator[Record]:
    """One object for every line, in order: a line that is no question gets an object that says so, a blank one none."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        identifier, question, problem = _parse(line, number)
        record = answer_record(chatbot, question, language)
        yield {"id": identifier, **record, **({"reply": problem} if problem else {})}


def question_text(record: Record) -> str:
    """One answer for a person at a terminal."""
    lines = [record["reply"]]
    citation = record["citation"]
    if citation:
        passage = citation["passage"]
        marked = f"{passage[: citation['start']]}[{record['answer']}]{passage[citation['end'] :]}"
        lines += [
            "",
            marked,
            "",
            f"-- {citation['title']} ({citation['document']}), confidence {record['confidence']:.2f}",
        ]
    return "\n".join(lines)


def _parse(line: str, number: int) -> tuple[Any, str, str | None]:
    try:
        entry = json.loads(line)
        json.dumps(entry, allow_nan=False)  # Python reads NaN and 1e999, which nobody else could read in our output
    except (ValueError, RecursionError) as error:
        return None, "", f"Line {number} is not JSON: {error}."
    if not isinstance(entry, dict):
        return None, "", f'Line {number} is not an object like {{"id": 1, "question": "..."}}.'
    question = entry.get("question")
    if not isinstance(question, str):
        return entry.get("id"), "", f'Line {number} has no text under "question".'
    return entry.get("id"), question, None


def _citation(citation: Citation) -> Record:
    passage = citation.passage
    return {
        "document": passage.document,
        "title": passage.title,
        "passage_id": passage.id,
        "start": citation.start,
        "end": citation.end,
        "passage": passage.text,
    }


def _passages(answer: Answer) -> list[Record]:
    return [
        {
            "document": found.passage.document,
            "passage_id": found.passage.id,
            "score": round(found.score, 4),
            "text": found.passage.text,
        }
        for found in answer.passages
    ]

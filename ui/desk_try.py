"""The desk's try-out: one question in all languages side by side. The same comparison as the `parity` command."""

import re
from dataclasses import dataclass

from chatbot.answer import Answer
from chatbot.language import LANGUAGES, LanguagePrior, detect_language
from chatbot.messages import clean, problem_of
from chatbot.parity import ParityQuestion, ParityReport, compare, read_questions
from ui.desk import Desk
from ui.desk_html import LANGUAGE_NAMES

MAX_TRIED = 60
"""Questions at once: some seconds. Whole files are for `python main.py parity`."""

PASTED = "pasted"
"""Id of questions without one: they count as wordings of the same question."""

_CODE = re.compile(r"^\s*([a-z]{2})\s*[:\t]\s*(?=\S)")


@dataclass(frozen=True, slots=True)
class TryOut:
    """What came of the pasted lines."""

    report: ParityReport
    problems: tuple[str, ...]


def parse_lines(text: str) -> tuple[list[ParityQuestion], list[str]]:
    """Lines of `de: Wie ...`, of JSON, or plain questions whose language is then recognised."""
    questions: list[ParityQuestion] = []
    problems: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("{"):
            found, wrong = read_questions([line])
            questions += found
            problems += [problem.replace("line 1", f"line {number}", 1) for problem in wrong]
        elif line.strip():
            questions.append(_plain(line))
            problems += _unknown_code(line, number, questions[-1])
    if len(questions) > MAX_TRIED:
        problems.append(f"only the first {MAX_TRIED} of {len(questions)} questions were asked; use the parity command")
    return questions[:MAX_TRIED], problems


def try_out(desk: Desk, text: str) -> TryOut:
    """Ask what was pasted and compare."""
    questions, problems = parse_lines(text)
    with desk.checking:
        return TryOut(compare(questions, lambda question, language: _ask(desk, question, language)), tuple(problems))


def _ask(desk: Desk, question: str, language: str | None) -> Answer:
    chatbot = desk.chatbot
    text = clean(question)
    if problem_of(text) or not desk.knowledge_base.passage_count():
        return Answer(question, None, 0.0, ())
    return chatbot.pipeline.answer(text, language=language, threshold=chatbot.threshold)


def _plain(line: str) -> ParityQuestion:
    match = _CODE.match(line)
    if match and match.group(1) in LANGUAGES:
        return ParityQuestion(PASTED, line[match.end() :].strip(), match.group(1))
    return ParityQuestion(PASTED, line.strip(), detect_language(line, LanguagePrior()).code)


def _unknown_code(line: str, number: int, question: ParityQuestion) -> list[str]:
    match = _CODE.match(line)
    if not match or match.group(1) in LANGUAGES:
        return []
    taken = LANGUAGE_NAMES.get(question.language or "", "of no known language")
    return [
        f"line {number}: {match.group(1)!r} is no language of the bot; the line was asked as a whole and taken for "
        f"{taken}. Begin it with one of: {', '.join(LANGUAGES)}"
    ]

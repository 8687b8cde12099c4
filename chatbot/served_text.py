"""Text and letters of the served languages, as far as the program itself has them: what a vocabulary is counted on."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from chatbot.language_words import WORD_FOLDER, load_word_table
from chatbot.phrases import available_languages, phrases
from chatbot.scripts import SCRIPTS
from knowledge_base.question_reports import QuestionReports
from knowledge_base.store import KnowledgeBase


class UnknownLanguage(Exception):
    """A language was named that is not served."""


def check_languages(codes: Sequence[str]) -> None:
    """Refuse a language of which neither text nor letters are known here."""
    unknown = [code for code in codes if code not in available_languages()]
    if unknown or not codes:
        raise UnknownLanguage(
            f"There is no text of {', '.join(unknown) or 'no language'}: "
            f"choose from {', '.join(available_languages())}."
        )


def letters_of(codes: Iterable[str]) -> Callable[[str], bool]:
    """Whether a character belongs to a script in which one of the languages is written."""
    written = " ".join(text for code in codes for text in phrases(code).texts.values())
    ranges = "".join(letters for letters in SCRIPTS.values() if re.search(f"[{letters}]", written))
    pattern = re.compile(f"[{ranges}]")
    return lambda character: pattern.match(character) is not None


def own_text(codes: Sequence[str]) -> Iterator[str]:
    """What the bot says in each language, small talk included, and the language's common words, in both cases."""
    for code in codes:
        said = phrases(code)
        yield from said.texts.values()
        yield from said.small_talk
    for path in sorted(WORD_FOLDER.glob("*.tsv")):
        table = load_word_table(path.stem)
        words = list(table.rows)
        for code in set(codes) & set(table.languages):
            frequencies = table.log_frequencies[:, table.languages.index(code)]  # (words,)
            for row in (frequencies > frequencies.min()).nonzero()[0]:  # the lowest = not in this language
                yield words[row]
                yield words[row].capitalize()


def knowledge_base_text(path: Path) -> Iterator[str]:
    """The passages of a knowledge base and the questions that people asked of it."""
    with KnowledgeBase(path, read_only=True) as knowledge_base:
        for passage in knowledge_base.passages(knowledge_base.passage_ids()):
            yield passage.indexed_text
        for asked in QuestionReports(knowledge_base).questions():
            yield asked.question

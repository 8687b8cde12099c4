"""What the commands about checkpoints do: trimming one, and clearing what is kept of them."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from chatbot.settings import Settings
from ui.output import print_json
from ui.progress import progress_bar

EXIT_DONE = 0
PROOF_LINES = 500
"""Without questions of the user's own, so many counted lines, evenly spread, prove that nothing moved."""
MEGABYTE = 1_000_000


class ModelCommandError(Exception):
    """What was typed cannot be done."""


def trim(options: argparse.Namespace, settings: Settings) -> int:
    """Cut a checkpoint's vocabulary to the served languages."""
    from chatbot.evaluation.question_sets import evenly_spread
    from chatbot.served_text import check_languages, letters_of
    from retrieval.trimming import trim as cut

    languages = [code.strip() for code in options.languages.split(",") if code.strip()]
    check_languages(languages)
    texts = list(_texts(options, settings, languages))
    questions = list(question_lines(options.questions)) if options.questions else evenly_spread(texts, PROOF_LINES)
    if not questions:
        raise ModelCommandError(f"{options.questions} holds no question: give one a line.")
    letters = letters_of([*languages, "en"])
    with progress_bar("Trimming") as on_progress:
        done = cut(options.model, options.out, texts, letters, questions, on_progress)
    proof, size = done.proof, done.size
    if options.json:
        record = {
            "out": str(options.out),
            "languages": languages,
            "texts": done.texts,
            "pieces": {"before": size.pieces[0], "after": size.pieces[1]},
            "bytes": {"before": size.file_bytes[0], "after": size.file_bytes[1]},
            "questions": {"asked": proof.questions, "same_tokens": proof.same_tokens, "same_output": proof.same_tokens},
        }
        print_json(record)
        return EXIT_DONE
    before, after = (size_bytes / MEGABYTE for size_bytes in size.file_bytes)
    print(f"vocabulary  {size.pieces[0]:,} pieces before, {size.pieces[1]:,} after, counted on {done.texts:,} texts")
    print(f"weights     {before:,.1f} MB before, {after:,.1f} MB after")
    print(
        f"proof       {proof.same_tokens} of {proof.questions} questions "
        f"({100 * proof.same_tokens / proof.questions:.1f} %) are cut into the same pieces; "
        "the output for each of them is the same, number for number"
    )
    print(f"The trimmed checkpoint lies in {options.out}.")
    return EXIT_DONE


def clear_copies() -> int:
    """Delete the quantized copies of checkpoints."""
    from retrieval.quantized_copies import copies_folder, delete_copies

    gone = delete_copies()
    size = sum(copy.size for copy in gone) / MEGABYTE
    count = "1 quantized copy" if len(gone) == 1 else f"{len(gone)} quantized copies"
    print(f"{count} deleted, {size:,.0f} MB." if gone else f"There are no quantized copies in {copies_folder()}.")
    return EXIT_DONE


def question_lines(path: Path) -> Iterator[str]:
    """The questions of a file: one a line, or JSON Lines with "question"."""
    for line in text_lines([path]):
        try:
            record = json.loads(line)
        except ValueError:
            record = None
        yield str(record["question"]) if isinstance(record, dict) and "question" in record else line


def text_lines(paths: Sequence[Path]) -> Iterator[str]:
    """The lines of UTF-8 files that hold something."""
    for path in paths:
        if not path.is_file():
            raise ModelCommandError(f"There is no file {path}.")
        with path.open(encoding="utf-8-sig", errors="replace") as stream:
            yield from (line.strip() for line in stream if line.strip())


def _texts(options: argparse.Namespace, settings: Settings, languages: Sequence[str]) -> Iterator[str]:
    from chatbot.assemble import SAMPLE_ARTICLES
    from chatbot.served_text import knowledge_base_text, own_text

    given = text_lines(options.text or [])
    own = own_text([*languages, "en"])
    if settings.kb.exists():
        return chain(given, own, knowledge_base_text(settings.kb))
    print(f"There is no knowledge base at {settings.kb}: the sample articles are counted.", file=sys.stderr)
    return chain(given, own, text_lines(sorted(SAMPLE_ARTICLES.rglob("*.md"))))

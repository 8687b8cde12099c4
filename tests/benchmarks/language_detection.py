"""How often the language of a short question is right, and how long that takes, beside bare seeded langdetect.

    python tests/benchmarks/language_detection.py DATA_FOLDER [--parallel] [--out FILE.json]

DATA_FOLDER holds `eval/mkqa_questions.tsv` and `eval/xquad/xquad.<language>.json`; with `--parallel` also
`parallel/<language>.*.tsv.gz`, of which only the lines that the word tables never counted are used, for all languages
and once more without accents. Nothing is known before a question is read, and the best guess counts, sure or not.
"""

import argparse
import csv
import hashlib
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from chatbot.language import LANGUAGES, detect_language
from chatbot.language_words import find_words, plain
from chatbot.training.language_words import read_texts

Questions = Mapping[str, Sequence[str]]
SEED = 0
LINES_PER_LANGUAGE = 700
BARE_PER_LANGUAGE = 200
"""Bare langdetect is slow: it gets the first so many of each language, on which both are compared."""
FEWEST_WORDS = 3
FEWEST_SIGNS = 6
UNSPACED = frozenset({"ja", "th", "zh"})
ACCENTED_LATIN = ("de", "es", "fr", "it", "nl", "pl", "pt", "ro", "tr", "vi")


def main() -> None:
    """Print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--parallel", action="store_true", help="held-out aligned text for all languages too")
    parser.add_argument("--out", type=Path, help="where the JSON goes")
    arguments = parser.parse_args()
    started = time.perf_counter()
    detect_language("what it costs to load the tables")
    first_ms = 1000 * (time.perf_counter() - started)
    sets = question_sets(arguments.data, parallel=arguments.parallel)
    report = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "data": {name: fingerprint(questions) for name, questions in sets.items()},
        "first_call_ms": round(first_ms, 1),
        "here": {name: measure(questions, here) for name, questions in sets.items()},
        "here_on_the_part": {name: measure(first(questions), here) for name, questions in sets.items()},
        "bare_langdetect": {name: measure(first(questions), bare_langdetect()) for name, questions in sets.items()},
    }
    show(report)
    if arguments.out:
        arguments.out.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def question_sets(data: Path, *, parallel: bool) -> dict[str, Questions]:
    """Name of the set -> language -> questions."""
    sets = {"mkqa": mkqa(data / "eval" / "mkqa_questions.tsv"), "xquad": xquad(data / "eval" / "xquad")}
    if parallel:
        sets["held_out"] = held_out(data / "parallel")
        sets["held_out_plain"] = {code: list(map(plain, sets["held_out"][code])) for code in ACCENTED_LATIN}
    return sets


def mkqa(path: Path) -> Questions:
    """Search questions, one row in several languages."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return {code: [row[code] for row in rows] for code in rows[0] if code != "id"}


def xquad(folder: Path) -> Questions:
    """Reading questions."""
    questions = {}
    for path in sorted(folder.glob("xquad.*.json")):
        articles = json.loads(path.read_text(encoding="utf-8"))["data"]
        paragraphs = [paragraph for article in articles for paragraph in article["paragraphs"]]
        questions[path.suffixes[-2][1:]] = [qa["question"] for paragraph in paragraphs for qa in paragraph["qas"]]
    return questions


def held_out(folder: Path) -> Questions:
    """Short lines of aligned text that the word tables were not made from."""
    lines = {}
    for code in LANGUAGES:
        texts = [text for text, _ in read_texts(folder, code, held_out=True) if long_enough(text, code)]
        lines[code] = random.Random(SEED).sample(texts, min(LINES_PER_LANGUAGE, len(texts)))
    return lines


def first(questions: Questions) -> Questions:
    """The part that bare langdetect is measured on."""
    return {code: texts[:BARE_PER_LANGUAGE] for code, texts in questions.items()}


def long_enough(text: str, code: str) -> bool:
    """Whether a line says enough for its language to be told."""
    return len(find_words(text)) >= FEWEST_WORDS or (code in UNSPACED and len(text) >= FEWEST_SIGNS)


def here(text: str) -> tuple[str | None, bool]:
    """The project's own detection."""
    found = detect_language(text)
    return found.code, found.certain


def bare_langdetect() -> Callable[[str], tuple[str | None, bool]]:
    """What one gets from langdetect with a seed and nothing else; both Chinese codes count as Chinese."""
    from langdetect import DetectorFactory, LangDetectException, detect

    DetectorFactory.seed = SEED

    def ask(text: str) -> tuple[str | None, bool]:
        try:
            return detect(text).removesuffix("-cn").removesuffix("-tw"), True
        except LangDetectException:
            return None, False

    ask("load the profiles before the clock starts")
    return ask


def measure(questions: Questions, ask: Callable[[str], tuple[str | None, bool]]) -> dict[str, object]:
    """Share of right guesses, and of certain ones that are wrong, in percent; milliseconds a call."""
    right: dict[str, float] = {}
    certain = wrong = 0
    times_ms = []
    for code, texts in questions.items():
        hits = 0
        for text in texts:
            started = time.perf_counter()
            guess, sure = ask(text)
            times_ms.append(1000 * (time.perf_counter() - started))
            hits += guess == code
            certain += sure
            wrong += sure and guess != code
        right[code] = round(100 * hits / len(texts), 2)
    return {
        "accuracy": right,
        "mean": round(statistics.mean(right.values()), 2),
        "lowest": min(right.values()),
        "certain": round(100 * certain / len(times_ms), 2),
        "wrong_among_certain": round(100 * wrong / max(certain, 1), 2),
        "ms_mean": round(statistics.mean(times_ms), 3),
        "ms_p50": round(statistics.median(times_ms), 3),
        "ms_p95": round(statistics.quantiles(times_ms, n=20)[-1], 3),
    }


def fingerprint(questions: Questions) -> str:
    """Start of the SHA-256 of all questions."""
    return hashlib.sha256(json.dumps(questions, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]


def commit() -> str:
    """The commit that is measured, marked where the working tree differs from it."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def show(report: Mapping[str, object]) -> None:
    """The report for people."""
    print(json.dumps(report, indent=1, ensure_ascii=False))  # noqa: T201


if __name__ == "__main__":
    main()

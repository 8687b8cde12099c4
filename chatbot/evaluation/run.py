"""`python main.py evaluate`: measure a question set language by language, keep what is done, write the results.

An interrupted run leaves what it has measured in a side file and goes on from there, as long as data, checkpoints,
number types, calibration and code are the same.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import gettempdir
from time import perf_counter
from typing import Any

from tqdm import tqdm

from chatbot.calibration import Calibration
from chatbot.evaluation.compare import Change, Comparison, compare, describe
from chatbot.evaluation.outcomes import Outcome, OutcomeFile, questions_file
from chatbot.evaluation.provenance import code_hash, provenance
from chatbot.evaluation.question_sets import Question, QuestionSet
from chatbot.evaluation.report import summary
from chatbot.evaluation.results import Results, read_results
from chatbot.evaluation.scoring import score_all
from chatbot.evaluation.workbench import Models, open_set
from chatbot.settings import Settings

EXIT_DONE = 0

PART_QUESTIONS = 200
"""Measured and kept together: fewer fill no batches of similar length, more are lost when a run is interrupted."""

Measure = Callable[[Sequence[Question], Callable[[str, int], None]], list[Outcome]]


class CannotWrite(Exception):
    """What comes out would have no place to go."""


class NothingToDo(Exception):
    """Neither a folder to measure nor two results to compare were named."""


def run(options: argparse.Namespace, settings: Settings) -> int:
    """The command: `directory`, `languages`, `limit`, `out`, `pictures`, `compare`, `json`."""
    if options.compare:
        found = compare_files(*options.compare)
        _say(json.dumps(_comparison_json(found), ensure_ascii=False) if options.json else describe(found))
        return EXIT_DONE
    if options.directory is None:
        raise NothingToDo(
            "Name a folder of questions to measure, or two results to compare: "
            "python main.py evaluate DIR, or evaluate --compare A.json B.json"
        )
    _check_outputs(options)
    results = evaluate(options.directory, settings, options.languages, options.limit, options.out)
    if options.pictures:
        from chatbot.evaluation.pictures import draw_all

        draw_all(results, options.pictures)
    _say(json.dumps(results.to_json(), ensure_ascii=False) if options.json else summary(results))
    return EXIT_DONE


def compare_files(first: Path, second: Path) -> Comparison:
    """Two results files, paired by question where their outcomes lie beside them. Raises ResultsError."""
    results = read_results(first), read_results(second)
    warnings, outcomes = [], []
    for path, each in zip((first, second), results, strict=True):
        file = OutcomeFile(questions_file(path), each.run.get("outcomes"))  # older results do not name theirs
        outcomes.append(file.read())
        if file.path.exists() and not outcomes[-1]:
            problem = f"cannot be read, or does not belong to {path}"
            warnings.append(f"{file.path} {problem}: questions are not compared one by one")
    found = compare(*results, *outcomes)
    return replace(found, warnings=(*found.warnings, *warnings))


def _check_outputs(options: argparse.Namespace) -> None:
    """Before the hour of measuring, not after it."""
    if options.out and options.out.is_dir():
        raise CannotWrite(f"{options.out} is a folder; name the file that the results should go to.")
    if options.pictures:
        from chatbot.evaluation.pictures import require_matplotlib

        require_matplotlib()
        if options.pictures.is_file():
            raise CannotWrite(f"{options.pictures} is a file; name the folder that the pictures should go to.")


def evaluate(
    directory: Path,
    settings: Settings,
    languages: Sequence[str] | None = None,
    limit: int | None = None,
    out: Path | None = None,
) -> Results:
    """Measure the set in `directory` with the models the settings name. Raises QuestionSetError."""
    started = perf_counter()
    models = Models.load(settings)
    with open_set(directory, settings, models, _bar_of_passages()) as (whole, measurer):
        questions = whole.only(languages, limit)
        key = _key(questions, models, settings)
        kept = OutcomeFile(_side_file(out, key), key)
        started -= kept.seconds()
        outcomes = measure_by_language(questions, measurer.measure, kept, lambda: perf_counter() - started)
    lines = [str(problem) for problem in questions.problems]
    about = _about(questions, models, settings, limit)
    seconds = round(perf_counter() - started, 1)
    results = score_all(outcomes, {**about, "seconds": seconds, "outcomes": key}, lines)
    if out:
        results.save(out)
        OutcomeFile(questions_file(out), key).write(outcomes, seconds)
    kept.path.unlink(missing_ok=True)
    return results


def measure_by_language(
    questions: QuestionSet, measure: Measure, kept: OutcomeFile, spent: Callable[[], float]
) -> dict[str, list[Outcome]]:
    """Outcomes of every language; those already in `kept` are not measured again. `spent`: seconds of all parts."""
    outcomes = kept.read()
    total, done = len(questions.questions), sum(len(each) for each in outcomes.values())
    if done:
        sys.stderr.write(f"Going on after {done} of {total} questions (kept from an interrupted run).\n")
    with tqdm(total=total, initial=done, unit="question", file=sys.stderr, desc="evaluate") as bar:
        for code in questions.languages:
            asked = questions.of(code)
            found = outcomes.setdefault(code, [])  # what is kept of a language is its first questions
            note = _progress(bar, code, len(asked))
            for begin in range(len(found), len(asked), PART_QUESTIONS):
                part = asked[begin : begin + PART_QUESTIONS]
                found += measure(part, note)
                kept.write(outcomes, spent())
                bar.update(len(part))
    return {code: outcomes[code] for code in questions.languages}


def _progress(bar: Any, code: str, n: int) -> Callable[[str, int], None]:
    counts: dict[str, int] = {}

    def note(layer: str, done: int) -> None:
        counts[layer] = counts.get(layer, 0) + done
        parts = [f"{done_so_far} {layer}" for layer, done_so_far in counts.items()]
        bar.set_postfix_str(f"{code}, {n} questions: {', '.join(parts)}")

    return note


def _bar_of_passages() -> Callable[[int, int, str], None]:
    def note(done: int, total: int, _name: str = "") -> None:
        end = "\n" if done >= total else ""
        sys.stderr.write(f"\rencoding passages: {done} of {total}{end}")

    return note


def _key(questions: QuestionSet, models: Models, settings: Settings) -> str:
    parts = (questions.data_hash(), _checkpoints(models), _number_types(models), settings.top_k, code_hash())
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]


def _checkpoints(models: Models) -> dict[str, str | None]:
    return {
        "encoder": models.encoder.fingerprint,
        "reader": models.reader.fingerprint,
        "reranker": models.reranker.fingerprint if models.reranker else None,
        "calibration": _in_use(models.calibration),
    }


def _in_use(calibration: Calibration) -> str:
    """Of the calibration itself, not of a file: a stored one that belongs to other checkpoints is not in use."""
    if calibration.reader_fingerprint is None:
        return "default"
    return hashlib.sha256(repr(calibration).encode()).hexdigest()[:16]


def _number_types(models: Models) -> dict[str, str | None]:
    return {
        "encoder": models.encoder.number_type,
        "reader": models.reader.number_type,
        "reranker": models.reranker.number_type if models.reranker else None,
    }


def _side_file(out: Path | None, key: str) -> Path:
    if out is None:
        return Path(gettempdir()) / f"anytongue-evaluate-{key}.gz"
    out.parent.mkdir(parents=True, exist_ok=True)
    return out.with_name(out.name + ".partial.gz")


def _about(questions: QuestionSet, models: Models, settings: Settings, limit: int | None) -> dict[str, Any]:
    return {
        **provenance(),
        "checkpoints": _checkpoints(models),
        "number_types": _number_types(models),
        "data": {
            "name": questions.name,
            "hash": questions.data_hash(),
            "collection": questions.collection_hash,
            "questions": len(questions.questions),
            "limit": limit,
        },
        "settings": {"top_k": settings.top_k, "threshold": models.calibration.threshold},
    }


def _comparison_json(found: Comparison) -> dict[str, Any]:
    return {
        "changes": [_change_json(change) for change in found.changes],
        "differences": list(found.differences),
        "warnings": list(found.warnings),
    }


def _change_json(change: Change) -> dict[str, Any]:
    return {
        "language": change.language,
        "score": change.score,
        "first": change.first,
        "second": change.second,
        "difference": change.difference.value,
        "interval": [change.difference.low, change.difference.high],
        "paired": change.paired,
        "beyond_noise": change.beyond_noise,
    }


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")

"""`python main.py calibrate`: ask the questions, fit the confidence to what came out, say what it is worth.

Half of the questions are never used for fitting; the report and the stored costs of each threshold are theirs.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from chatbot import assemble
from chatbot.calibration import Calibration, OtherCalibrationVersion, UnreadableCalibration
from chatbot.evaluation.english_qa import load_english_qa
from chatbot.evaluation.fitting import (
    NO_LANGUAGE,
    AskedQuestion,
    TooFewQuestions,
    Weighed,
    costs,
    fit_confidence,
    fit_ranking,
    require_scikit_learn,
    with_threshold,
)
from chatbot.evaluation.measure import Measurer, Progress
from chatbot.evaluation.metrics import is_right
from chatbot.evaluation.outcomes import Outcome
from chatbot.evaluation.pictures import draw_all, require_matplotlib
from chatbot.evaluation.provenance import provenance
from chatbot.evaluation.question_sets import Problem, Question
from chatbot.evaluation.report import confidence_summary, problem_lines, target_summary
from chatbot.evaluation.results import Results
from chatbot.evaluation.run import CannotWrite
from chatbot.evaluation.scoring import by_language, confidence_report, score_all
from chatbot.evaluation.workbench import Models, open_documents, open_set
from chatbot.settings import Settings

EXIT_DONE = 0

READ_ALL = replace(Calibration.default(), features=("margin",), means=(0.0,), scales=(1.0,), weights=(1.0,))
"""Trusts the reader's margin alone, so the pipeline hopes for more until the end and every candidate is seen."""

SKIPPED_KINDS = ("unserved_language",)
"""Their answers may well be right; that they should stay unanswered is another rule than being sure."""

ENGLISH_QA_QUESTIONS = 600
"""Taken from an English QA file, half of them for the fit: enough for the curve, and read in minutes."""

ENGLISH_QA_SHARE = 0.25
"""Weight of all English QA questions together beside the user's own ones: general text must not drown them."""

MIN_OWN_QUESTIONS = 100
"""From so many on the user's own questions alone decide which span is best and from when on to answer, for there it
will be used; general questions then only help to say how far a score is to be trusted."""


@dataclass(frozen=True, slots=True)
class Source:
    """Questions and what asks them."""

    name: str
    questions: tuple[Question, ...]
    measurer: Measurer
    problems: tuple[Problem, ...]
    own: bool
    """About the user's own documents."""
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Fitted:
    """A calibration and what it is worth on questions that it has not seen."""

    calibration: Calibration
    report: Results


def run(options: argparse.Namespace, settings: Settings) -> int:
    """The command: `questions` (paths), `english_qa` (file or None), `target`, `out`, `report`."""
    path = options.out or assemble.calibration_file(settings)
    require_scikit_learn()
    if options.report:
        require_matplotlib()
    _check_outputs(path, options.report)
    models = Models.uncalibrated(settings)
    if not options.out:
        _require_own(path, models)
    fitted = calibrate(options.questions, options.english_qa, options.target, settings, models)
    fitted.calibration.save(path)
    if options.report:
        fitted.report.save(options.report)
        draw_all(fitted.report, _pictures(options.report))
    target = target_summary(fitted.calibration, options.target, fitted.report)
    sys.stdout.write(f"{confidence_summary(fitted.report)}\n{target}\nStored in {path}.\n")
    return EXIT_DONE


def calibrate(
    paths: Sequence[Path], english_qa: Path | None, target: float, settings: Settings, models: Models
) -> Fitted:
    """Fit to questions of one's own, and to general English ones. Raises QuestionSetError, TooFewQuestions."""
    with ExitStack() as stack:
        sources = [_own(path, settings, models, stack) for path in paths]
        if english_qa:
            sources.append(_english(english_qa, sum(len(s.questions) for s in sources), settings, models, stack))
        problems = [str(problem) for source in sources for problem in source.problems]
        stack.enter_context(_naming(problems))
        own = [source for source in sources if source.own]
        decisive = own if sum(not q.held_out for s in own for q in s.questions) >= MIN_OWN_QUESTIONS else sources
        ranking = fit_ranking(_ask(decisive, READ_ALL), models.encoder.fingerprint, models.reader.fingerprint)
        # Asked again as users will ask, reading stops early; every passage has been read by now, so this is quick.
        fitted = fit_confidence(ranking, _ask(sources, ranking))
        deciding = [q for q in _ask(decisive, fitted) if not q.held_out]
        fitted = with_threshold(fitted, deciding, target)
        seen = [outcome for source in own for outcome in _measure(source, fitted)]
        general = [outcome for source in sources if not source.own for outcome in _measure(source, fitted)]
    about = {
        **provenance(),
        "sources": {source.name: len(source.questions) for source in sources},
        "threshold_chosen_on": len(deciding),
        "reported_on": [source.name for source in own],
    }
    shown = costs([(outcome.confidence, outcome.right) for outcome in seen]) or fitted.trade_offs
    fitted = replace(fitted, trade_offs=shown, fitted=about)
    return Fitted(fitted, _report(fitted, seen, general, models, problems))


def _check_outputs(path: Path, report: Path | None) -> None:
    """Before the minutes of asking, not after them. Raises CannotWrite."""
    if path.is_dir():
        raise CannotWrite(f"{path} is a folder; name the file that the calibration should go to.")
    if not path.parent.is_dir():
        raise CannotWrite(f"There is no folder {path.parent} for {path.name}; make it, or name another file.")
    if report is None:
        return
    if report.is_dir():
        raise CannotWrite(f"{report} is a folder; name the file that the report should go to, such as report.json.")
    if _pictures(report).is_file() or _pictures(report) == report:
        raise CannotWrite(
            f"The pictures of {report} go to the folder {_pictures(report)}, where a file would lie; "
            "name the report otherwise, such as report.json."
        )


def _pictures(report: Path) -> Path:
    return report.with_suffix("")


def _require_own(path: Path, models: Models) -> None:
    """Raise OtherCheckpoints rather than replace the calibration of other models; one that is no use may go."""
    with suppress(UnreadableCalibration, OtherCalibrationVersion):
        Calibration.load(path, models.encoder.fingerprint, models.reader.fingerprint)


def _own(path: Path, settings: Settings, models: Models, stack: ExitStack) -> Source:
    questions, measurer = stack.enter_context(open_set(path, settings, models))
    asked = tuple(q for q in questions.only(None).questions if q.kind not in SKIPPED_KINDS)
    return Source(path.name, asked, measurer, questions.problems, own=True)


def _english(path: Path, own_questions: int, settings: Settings, models: Models, stack: ExitStack) -> Source:
    questions = load_english_qa(path, ENGLISH_QA_QUESTIONS).only(None)
    measurer = stack.enter_context(open_documents(questions.documents, settings, models))
    weight = min(1.0, ENGLISH_QA_SHARE * own_questions / len(questions.questions))
    return Source(path.name, questions.questions, measurer, questions.problems, own=False, weight=weight)


@contextmanager
def _naming(problems: Sequence[str]) -> Iterator[None]:
    """Where too few questions are left, say which lines were left out and why."""
    try:
        yield
    except TooFewQuestions as error:
        lines = problem_lines(problems, "evaluate PATH --out FILE lists all")
        raise TooFewQuestions("\n".join([str(error), *lines])) from error


def _ask(sources: Sequence[Source], calibration: Calibration) -> list[AskedQuestion]:
    asked = []
    for source in sources:
        with _bar(source.name, len(source.questions)) as note:
            found = source.measurer.calibrated(calibration).candidates(source.questions, note)
        asked += [
            AskedQuestion(
                id=question.id,
                language=question.language if source.own else NO_LANGUAGE,
                answerable=question.answerable,
                candidates=tuple(Weighed(c.features, is_right(c.span.text, question.answers)) for c in candidates),
                held_out=question.held_out,
                weight=source.weight,
            )
            for question, candidates in zip(source.questions, found, strict=True)
        ]
    return asked


def _measure(source: Source, calibration: Calibration) -> list[Outcome]:
    """The questions that were not fitted to; all of them where none is held out."""
    questions = [q for q in source.questions if q.held_out] or list(source.questions)
    with _bar(f"{source.name}, held out", len(questions)) as note:
        return source.measurer.calibrated(calibration).measure(questions, note)


def _report(
    calibration: Calibration,
    own: Sequence[Outcome],
    general: Sequence[Outcome],
    models: Models,
    problems: Sequence[str],
) -> Results:
    about: dict[str, Any] = {
        **calibration.fitted,
        "checkpoints": {"encoder": models.encoder.fingerprint, "reader": models.reader.fingerprint},
        "data": {"name": f"{', '.join(calibration.fitted['reported_on'])}: the half not used for fitting"},
        "settings": {"threshold": calibration.threshold, "target": calibration.target},
    }
    english = confidence_report(general)
    if english:
        about["english_qa"] = {"questions": len(general), "confidence": asdict(english)}
    return score_all(by_language(own), about, problems)


@contextmanager
def _bar(name: str, total: int) -> Iterator[Progress]:
    with tqdm(total=total, unit="question", file=sys.stderr, desc=name, leave=False) as bar:
        read = 0

        def note(layer: str, done: int) -> None:
            nonlocal read
            if layer == "ranked":
                bar.update(done)
            else:
                read += done
                bar.set_postfix_str(f"{read} passages read")

        yield note

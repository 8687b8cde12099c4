"""`python main.py calibrate`: ask the questions, fit the confidence to what came out, say what it is worth.

Half of the questions are never used for fitting; the printed numbers are theirs.
"""

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from tqdm import tqdm

from chatbot import assemble
from chatbot.calibration import Calibration
from chatbot.evaluation.english_qa import load_english_qa
from chatbot.evaluation.fitting import AskedQuestion, Weighed, fit_confidence, fit_ranking, with_threshold
from chatbot.evaluation.held_out import describe_held_out
from chatbot.evaluation.measure import Measurer
from chatbot.evaluation.metrics import is_right
from chatbot.evaluation.provenance import provenance
from chatbot.evaluation.question_sets import Question
from chatbot.evaluation.workbench import Models, open_documents, open_set
from chatbot.settings import Settings

EXIT_DONE = 0

READ_ALL = replace(Calibration.default(), weights=(1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0))
"""Trusts the reader's margin alone, so the pipeline hopes for more until the end and every candidate is seen."""

SKIPPED_KINDS = ("unserved_language",)
"""Their answers may well be right; that they should stay unanswered is another rule than being sure."""

ENGLISH_QA_QUESTIONS = 1000
"""Taken from an English QA file: enough for seven weights; more would drown the user's own questions."""

MIN_OWN_QUESTIONS = 100
"""From so many on the threshold is chosen on the user's own questions alone: that is where it will be used."""


@dataclass(frozen=True, slots=True)
class Source:
    """Questions and what asks them."""

    name: str
    questions: tuple[Question, ...]
    measurer: Measurer
    own: bool
    """About the user's own documents."""


def run(options: argparse.Namespace, settings: Settings) -> int:
    """The command: `questions` (paths), `english_qa` (file or None), `target`, `out`."""
    models = Models.load(settings)
    calibration, asked = calibrate(options.questions, options.english_qa, options.target, settings, models)
    path = options.out or assemble.CALIBRATION_FILE
    calibration.save(path)
    sys.stdout.write(describe_held_out(calibration, asked) + f"\nStored in {path}.\n")
    return EXIT_DONE


def calibrate(
    paths: Sequence[Path], english_qa: Path | None, target: float, settings: Settings, models: Models
) -> tuple[Calibration, list[AskedQuestion]]:
    """The fitted calibration, and the user's own questions asked with it. Raises QuestionSetError, TooFewQuestions."""
    with ExitStack() as stack:
        sources = [_own(path, settings, models, stack) for path in paths]
        if english_qa:
            sources.append(_english(english_qa, settings, models, stack))
        ranking = fit_ranking(
            [q for source in sources for q in _ask(source, READ_ALL)],
            models.encoder.fingerprint,
            models.reader.fingerprint,
        )
        # Asked again as users will ask, reading stops early; every passage has been read by now, so this is quick.
        fitted = fit_confidence(ranking, [q for source in sources for q in _ask(source, ranking)])
        own = [q for source in sources if source.own for q in _ask(source, fitted)]
        general = [q for source in sources if not source.own for q in _ask(source, fitted)]
    decisive = own if sum(not q.held_out for q in own) >= MIN_OWN_QUESTIONS else own + general
    about = {
        **provenance(),
        "sources": {source.name: len(source.questions) for source in sources},
        "threshold_chosen_on": sum(not q.held_out for q in decisive),
    }
    fitted = with_threshold(fitted, [q for q in decisive if not q.held_out], target)
    return replace(fitted, fitted=about), own or general


def _own(path: Path, settings: Settings, models: Models, stack: ExitStack) -> Source:
    questions, measurer = stack.enter_context(open_set(path, settings, models))
    asked = tuple(q for q in questions.only(None).questions if q.kind not in SKIPPED_KINDS)
    return Source(path.name, asked, measurer, own=True)


def _english(path: Path, settings: Settings, models: Models, stack: ExitStack) -> Source:
    questions = load_english_qa(path, ENGLISH_QA_QUESTIONS)
    measurer = stack.enter_context(open_documents(questions.documents, settings, models))
    return Source(path.name, questions.only(None).questions, measurer, own=False)


def _ask(source: Source, calibration: Calibration) -> list[AskedQuestion]:
    with tqdm(total=len(source.questions), unit="question", file=sys.stderr, desc=source.name, leave=False) as bar:
        read = 0

        def note(layer: str, done: int) -> None:
            nonlocal read
            if layer == "ranked":
                bar.update(done)
            else:
                read += done
                bar.set_postfix_str(f"{read} passages read")

        found = source.measurer.candidates(source.questions, calibration, note)
    return [
        AskedQuestion(
            id=question.id,
            language=question.language,
            answerable=question.answerable,
            candidates=tuple(Weighed(c.features, is_right(c.span.text, question.answers)) for c in candidates),
            held_out=question.held_out,
        )
        for question, candidates in zip(source.questions, found, strict=True)
    ]

"""What number types cost in answers: the packaged reader on XQuAD, question in each language, English gold passage.

Run: python tests/benchmarks/number_types_xquad.py XQUAD_DIR [--limit N] [--languages en de] [--out FILE]

Six ways (`--variants`) of holding the same weights, each in its own process with one thread; one that is in FILE
already, for the same weights and questions, is not read again. The packaged weights are stored as int8, so "none" means
these numbers computed in float32. `--limit` takes so many questions of each language, evenly spread; 0 = all 1,190,
which takes hours on a slow processor. Memory: what the reader adds to a process that has torch and transformers.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from own_process import held_mb, peak_mb, run_case, save

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from chatbot.evaluation import metrics  # noqa: E402  # the repository is not installed, so its path comes first
from chatbot.evaluation.bootstrap import mean_interval  # noqa: E402
from chatbot.evaluation.provenance import provenance  # noqa: E402
from chatbot.evaluation.question_sets import Question, QuestionSet  # noqa: E402
from chatbot.evaluation.xquad import load_xquad  # noqa: E402
from chatbot.model_choice import PACKAGED_READER, load_dictionary  # noqa: E402
from chatbot.reader import Reader  # noqa: E402
from knowledge_base.documents import Passage  # noqa: E402
from retrieval.export import export  # noqa: E402
from retrieval.transformer import load_reader_network  # noqa: E402

OUT = ROOT / "tests" / "benchmarks" / "results" / "number_types_xquad.json"
PLAIN, PACKAGED = "plain", "packaged"
VARIANTS: dict[str, tuple[str, str, bool]] = {
    "none, float words": (PLAIN, "none", False),
    "none, int8 words": (PACKAGED, "none", True),
    "int8, float words": (PLAIN, "int8", False),
    "int8, int8 words": (PACKAGED, "int8", True),
    "nf4, float words": (PLAIN, "nf4", False),
    "nf4, int8 words": (PLAIN, "nf4", True),
}
"""Which folder (the packaged one or its export), number type, and whether words are int8 rows."""
EXACT = ("none, float words", "none, int8 words")
"""Float32, the first that was read; both hold the same numbers, because packaged words are stored as int8."""
DEFAULT = "int8, int8 words"
MEAN_TARGET, WORST_TARGET = 0.5, 1.0
"""Most F1 that the default may lose: on average, and in any language."""
BATCH = 25


def main() -> None:
    options = _options()
    if options.variant:
        sys.stdout.write(json.dumps(memory(options) if options.memory else read(options)) + "\n")
        return
    questions = _questions(options)
    weights = load_reader_network(PACKAGED_READER).fingerprint
    record: dict[str, Any] = {
        **provenance(), "threads": 1, "weights": weights, "data": questions.data_hash(),
        "questions": {code: len(questions.of(code)) for code in questions.languages}, "variants": {},
    }  # fmt: skip
    if options.out.is_file():
        old = json.loads(options.out.read_text(encoding="utf-8"))
        if (old["weights"], old["data"]) == (weights, record["data"]):
            record["variants"] = {name: found for name, found in old["variants"].items() if "error" not in found}
    with tempfile.TemporaryDirectory(prefix="anytongue-number-types-") as work:
        export(PACKAGED_READER, Path(work) / PLAIN)
        os.environ["HF_HOME"] = work  # where quantized copies go
        for name in options.variants or VARIANTS:
            sys.stderr.write(f"{name}\n")
            found = record["variants"].get(name) or run_case(__file__, _arguments(options, name, work))
            if "held_mb" not in found:
                found |= run_case(__file__, [*_arguments(options, name, work), "--memory"])
            record["variants"][name] = found
            record["variants"] = {each: record["variants"][each] for each in VARIANTS if each in record["variants"]}
            record["loss"] = losses(record["variants"], questions)
            save(options.out, record)
    sys.stdout.write(table(record) + "\n")


def read(options: argparse.Namespace) -> dict[str, Any]:
    """EM and F1 of every question, and speed, of one variant."""
    questions = _questions(options)
    texts = {document.id: document.text for document in questions.documents}
    reader = _load(options)
    _answers(reader, questions.of("en")[:2], texts)  # not counted: the first call pays for lazy loading
    found: dict[str, Any] = {"languages": {}}
    started = time.process_time()
    for code in questions.languages:
        asked = questions.of(code)
        answers = _answers(reader, asked, texts)
        f1s = [100 * metrics.f1(answer, q.answers) for answer, q in zip(answers, asked, strict=True)]
        ems = [100 * metrics.exact_match(answer, q.answers) for answer, q in zip(answers, asked, strict=True)]
        found["languages"][code] = {
            "em": round(float(np.mean(ems)), 2),
            "f1": round(float(np.mean(f1s)), 2),
            "f1_by_question": " ".join(f"{f1:.4g}" for f1 in f1s),
        }
    spent = time.process_time() - started
    return {
        **found,
        "em": round(float(np.mean([each["em"] for each in found["languages"].values()])), 2),
        "f1": round(float(np.mean([each["f1"] for each in found["languages"].values()])), 2),
        "ms_a_question": round(1000 * spent / len(questions.questions), 1),
    }


def memory(options: argparse.Namespace) -> dict[str, Any]:
    """What the loaded reader holds, and at most took while it was loaded; libraries not counted in the first."""
    import torch  # noqa: F401
    import transformers  # noqa: F401

    questions = _questions(options)
    texts = {document.id: document.text for document in questions.documents}
    before_mb, started = held_mb(), time.process_time()
    reader = _load(options)
    load_s = time.process_time() - started
    _answers(reader, questions.of("en")[:1], texts)
    return {"load_cpu_s": round(load_s, 2), "held_mb": held_mb() - before_mb, "peak_mb": peak_mb() - before_mb}


def _load(options: argparse.Namespace) -> Reader:
    place, quantization, int8_words = VARIANTS[options.variant]
    folder = PACKAGED_READER if place == PACKAGED else Path(options.work) / PLAIN
    network = load_reader_network(folder, quantization, int8_words=int8_words)
    return Reader(network, dictionary=load_dictionary())


def losses(variants: dict[str, Any], questions: QuestionSet) -> dict[str, Any]:
    """F1 lost against float32, by language and on average, with 95 % intervals over passages."""
    clusters = {code: [question.cluster for question in questions.of(code)] for code in questions.languages}
    exact = next((name for name in EXACT if "languages" in variants.get(name, {})), None)
    lost = {}
    for name, found in variants.items():
        if exact is None or name == exact or "error" in found:
            continue
        by_language = {code: _f1s(variants[exact], code) - _f1s(found, code) for code in clusters}
        means = {code: round(float(values.mean()), 2) for code, values in by_language.items()}
        everything = mean_interval(
            np.concatenate(list(by_language.values())).tolist(), [c for each in clusters.values() for c in each]
        )
        worst = max(means, key=lambda code: means[code])
        lost[name] = {
            "mean": round(everything.value, 2),
            "interval": [round(everything.low, 2), round(everything.high, 2)],
            "worst": {"language": worst, "f1": means[worst]},
            "within_target": bool(everything.value <= MEAN_TARGET and means[worst] <= WORST_TARGET),
            "by_language": means,
        }
    return lost


def _f1s(found: dict[str, Any], code: str) -> np.ndarray:
    return np.array([float(f1) for f1 in found["languages"][code]["f1_by_question"].split()])


def _answers(reader: Reader, asked: list[Question], texts: dict[str, str]) -> list[str | None]:
    answers: list[str | None] = []
    for at in range(0, len(asked), BATCH):
        pairs = [
            (reader.wording(q.text, q.language), _passage(texts[q.document or ""])) for q in asked[at : at + BATCH]
        ]
        answers += [spans[0].text if spans else None for spans in reader.read_batch(pairs)]
    return answers


def _passage(text: str) -> Passage:
    return Passage(0, text[:40], "", (), 0, len(text), text)


def _questions(options: argparse.Namespace) -> QuestionSet:
    return load_xquad(options.directory).only(options.languages, options.limit or None)


def _arguments(options: argparse.Namespace, name: str, work: str) -> list[str]:
    languages = ["--languages", *options.languages] if options.languages else []
    return [
        str(options.directory), "--limit", str(options.limit), *languages, "--variant", name, "--work", work,
    ]  # fmt: skip


def table(record: dict[str, Any]) -> str:
    """One Markdown line per variant."""
    variants = record["variants"]
    codes = list(record["questions"])
    lines = [
        "| number type | EM | F1 | F1 lost (worst) | held MB | peak MB | ms | " + " | ".join(codes) + " |",
        "|---|" + "---:|" * (6 + len(codes)),
    ]
    for name, found in variants.items():
        if "error" in found:
            lines.append(f"| {name} | {found['error']} |")
            continue
        loss = record["loss"].get(name)
        lost = f"{loss['mean']} ({loss['worst']['language']} {loss['worst']['f1']})" if loss else ""
        scores = " | ".join(f"{found['languages'][code]['f1']}" for code in codes)
        lines.append(
            f"| {name} | {found['em']} | {found['f1']} | {lost} | {found['held_mb']} | {found['peak_mb']} | "
            f"{found['ms_a_question']} | {scores} |"
        )
    chosen = record.get("loss", {}).get(DEFAULT)
    if chosen:
        kept = "within" if chosen["within_target"] else "NOT within"
        lines.append(f"\nThe default ({DEFAULT}) is {kept} {MEAN_TARGET} F1 on average and {WORST_TARGET} anywhere.")
    return "\n".join(lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("directory", type=Path, metavar="XQUAD_DIR", help="folder with xquad.en.json and others")
    parser.add_argument("--limit", type=int, default=60, metavar="N", help="questions a language (60; 0 = all)")
    parser.add_argument("--languages", nargs="+", metavar="CODE", help="default: all that are there")
    parser.add_argument("--out", type=Path, default=OUT, metavar="FILE", help="results (default: beside this script)")
    parser.add_argument("--variants", nargs="+", choices=list(VARIANTS), metavar="NAME", help="only these")
    parser.add_argument("--memory", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--variant", choices=list(VARIANTS), help=argparse.SUPPRESS)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()

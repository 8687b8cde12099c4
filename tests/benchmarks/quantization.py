"""Number types on a processor, one thread: how fast each way of running the packaged models is, and how near float32.

Run: python tests/benchmarks/quantization.py [--other-python /path/to/venv/bin/python] [--only NAME ...] [--out FILE]

Each case runs in its own process, so that peak memory is its own. A result that is in FILE already, for the same
weights, is measured again only when `--only` names it. `--other-python` names an environment with onnxruntime, onnx,
openvino and nncf beside torch and transformers; without it these are left out. Times are processor time of the whole
process, not time on the clock: what else runs on the machine disturbs it least. Speed: one question of 20 tokens; five
windows of 180 tokens. Nearness: 32 questions with the article that answers them, the same padded batches everywhere.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from own_process import peak_mb, run_case, save

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from retrieval import quantization  # noqa: E402  # the repository is not installed, so its path comes first
from retrieval.export import export  # noqa: E402
from retrieval.model_types import TokenBatch  # noqa: E402
from retrieval.transformer import SPAN_HEAD, load_encoder_network, load_reader_network  # noqa: E402

FOLDERS = {
    "encoder": ROOT / "retrieval" / "weights" / "packaged",
    "reader": ROOT / "chatbot" / "weights" / "packaged",
}
OUT = ROOT / "tests" / "benchmarks" / "results" / "quantization.json"
SHORT, LONG = (1, 20), (5, 180)
PAIRS, PAIR_BATCH = 32, 8
WARM_UP, REPEATS = 1, 5
REFERENCE = "float32"

Run = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""ids, mask, segments (n, length) -> hidden states (n, length, width), or start and end logits (n, length, 2)."""


# The candidates: packaged folder, plain folder, encoder or reader -> a function


def ours(quantization_name: str) -> Callable[[Path, Path, str], Run]:
    """The program's own path over the packaged folder."""

    def make(packaged: Path, plain: Path, part: str) -> Run:
        if part == "encoder":
            encoder = load_encoder_network(packaged, quantization_name)
            return lambda *rows: encoder.hidden(TokenBatch(*rows))
        reader = load_reader_network(packaged, quantization_name)
        return lambda *rows: np.stack(reader.span_scores(TokenBatch(*rows)), axis=-1)

    return make


def ours_eight_bits(packaged: Path, plain: Path, part: str) -> Run:
    """As ours, with all 8 bits for activations: wrong on processors without VNNI, where sums of two overflow."""
    quantization.REDUCE_RANGE = False
    return ours("int8")(packaged, plain, part)


def by_transformers(change: Callable[[Any], Any] = lambda model: model, **settings: Any) -> Callable[..., Run]:
    """The exported folder in transformers, changed after loading."""

    def make(packaged: Path, plain: Path, part: str) -> Run:
        import torch

        model = change(_transformers_model(plain, part, **settings))

        def run(ids: np.ndarray, mask: np.ndarray, segments: np.ndarray) -> np.ndarray:
            rows = {"input_ids": ids, "attention_mask": mask, "token_type_ids": segments}
            with torch.inference_mode():
                output = model(**{name: torch.from_numpy(row) for name, row in rows.items()})
            found = [output.last_hidden_state] if part == "encoder" else [output.start_logits, output.end_logits]
            arrays = [tensor.float().numpy() for tensor in found]
            return arrays[0] if part == "encoder" else np.stack(arrays, axis=-1)

        return run

    return make


def torch_dynamic(model: Any) -> Any:
    """torch's own dynamic int8, the body only."""
    import torch
    from torch.ao.quantization import quantize_dynamic

    body = getattr(model, "bert", model)
    quantize_dynamic(body, {torch.nn.Linear}, dtype=torch.qint8, inplace=True)
    return model


def bitsandbytes(weights: str) -> Callable[[Path, Path, str], Run]:
    """bitsandbytes' processor kernels."""

    def make(packaged: Path, plain: Path, part: str) -> Run:
        numbers = quantization.NumberTypes(weights, "float32", "")
        config = quantization.bitsandbytes_config(numbers, keep=[SPAN_HEAD])
        return by_transformers(quantization_config=config, device_map="cpu")(packaged, plain, part)

    return make


def onnx_runtime(int8: bool) -> Callable[[Path, Path, str], Run]:
    """ONNX Runtime, weights by row; activations in 7 bits, as ours."""

    def make(packaged: Path, plain: Path, part: str) -> Run:
        import onnxruntime
        from onnxruntime.quantization import QuantType, quantize_dynamic

        path = _onnx_file(plain, part)
        if int8:
            whole, path = path, path.with_name("int8.onnx")
            quantize_dynamic(whole, path, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        return lambda *rows: np.asarray(session.run(None, dict(zip(ONNX_INPUTS, rows, strict=True)))[0])

    return make


def openvino(kind: str) -> Callable[[Path, Path, str], Run]:
    """OpenVINO: as it is, int8 weights, or weights and activations in int8 with ranges fitted on the timed texts."""

    def make(packaged: Path, plain: Path, part: str) -> Run:
        import nncf
        import openvino as ov

        model = ov.Core().read_model(_onnx_file(plain, part))
        if kind == "weights":
            model = nncf.compress_weights(model, mode=nncf.CompressWeightsMode.INT8_SYM)
        if kind == "int8":
            texts = np.load(plain / "pairs.npz")
            rows = [dict(zip(ONNX_INPUTS, batch, strict=True)) for batch in _batches(texts)]
            model = nncf.quantize(model, nncf.Dataset(rows), model_type=nncf.ModelType.TRANSFORMER)
        settings = {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32"}
        compiled = ov.compile_model(model, "CPU", settings)
        return lambda *rows: np.asarray(compiled(dict(zip(ONNX_INPUTS, rows, strict=True)))[0])

    return make


ONNX_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
HERE: dict[str, Callable[[Path, Path, str], Run]] = {
    REFERENCE: ours("none"),
    "int8 (ours)": ours("int8"),
    "int8 (ours, 8-bit activations)": ours_eight_bits,
    "transformers float32": by_transformers(),
    "transformers bfloat16": by_transformers(dtype="bfloat16"),
    "torch dynamic int8": by_transformers(torch_dynamic),
    "bitsandbytes int8": bitsandbytes("int8"),
    "bitsandbytes nf4": bitsandbytes("nf4"),
}
ELSEWHERE: dict[str, Callable[[Path, Path, str], Run]] = {
    "ONNX Runtime float32": onnx_runtime(int8=False),
    "ONNX Runtime int8": onnx_runtime(int8=True),
    "OpenVINO float32": openvino("float32"),
    "OpenVINO int8 weights": openvino("weights"),
    "OpenVINO int8": openvino("int8"),
}


def main() -> None:
    options = _options()
    if options.case:
        sys.stdout.write(json.dumps(measure(options.case, options.part, options.folder)) + "\n")
        return
    from chatbot.evaluation.provenance import provenance

    record: dict[str, Any] = {**provenance(), "threads": 1, "cases": {}, "missing": {}}
    weights = {part: load_encoder_network(folder, "none").fingerprint for part, folder in FOLDERS.items()}
    if options.out.is_file():
        old = json.loads(options.out.read_text(encoding="utf-8"))
        record["cases"] = old["cases"] if old.get("weights") == weights else {}
    record["weights"] = weights
    pythons = dict.fromkeys(HERE, sys.executable)
    if options.other_python:
        pythons |= dict.fromkeys(ELSEWHERE, options.other_python)
    with tempfile.TemporaryDirectory(prefix="anytongue-quantization-") as work:
        for part, packaged in FOLDERS.items():
            folder = Path(work) / part
            export(packaged, folder)
            np.savez(folder / "pairs.npz", **inputs(part))
            for name, python in pythons.items():
                wanted = name == REFERENCE or not options.only or name in options.only
                known = f"{part}: {name}" in record["cases"] and name != REFERENCE
                if wanted and (options.only or not known):
                    _run_case(record, python, name, part, folder)
                    save(options.out, record)
    sys.stdout.write(table(record["cases"]) + "\n")


def _run_case(record: dict[str, Any], python: str, name: str, part: str, folder: Path) -> None:
    title = f"{part}: {name}"
    sys.stderr.write(f"{title}\n")
    found = run_case(__file__, ["--case", name, "--part", part, "--folder", str(folder)], python=python)
    record["missing"].pop(title, None)
    if "error" in found:
        record["missing"][title] = found["error"]
    else:
        record["cases"][title] = {**found, "date": record["date"], "commit": record["commit"]}


def measure(name: str, part: str, folder: Path) -> dict[str, Any]:
    """Load, agreement with float32, speed, memory."""
    texts = np.load(folder / "pairs.npz")
    started = time.process_time()
    run = {**HERE, **ELSEWHERE}[name](FOLDERS[part], folder, part)
    load_s = time.process_time() - started
    outputs = [run(*batch) for batch in _batches(texts)]
    reference = folder / "reference.npz"
    if name == REFERENCE:
        np.savez(reference, *outputs)
    expected = list(np.load(reference).values())
    masks = [mask.astype(bool) for _, mask, _ in _batches(texts)]
    agree = _same_vectors if part == "encoder" else _same_spans
    tokens_per_s = {}
    for kind, (rows, length) in (("short", SHORT), ("long", LONG)):
        batch = _full_rows(texts, rows, length)
        tokens_per_s[kind] = round(rows * length / _seconds(lambda batch=batch: run(*batch)))
    return {
        "tokens_per_s": tokens_per_s,
        **agree(outputs, expected, masks),
        "load_cpu_s": round(load_s, 2),
        "peak_mb": peak_mb(),
    }


def _same_vectors(found: list[np.ndarray], expected: list[np.ndarray], masks: list[np.ndarray]) -> dict[str, float]:
    """Cosine of mean-pooled vectors."""
    cosines: list[float] = []
    for ours_, theirs, mask in zip(found, expected, masks, strict=True):
        a, b = ((states * mask[..., None]).sum(1) for states in (ours_, theirs))
        cosines += ((a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)).tolist()
    return {"cosine_mean": round(float(np.mean(cosines)), 5), "cosine_lowest": round(min(cosines), 5)}


def _same_spans(found: list[np.ndarray], expected: list[np.ndarray], masks: list[np.ndarray]) -> dict[str, float]:
    """Relative error of the logits of real tokens, and how often the likeliest start and end are the same."""
    errors, norms, same = 0.0, 0.0, []
    for ours_, theirs, mask in zip(found, expected, masks, strict=True):
        errors += float(((ours_ - theirs)[mask] ** 2).sum())
        norms += float((theirs[mask] ** 2).sum())
        hidden = np.where(mask[..., None], 0, -np.inf)
        same += ((ours_ + hidden).argmax(1) == (theirs + hidden).argmax(1)).all(1).tolist()
    return {"logit_error": round((errors / norms) ** 0.5, 5), "same_span": round(float(np.mean(same)), 4)}


def inputs(part: str) -> dict[str, np.ndarray]:
    """Sample questions, each with the article that answers it, as one padded array (PAIRS, 180)."""
    network = load_encoder_network(FOLDERS["encoder"], "none")
    template, length = network.tokenizer.template, LONG[1]
    articles = ROOT / "knowledge_base" / "articles"
    lines = [
        json.loads(line)
        for path in sorted((ROOT / "tests" / "data" / "questions").glob("*.product.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    lines = [line for line in lines if line.get("document")]
    lines = [lines[number * len(lines) // PAIRS] for number in range(PAIRS)]
    questions = network.tokenizer.tokenize([line["question"] for line in lines])
    passages = network.tokenizer.tokenize([(articles / line["document"]).read_text("utf-8") for line in lines])
    ids, mask, segments = (np.zeros((PAIRS, length), dtype=np.int64) for _ in range(3))
    for row, (question, passage) in enumerate(zip(questions, passages, strict=True)):
        head = [*template.start, *question.ids[:60].tolist(), *template.between]
        whole = [*head, *passage.ids[: length - len(head) - 1 - row % 40].tolist(), *template.end]  # some padding
        ids[row, : len(whole)], mask[row, : len(whole)] = whole, 1
        segments[row, len(head) : len(whole)] = template.passage_segment
    return {"ids": ids, "mask": mask, "segments": segments}


def _batches(texts: Any) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    rows = [texts[name] for name in ("ids", "mask", "segments")]
    return [tuple(row[at : at + PAIR_BATCH] for row in rows) for at in range(0, PAIRS, PAIR_BATCH)]  # type: ignore[misc]


def _full_rows(texts: Any, rows: int, length: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    whole = [place for place in range(PAIRS) if texts["mask"][place, :length].all()][:rows]
    ids, mask, segments = (np.ascontiguousarray(texts[n][whole, :length]) for n in ("ids", "mask", "segments"))
    return ids, mask, segments


def _seconds(work: Callable[[], Any]) -> float:
    """Median processor time."""
    for _ in range(WARM_UP):
        work()
    spent = []
    for _ in range(REPEATS):
        started = time.process_time()
        work()
        spent.append(time.process_time() - started)
    return float(np.median(spent))


def _transformers_model(plain: Path, part: str, **settings: Any) -> Any:
    import transformers

    name = "AutoModel" if part == "encoder" else "AutoModelForQuestionAnswering"
    model = getattr(transformers, name).from_pretrained(plain, **{"dtype": "float32", **settings}).eval()
    if part == "encoder":
        model.pooler = None  # not in the packaged weights, and nobody reads it
    return model


def _onnx_file(plain: Path, part: str) -> Path:
    """The exported model as ONNX, made once."""
    path = plain / "model.onnx"
    if path.is_file():
        return path
    import torch

    model = _transformers_model(plain, part, attn_implementation="eager")

    class Plain(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, ids: torch.Tensor, mask: torch.Tensor, segments: torch.Tensor) -> torch.Tensor:
            output = self.model(input_ids=ids, attention_mask=mask, token_type_ids=segments)
            if part == "encoder":
                return output.last_hidden_state
            return torch.stack([output.start_logits, output.end_logits], dim=-1)

    axes = {name: {0: "n", 1: "length"} for name in ONNX_INPUTS}
    rows = (torch.ones(2, 16, dtype=torch.long),) * 3
    with torch.inference_mode():
        torch.onnx.export(Plain(), rows, path, input_names=list(ONNX_INPUTS), dynamic_axes=axes, dynamo=False)
    return path


def table(cases: dict[str, dict[str, Any]]) -> str:
    """One Markdown line per case."""
    lines = ["| model | number type | short tok/s | long tok/s | nearness | peak MB |", "|---|---|---:|---:|---|---:|"]
    for title, case in cases.items():
        part, _, name = title.partition(": ")
        near = ", ".join(f"{key} {case[key]}" for key in case if key.split("_")[0] in ("cosine", "logit", "same"))
        speed = case["tokens_per_s"]
        lines.append(f"| {part} | {name} | {speed['short']} | {speed['long']} | {near} | {case.get('peak_mb', '')} |")
    return "\n".join(lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--other-python", metavar="PYTHON", help="one that has onnxruntime, openvino and nncf")
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", choices=[*HERE, *ELSEWHERE], help="only these number types"
    )
    parser.add_argument("--out", type=Path, default=OUT, metavar="FILE", help="results (default: beside this script)")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    parser.add_argument("--part", choices=list(FOLDERS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()

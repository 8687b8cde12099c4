"""XLM-R base and large in their full size with random weights: load time, memory and speed of every number type.

Run: python tests/benchmarks/large_checkpoints.py [--cases reader-base-int8-words ...] [--again] [--out FILE]

No hub: checkpoints are built from their configs, with a tokenizer of the real size. Weights say nothing here, sizes do.
On CUDA when there is one, else on the processor. Each case runs in a process of its own, twice where it quantizes: the
first start makes the quantized copy, the second one finds it and is measured. A case that is in FILE already, for this
device, is not run again. Cases are PART-SIZE-TYPE[-words]: `-words` has the word embedding as int8 rows;
"reader" is one question with 5 passages of 180 tokens; "whole" is encoder, reader and an index of 100,000 passages.

Simultaneous questions come from as many threads. Times on a GPU are those of the clock; on a processor they are
processor time, because benchmarks share the machine; 64 at once on a processor only where `--simultaneous` says so.
"""

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from own_process import held_mb, peak_mb, run_case, save

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from retrieval.encoder import Encoder  # noqa: E402  # the repository is not installed, so its path comes first
from retrieval.model_types import TokenBatch  # noqa: E402
from retrieval.profiles import XLM_R_BASE, XLM_R_LARGE  # noqa: E402
from retrieval.quantized_copies import delete_copies  # noqa: E402
from retrieval.transformer import load_encoder_network, load_reader_network  # noqa: E402
from retrieval.vector_index import VectorIndex  # noqa: E402

OUT = ROOT / "tests" / "benchmarks" / "results" / "large_checkpoints.json"
SIZES = {"base": (XLM_R_BASE, 12), "large": (XLM_R_LARGE, 16)}
"""Shape and attention heads."""
TYPES = ("none", "none-words", "int8", "int8-words", "nf4", "nf4-words")
WHOLE_TYPES = ("none", "int8-words", "nf4-words")
CASES = [
    *(f"reader-{size}-{kind}" for size in SIZES for kind in TYPES),
    *(f"whole-{size}-{kind}" for size in SIZES for kind in WHOLE_TYPES),
]
PASSAGES, PASSAGE_TOKENS, QUESTION_TOKENS = 5, 180, 20
INDEXED_PASSAGES = 100_000
SPECIALS = ("<s>", "<pad>", "</s>", "<unk>")

Ask = Callable[[int], object]
"""Answer question number n."""


def main() -> None:
    options = _options()
    if options.build:
        build(options.build, options.work)
        sys.stdout.write("{}\n")
    elif options.case:
        sys.stdout.write(json.dumps(measure(options)) + "\n")
    else:
        run_all(options)


def run_all(options: argparse.Namespace) -> None:
    """Every wanted case, one after the other; results are written after each."""
    from chatbot.evaluation.provenance import provenance

    device = run_case(__file__, ["--case", "device"])["device"]
    record: dict[str, Any] = {"cases": {}}
    if options.out.is_file():
        record = json.loads(options.out.read_text(encoding="utf-8"))
    record.update(provenance(), passages=PASSAGES, passage_tokens=PASSAGE_TOKENS, indexed_passages=INDEXED_PASSAGES)
    with tempfile.TemporaryDirectory(prefix="anytongue-large-", dir=options.work) as work:
        os.environ["HF_HOME"] = work  # copies of random weights have no place in anybody's cache
        for case in options.cases:
            title = f"{device}: {case}"
            if title in record["cases"] and "error" not in record["cases"][title] and not options.again:
                continue
            size = case.split("-")[1]
            if not (Path(work) / size).exists():
                sys.stderr.write(f"building {size}\n")
                built = run_case(__file__, ["--build", size, "--work", work])
                if "error" in built:
                    sys.exit(f"XLM-R {size} could not be built: {built['error']}")
            sys.stderr.write(f"{title}\n")
            record["cases"][title] = _run_twice(case, work, options) | {"date": record["date"]}
            save(options.out, record)
    sys.stdout.write(table(record["cases"]) + "\n")


def _run_twice(case: str, work: str, options: argparse.Namespace) -> dict[str, Any]:
    arguments = ["--case", case, "--work", work, "--threads", str(options.threads)]
    simultaneous = ["--simultaneous", *map(str, options.simultaneous)] if options.simultaneous else []
    first: dict[str, Any] = {}
    if not case.endswith("none"):
        made = run_case(__file__, [*arguments, "--load-only"], threads=options.threads)
        if "error" in made:
            return made
        copies = sum(path.stat().st_size for path in (Path(work) / "anytongue").rglob("*") if path.is_file())
        first = {"first_load_s": made["load_s"], "first_peak_mb": made["peak_mb"], "copy_mb": round(copies / 1e6)}
    found = run_case(__file__, [*arguments, *simultaneous], threads=options.threads)
    _clear_copies(work)
    return {**found, **first}


def _clear_copies(work: str) -> None:
    from huggingface_hub import constants

    constants.HF_HUB_CACHE = str(Path(work) / "hub")  # read from the environment before it was set here
    delete_copies()


def build(size: str, work: Path) -> None:
    """A checkpoint folder with random weights and a tokenizer as large as the real one."""
    import torch
    import transformers
    from tokenizers import Tokenizer
    from tokenizers.models import Unigram
    from tokenizers.pre_tokenizers import Metaspace
    from tokenizers.processors import TemplateProcessing

    shape, heads = SIZES[size]
    config = transformers.XLMRobertaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.width,
        num_hidden_layers=shape.layers,
        num_attention_heads=heads,
        intermediate_size=shape.feed_forward,
        max_position_embeddings=shape.positions,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
    )
    torch.manual_seed(1)
    transformers.XLMRobertaForQuestionAnswering(config).save_pretrained(work / size)
    words = [f"▁w{number}" for number in range(shape.vocabulary - len(SPECIALS))]
    tokenizer = Tokenizer(Unigram([(piece, -9.0) for piece in (*SPECIALS, *words)], unk_id=3))
    tokenizer.pre_tokenizer = Metaspace()
    tokenizer.post_processor = TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        sep_token="</s>",
        cls_token="<s>",
        pad_token="<pad>",
        unk_token="<unk>",
        model_max_length=512,
    ).save_pretrained(work / size)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """One case in this process."""
    import torch
    import transformers  # noqa: F401  # its four seconds are the program's, not the checkpoint's

    gpu = torch.cuda.is_available()
    device = torch.cuda.get_device_name() if gpu else "processor"
    if options.case == "device":
        return {"device": device}
    part, size, kind, *words = options.case.split("-")
    before_mb, started = held_mb(), time.perf_counter()
    clock = time.perf_counter if gpu else time.process_time
    began = clock()
    load = {"quantization": kind, "int8_words": bool(words)}
    ask = _whole(options.work / size, load) if part == "whole" else _reader(options.work / size, load)
    found: dict[str, Any] = {
        "device": device,
        "load_s": round(clock() - began, 2),
        "load_wall_s": round(time.perf_counter() - started, 2),
        "threads": torch.get_num_threads(),
    }
    if not options.load_only:
        ask(0)  # kernels are chosen, and lazily read weights arrive
        found["held_mb"] = held_mb() - before_mb
        if gpu:
            found["gpu_held_mb"] = round(torch.cuda.memory_allocated() / 1e6)
        found |= _speed(ask, clock, gpu, options.simultaneous)
    if gpu:
        found["gpu_peak_mb"] = round(torch.cuda.max_memory_allocated() / 1e6)
    return {**found, "peak_mb": peak_mb()}


def _reader(folder: Path, load: dict[str, Any]) -> Ask:
    network = load_reader_network(folder, load["quantization"], int8_words=load["int8_words"])
    return lambda number: network.span_scores(_rows(number, PASSAGES, PASSAGE_TOKENS))


def _whole(folder: Path, load: dict[str, Any]) -> Ask:
    """Encode the question, find passages among 100,000, read five."""
    encoder_network = load_encoder_network(folder, load["quantization"], int8_words=load["int8_words"])
    encoder = Encoder(encoder_network)
    read = _reader(folder, load)
    generator = np.random.default_rng(1)
    vectors = generator.standard_normal((INDEXED_PASSAGES, encoder.dim), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index = VectorIndex(np.arange(INDEXED_PASSAGES), vectors)
    del vectors

    def ask(number: int) -> object:
        text = " ".join(f"w{(number * 7919 + step * 104_729) % 200_000}" for step in range(QUESTION_TOKENS - 2))
        index.search(encoder.encode_questions([text])[0], PASSAGES)
        return read(number)

    return ask


def _rows(number: int, rows: int, length: int) -> TokenBatch:
    ids = np.random.default_rng(number).integers(len(SPECIALS), 250_000, (rows, length))
    ids[:, 0], ids[:, -1] = 0, 2
    return TokenBatch(ids, np.ones_like(ids), np.zeros_like(ids))


def _speed(ask: Ask, clock: Callable[[], float], gpu: bool, simultaneous: list[int] | None) -> dict[str, Any]:
    repeats = 50 if gpu else 3
    spent = []
    for number in range(repeats):
        started = clock()
        ask(number)
        spent.append(1000 * (clock() - started))
    p50, p95 = np.percentile(spent, [50, 95])
    per_second = {}
    for users in simultaneous or ([1, 8, 64] if gpu else [1, 8]):
        each = 5 if gpu else 1
        per_second[str(users)] = round(users * each / _together(ask, users, each, clock), 2)
    return {"p50_ms": round(float(p50), 1), "p95_ms": round(float(p95), 1), "questions_per_s": per_second}


def _together(ask: Ask, users: int, each: int, clock: Callable[[], float]) -> float:
    """Time until every thread has its answers."""

    def user(number: int) -> None:
        for turn in range(each):
            ask(number * each + turn)

    threads = [threading.Thread(target=user, args=(number,)) for number in range(users)]
    started = clock()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return clock() - started


def table(cases: dict[str, dict[str, Any]]) -> str:
    """One Markdown line per case."""
    lines = [
        "| case | first load s | load s | copy MB | held MB | peak MB | p50 ms | questions/s at once |",
        "|---|---:|---:|---:|---:|---:|---:|---|",
    ]
    for title, case in cases.items():
        if "error" in case:
            lines.append(f"| {title} | {case['error']} |")
            continue
        on_gpu = f" (GPU {case['gpu_held_mb']})" if "gpu_held_mb" in case else ""
        speed = ", ".join(f"{users}: {rate}" for users, rate in case["questions_per_s"].items())
        lines.append(
            f"| {title} | {case.get('first_load_s', '')} | {case['load_s']} | {case.get('copy_mb', '')} | "
            f"{case['held_mb']}{on_gpu} | {case['peak_mb']} | {case['p50_ms']} | {speed} |"
        )
    return "\n".join(lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", nargs="+", metavar="CASE", choices=CASES, default=CASES, help=", ".join(CASES))
    parser.add_argument("--again", action="store_true", help="measure cases that are in FILE already, too")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="processor threads (default: 1)")
    parser.add_argument("--simultaneous", nargs="+", type=int, metavar="N", help="users (1 8 64; on a processor 1 8)")
    parser.add_argument("--out", type=Path, default=OUT, metavar="FILE", help="results (default: beside this script)")
    parser.add_argument("--work", type=Path, metavar="DIR", help="where checkpoints are built (up to 4 GB)")
    parser.add_argument("--build", choices=list(SIZES), help=argparse.SUPPRESS)
    parser.add_argument("--case", help=argparse.SUPPRESS)
    parser.add_argument("--load-only", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()

"""Results of the other benchmarks -> the table and the picture in README: memory against F1 against speed.

Run: python tests/benchmarks/draw_number_types.py

Reads number_types_xquad.json and large_checkpoints.json beside it; writes chatbot/evaluation/number_types.png and the
lines between the marks in README. Needs matplotlib (the `evaluate` extra). Nothing is measured here.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "tests" / "benchmarks" / "results"
PICTURE = ROOT / "chatbot" / "evaluation" / "number_types.png"
"""A Space has no tests, and shows README."""

BEGIN, END = "<!-- number types: made by tests/benchmarks/draw_number_types.py -->", "<!-- /number types -->"
MOST_BYTES, COLOURS = 60_000, 64
BLUE, ORANGE, GREY = "#1f5fa8", "#d9772b", "#8a8a8a"
AREA_PER_MS = 3.0
SHOWN_F1 = 6
"""Of the axis: so that a difference looks no larger than it is."""
BELOW = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.13), "ncols": 2}
"""Where a legend hides no point."""


def main() -> None:
    quality, large = read()
    draw(quality, large)
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    if BEGIN not in text:
        sys.exit(f"README.md has no line {BEGIN}: put it, and {END}, where the table belongs.")
    marked = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), re.DOTALL)
    readme.write_text(marked.sub(lambda _: block(quality, large), text), encoding="utf-8")


def read() -> tuple[dict[str, Any], dict[str, Any]]:
    """The two results."""
    names = ("number_types_xquad.json", "large_checkpoints.json")
    quality, large = (json.loads((RESULTS / name).read_text(encoding="utf-8")) for name in names)
    return quality, large


def block(quality: dict[str, Any], large: dict[str, Any]) -> str:
    """What stands in README, marks included."""
    return "\n".join([BEGIN, *packaged_table(quality), "", *large_table(large), "", source(quality, large), END])


def source(quality: dict[str, Any], large: dict[str, Any]) -> str:
    """How the numbers were made."""
    counts = list(quality["questions"].values())
    return (
        f"Above: {min(counts)} questions in each of {len(counts)} languages, gold passage given, "
        f"{quality['date'][:10]}, {quality['machine']['processor']}. Below: XLM-R in full size with random weights, "
        f"{large['date'][:10]}, {large['machine']['processor']}. Both: one thread, processor time, while other "
        "programs ran beside. "
        "Memory: resident after the first question; of a file that is mapped only the pages that were read."
    )


def packaged_table(quality: dict[str, Any]) -> list[str]:
    """The packaged reader: answers against memory and time."""
    lines = [
        "| packaged reader, XQuAD | EM | F1 | F1 lost | memory MB | ms a question |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, found in quality["variants"].items():
        loss = quality["loss"].get(name)
        lost = f"{loss['mean']:.1f} (most: {loss['worst']['language']} {loss['worst']['f1']:.1f})" if loss else ""
        lines.append(
            f"| {name} | {found['em']:.1f} | {found['f1']:.1f} | {lost} | {found['held_mb']} | "
            f"{found['ms_a_question']:.0f} |"
        )
    return lines


def large_table(large: dict[str, Any]) -> list[str]:
    """XLM-R in full size: memory and time."""
    lines = [
        "| five passages of 180 tokens | first load s | load s | on disk MB | memory MB | ms a question "
        "| questions/s with 1, 8, 64 at once |",
        "|---|---:|---:|---:|---:|---:|---|",
    ]
    for title, case in sorted(large["cases"].items()):
        if "error" in case:
            continue
        held = case.get("gpu_held_mb", case["held_mb"])
        lines.append(
            f"| {_large_name(title)} | {case.get('first_load_s', '')} | {case['load_s']} | {case.get('copy_mb', '')} | "
            f"{held} | {case['p50_ms']:.0f} | {', '.join(map(str, case['questions_per_s'].values()))} |"
        )
    return lines


def _large_name(title: str) -> str:
    device, _, case = title.partition(": ")
    part, size, kind, *words = case.split("-")
    what = "XLM-R" if part == "reader" else "encoder, reader, 100,000 passages: XLM-R"
    return f"{what} {size}, {kind}, {'int8' if words else 'float'} words ({device})"


def draw(quality: dict[str, Any], large: dict[str, Any]) -> None:
    """Left: the packaged reader. Right: XLM-R, whose random weights have no F1."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from PIL import Image

    figure = Figure(figsize=(9, 5.2), dpi=110, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    for name, found in quality["variants"].items():
        colour = ORANGE if name.startswith("nf4") else BLUE if name.startswith("int8") else GREY
        size, marker = AREA_PER_MS * found["ms_a_question"], "o" if name.endswith("int8 words") else "s"
        label = f"{name}: {found['ms_a_question']:.0f} ms"
        left.scatter(
            found["held_mb"],
            found["f1"],
            s=size,
            color=colour,
            marker=marker,
            alpha=0.7,
            edgecolors="black",
            label=label,
        )
    left.legend(fontsize=7, **BELOW, markerscale=0.6, labelspacing=1.2)
    middle = sum(found["f1"] for found in quality["variants"].values()) / len(quality["variants"])
    left.margins(0.15)
    left.set_ylim(middle - SHOWN_F1 / 2, middle + SHOWN_F1 / 2)
    left.set_xlabel("memory (MB)")
    left.set_ylabel("F1, mean of the languages")
    left.set_title("Packaged reader on XQuAD; area: ms a question", fontsize=9)
    for title, case in large["cases"].items():
        if "error" in case or ": reader" not in title:
            continue
        held = case.get("gpu_held_mb", case["held_mb"])
        kind = title.split("-", 2)[2]
        colour = ORANGE if kind.startswith("nf4") else BLUE if kind.startswith("int8") else GREY
        size, marker = 110 if "large" in title else 40, "o" if kind.endswith("words") else "s"
        label = (
            f"{'large' if 'large' in title else 'base'} {kind.replace('-', '+')}: {held} MB, {case['p50_ms']:.0f} ms"
        )
        right.scatter(
            held, case["p50_ms"], s=size, color=colour, marker=marker, alpha=0.7, edgecolors="black", label=label
        )
    right.legend(fontsize=7, **BELOW)
    right.margins(0.2)
    right.set_xlim(left=0, right=1.15 * right.get_xlim()[1])
    right.set_ylim(bottom=0)
    right.set_xlabel("memory (MB)")
    right.set_ylabel("ms a question, one at a time")
    right.set_title("XLM-R reader, random weights; +words: int8 word rows", fontsize=9)
    canvas.draw()
    image = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba(), "raw", "RGBA", 0, 1)
    image.convert("RGB").quantize(COLOURS).save(PICTURE, optimize=True)
    if PICTURE.stat().st_size > MOST_BYTES:
        sys.exit(f"{PICTURE} has {PICTURE.stat().st_size} bytes, more than {MOST_BYTES}.")


if __name__ == "__main__":
    main()

"""Evaluation results -> PNG pictures. Needs matplotlib (the `evaluate` extra)."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chatbot.evaluation.published import ANCHOR_NOTE, ANCHORS, DISTANCE_NOTE, is_xquad, syntax_distance
from chatbot.evaluation.results import END_TO_END_F1, GAP_F1, READING_F1, ConfidenceReport, Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DOTS_PER_INCH = 150
SIZE_INCHES = (9.0, 5.0)

BLUE, ORANGE, GREY = "#1f5fa8", "#d9772b", "#8a8a8a"
"""Told apart with any colour vision, and on a grey print."""

ANCHOR_MARKERS = ("v", "^", "D")

Draw = Callable[["Axes", Results], None]


class PicturesNeedMatplotlib(Exception):
    """The library that draws is not installed."""


def require_matplotlib() -> None:
    """Raise PicturesNeedMatplotlib where it is not installed."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise PicturesNeedMatplotlib(
            "Pictures need matplotlib, which is not installed. Run: pip install 'anytongue[evaluate]'"
        ) from error


def draw_all(results: Results, folder: Path) -> list[Path]:
    """Every picture that these results have data for; returns the files."""
    require_matplotlib()
    folder.mkdir(parents=True, exist_ok=True)
    pictures: dict[str, tuple[Draw, bool]] = {
        "f1_by_language.png": (draw_f1, READING_F1 in _all_scores(results)),
        "gap_by_distance.png": (draw_gap, len(_gaps(results)) > 1),
        "coverage_risk.png": (draw_coverage, results.pooled is not None),
        "reliability.png": (draw_reliability, results.pooled is not None),
    }
    return [_draw(draw, results, folder / name) for name, (draw, has_data) in pictures.items() if has_data]


def draw_f1(axes: "Axes", results: Results) -> None:
    """F1 by language with intervals: gold passage given, and end to end; published anchors as marks."""
    codes = list(results.languages)
    for name, label, colour, shift in (
        (READING_F1, "reading (gold passage given)", BLUE, -0.2),
        (END_TO_END_F1, "end to end (whole collection)", ORANGE, 0.2),
    ):
        shown = [
            (i, results.languages[c].scores[name]) for i, c in enumerate(codes) if name in results.languages[c].scores
        ]
        axes.bar(
            [i + shift for i, _ in shown],
            [s.value for _, s in shown],
            width=0.38,
            color=colour,
            label=label,
            yerr=[[s.value - s.low for _, s in shown], [s.high - s.value for _, s in shown]],
            capsize=2,
            ecolor="black",
        )
    if is_xquad(results.run.get("data", {})):
        for marker, (label, scores) in zip(ANCHOR_MARKERS, ANCHORS.items(), strict=True):
            shown_codes = [(i, scores[c]) for i, c in enumerate(codes) if c in scores]
            places, values = [i for i, _ in shown_codes], [value for _, value in shown_codes]
            axes.plot(places, values, marker, markersize=5, color=GREY, label=label)
        axes.set_xlabel(ANCHOR_NOTE, fontsize=8)
    axes.set_xticks(range(len(codes)), codes)
    axes.set_ylim(0, 100)
    axes.set_ylabel("F1")
    axes.set_title("F1 by language of the question, English passages, 95 % intervals")
    axes.legend(fontsize=8, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1.08))


def draw_gap(axes: "Axes", results: Results) -> None:
    """How much is lost on the way from English, against how far the language is."""
    for code, gap in _gaps(results).items():
        distance = syntax_distance()[code]
        axes.errorbar(distance, gap.value, yerr=[[gap.value - gap.low], [gap.high - gap.value]], fmt="o", color=BLUE)
        axes.annotate(code, (distance, gap.value), textcoords="offset points", xytext=(6, 4))
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.set_xlabel(f"distance from English: {DISTANCE_NOTE}", fontsize=8)
    axes.set_ylabel("reading F1, English minus language")
    axes.set_title("Transfer gap against typological distance")


def draw_coverage(axes: "Axes", results: Results) -> None:
    """Share of wrong answers when only the surest are given."""
    for code, result in results.languages.items():
        if result.confidence:
            axes.plot(*_curve(result.confidence), linewidth=0.8, alpha=0.6, label=code)
    if results.pooled:
        axes.plot(*_curve(results.pooled), color="black", linewidth=2, label="all")
    axes.set_xlim(0, 100)
    axes.set_ylim(0, None)
    axes.set_xlabel("questions answered, surest first (%)")
    axes.set_ylabel("wrong among the answers (%)")
    axes.set_title("Coverage against risk")
    axes.legend(fontsize=8, ncols=2)


def draw_reliability(axes: "Axes", results: Results) -> None:
    """How often answers of a confidence were right; on the diagonal confidence is a probability."""
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1, label="a probability")
    if results.pooled:
        bins = results.pooled.reliability
        axes.plot([b.confidence for b in bins], [b.right for b in bins], marker="o", color=BLUE, label="all languages")
        for b in bins:
            axes.annotate(str(b.n), (b.confidence, b.right), textcoords="offset points", xytext=(5, -11), fontsize=7)
        axes.set_title(
            f"Reliability of the confidence (expected calibration error {results.pooled.calibration_error:.3f})"
        )
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel("confidence (numbers: answers in the bin)")
    axes.set_ylabel("share right")
    axes.legend(fontsize=8)


def _draw(draw: Draw, results: Results, path: Path) -> Path:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE_INCHES, dpi=DOTS_PER_INCH, layout="constrained")  # no pyplot: no state, no display
    FigureCanvasAgg(figure)
    draw(figure.subplots(), results)
    figure.savefig(path, metadata={"Software": None})  # the same results give the same bytes
    return path


def _curve(report: ConfidenceReport) -> tuple[list[float], list[float]]:
    return [100 * coverage for coverage, _ in report.risk_coverage], [100 * risk for _, risk in report.risk_coverage]


def _all_scores(results: Results) -> set[str]:
    return {name for result in results.languages.values() for name in result.scores}


def _gaps(results: Results) -> dict[str, Any]:
    return {
        code: result.scores[GAP_F1]
        for code, result in results.languages.items()
        if code != "en" and GAP_F1 in result.scores and code in syntax_distance()
    }

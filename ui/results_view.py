"""Evaluation results -> the page "How good is it?" as HTML, in the reader's language. Pure but for the files it shows.

Headings and captions are worded for everybody; the abbreviations of the field and where a number comes from stay
English.
"""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from chatbot.evaluation import results as names
from chatbot.evaluation.published import ANCHORS, is_xquad
from chatbot.evaluation.results import ConfidenceReport, LanguageResult, Results, ResultsError, read_results
from chatbot.phrases import PhraseKey, is_right_to_left, language_name, phrase
from ui.icons import LOGO

MEASURED = Path(__file__).resolve().parent.parent / "chatbot" / "evaluation" / "measured"
"""Committed results: `NAME.json`, with their pictures in a folder NAME beside it."""

Column = tuple[str, PhraseKey | str]
"""Score and heading: a phrase, or an abbreviation that is the same everywhere."""

LAYERS: tuple[tuple[PhraseKey, tuple[Column, ...]], ...] = (
    (
        PhraseKey.QUALITY_READING,
        ((names.READING_F1, "F1"), (names.READING_EM, "EM"), (names.GAP_F1, PhraseKey.QUALITY_GAP)),
    ),
    (
        PhraseKey.QUALITY_FINDING,
        (
            (names.RECALL_1, PhraseKey.QUALITY_FOUND_FIRST),
            (names.RECALL_5, PhraseKey.QUALITY_FOUND_IN_FIVE),
            (names.MRR, "MRR"),
        ),
    ),
    (
        PhraseKey.QUALITY_ANSWERING,
        (
            (names.END_TO_END_F1, "F1"),
            (names.END_TO_END_EM, "EM"),
            (names.GAP_END_TO_END_F1, PhraseKey.QUALITY_GAP),
        ),
    ),
    (
        PhraseKey.QUALITY_DECIDING,
        (
            (names.ANSWERED, PhraseKey.QUALITY_ANSWERED),
            (names.RIGHT_OF_ANSWERED, PhraseKey.QUALITY_RIGHT),
            (names.NOT_FOUND, PhraseKey.QUALITY_SILENT),
        ),
    ),
)
"""One small table each: apart they fit a phone, and apart they tell where something is lost."""

PICTURES = {
    "f1_by_language.png": PhraseKey.QUALITY_F1_PICTURE,
    "gap_by_distance.png": PhraseKey.QUALITY_GAP_PICTURE,
    "coverage_risk.png": PhraseKey.QUALITY_COVERAGE_PICTURE,
    "reliability.png": PhraseKey.QUALITY_RELIABILITY_PICTURE,
}
"""File and what it shows."""

CONFIDENCE_COLUMNS = ("ECE", "AURC", "AURC, reader")
CONFIDENCE_NOTE = (
    "ECE: expected calibration error, in points: how far the confidence is from the share of right answers. AURC: "
    "mean share of wrong answers when the surest are given first; beside it the same going by the reader's score alone."
)

Row = tuple[str, int, Sequence[str]]
"""Heading as HTML, number of questions, cells as HTML."""


def results_page(language: str = "en", folder: Path = MEASURED) -> str:
    """The whole document: one section for each results file in the folder."""
    sections = [_section(path, language) for path in sorted(folder.glob("*.json"))]
    if not sections:
        sections = [
            f"<p>{_text(PhraseKey.QUALITY_NOTHING, language)}</p>"
            '<p lang="en" dir="ltr"><code>python main.py evaluate DIR --out FILE</code></p>'
        ]
    title = _text(PhraseKey.QUALITY_TITLE, language)
    direction = "rtl" if is_right_to_left(language) else "ltr"
    chat = f"./?language={language}"
    return (
        f'<!doctype html><html lang="{language}" dir="{direction}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><title>{title} · Anytongue</title>'
        '<link rel="icon" href="data:,"><link rel="stylesheet" href="quality/style.css"></head><body>'
        f'<header class="qu-bar"><a class="qu-brand" href="{chat}" translate="no" lang="en">'
        f"{LOGO}<span>Anytongue</span></a>"
        f'<a href="{chat}">{_text(PhraseKey.QUALITY_BACK, language)}</a></header><main class="qu-main"><h1>{title}</h1>'
        f"<p>{_text(PhraseKey.QUALITY_INTRO, language)}</p>{''.join(sections)}</main></body></html>"
    )


def layer_tables(results: Results, language: str) -> str:
    """One table for each layer that was measured: a row per language, English first, and their mean."""
    parts = []
    for heading, columns in LAYERS:
        shown = [column for column in columns if any(column[0] in r.scores for r in results.languages.values())]
        if not shown:
            continue
        rows = [
            (label, result.n, [_score_cell(result, name) for name, _ in shown])
            for label, result in _labelled(results, language)
        ]
        heads = [_text(head, language) if isinstance(head, PhraseKey) else head for _, head in shown]
        parts.append(f"<h3>{_text(heading, language)}</h3>{_table(heads, rows, language)}")
    return "".join(parts)


def confidence_table(results: Results, language: str) -> str:
    """How far the confidence can be trusted, language by language and for all together; "" where it is not known."""
    if results.pooled is None:
        return ""
    reports = [(language_label(code), result.n, result.confidence) for code, result in results.languages.items()]
    total = sum(result.n for result in results.languages.values())
    rows = [
        (label, n, _confidence_cells(report)) for label, n, report in [*reports, ("&Sigma;", total, results.pooled)]
    ]
    return (
        f"<h3>{_text(PhraseKey.QUALITY_CONFIDENCE, language)}</h3>{_table(CONFIDENCE_COLUMNS, rows, language)}"
        f'<p class="qu-note" lang="en" dir="ltr">{CONFIDENCE_NOTE}</p>'
    )


def language_label(code: str) -> str:
    """A language by its own name, or the code of one that is not served."""
    return f'<span lang="{escape(code)}">{escape(language_name(code))}</span>'


def _section(path: Path, language: str) -> str:
    try:
        results = read_results(path)
    except ResultsError as error:
        return f'<section><h2>{escape(path.stem)}</h2><p lang="en" dir="ltr">{escape(str(error))}</p></section>'
    pictures = "".join(
        _picture(path.stem, file, _text(words, language))
        for file, words in PICTURES.items()
        if (path.with_suffix("") / file).is_file()
    )
    title = str(results.run.get("data", {}).get("name") or path.stem)
    return (
        f'<section><h2 dir="auto">{escape(title)}</h2>'
        f'<p class="qu-note" lang="en" dir="ltr">{escape(_origin(results))}</p>{pictures}'
        f"{layer_tables(results, language)}{_published(results, language)}"
        f"{confidence_table(results, language)}{_problems(results)}</section>"
    )


def _labelled(results: Results, language: str) -> list[tuple[str, LanguageResult]]:
    rows = [(language_label(code), result) for code, result in results.languages.items()]
    if results.mean and len(results.languages) > 1:
        rows.append((_text(PhraseKey.QUALITY_MEAN, language), results.mean))
    return rows


def _table(heads: Sequence[str], rows: Sequence[Row], language: str) -> str:
    top = "".join(f'<th scope="col">{head}</th>' for head in heads)
    body = "".join(
        f'<tr><th scope="row">{label}<small dir="ltr">n = {n}</small></th>{"".join(cells)}</tr>'
        for label, n, cells in rows
    )
    first = _text(PhraseKey.LANGUAGE_LABEL, language)
    return f'<table><thead><tr><th scope="col">{first}</th>{top}</tr></thead><tbody>{body}</tbody></table>'


def _score_cell(result: LanguageResult, name: str) -> str:
    score = result.scores.get(name)
    if score is None:
        return "<td></td>"
    return f'<td dir="ltr">{score.value:.1f}<small>{score.low:.1f}…{score.high:.1f}</small></td>'


def _confidence_cells(report: ConfidenceReport | None) -> list[str]:
    if report is None:
        return ["<td></td>"] * len(CONFIDENCE_COLUMNS)
    values = (report.calibration_error, report.risk_coverage_area, report.risk_coverage_area_reader)
    return [f'<td dir="ltr">{100 * value:.1f}</td>' for value in values]


def _published(results: Results, language: str) -> str:
    """The anchors as a table, beside results on the same questions only."""
    if not is_xquad(results.run.get("data", {})):
        return ""
    rows = []
    for code, result in results.languages.items():
        values = [scores.get(code) for scores in ANCHORS.values()]
        cells = ["<td></td>" if value is None else f'<td dir="ltr">{value:.1f}</td>' for value in values]
        rows.append((language_label(code), result.n, cells))
    heads = [f'<span lang="en">{escape(label)}</span>' for label in ANCHORS]
    return (
        f"<details><summary>{_text(PhraseKey.QUALITY_PUBLISHED, language)}</summary>"
        f"{_table(heads, rows, language)}</details>"
    )


def _picture(name: str, file: str, words: str) -> str:
    return (
        f'<figure><img src="quality/{quote(name)}/{file}" alt="{words}" width="1350" height="750" loading="lazy">'
        f'<figcaption aria-hidden="true">{words}</figcaption></figure>'
    )


def _origin(results: Results) -> str:
    run, machine = results.run, results.run.get("machine", {})
    data, checkpoints = run.get("data", {}), run.get("checkpoints", {})
    parts = [
        ("Measured", str(run.get("date", ""))[:10]),
        ("commit", str(run.get("commit") or "")[:12]),
        ("encoder", str(checkpoints.get("encoder", ""))[:12]),
        ("reader", str(checkpoints.get("reader", ""))[:12]),
        ("a sample of at most", f"{data['limit']} questions of each language" if data.get("limit") else ""),
        ("on", str(machine.get("processor", ""))),
        ("seconds", str(run.get("seconds", ""))),
    ]
    return ", ".join(f"{name} {value}" for name, value in parts if value)


def _problems(results: Results) -> str:
    if not results.problems:
        return ""
    lines = "".join(f"<li>{escape(problem)}</li>" for problem in results.problems)
    return (
        f'<details lang="en" dir="ltr"><summary>{len(results.problems)} problems in the question set</summary>'
        f"<ul>{lines}</ul></details>"
    )


def _text(key: PhraseKey, language: str) -> str:
    return escape(phrase(key, language))

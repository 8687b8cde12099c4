"""Bar charts as SVG text: no library, no script, readable in both colour schemes and by screen readers. Pure.

Colours come from classes in `desk.css`; the page's policy forbids style attributes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 1000, 240
LEFT, RIGHT, TOP, BOTTOM = 40, 8, 10, 26
"""Room for the numbers on the left and the dates below, in units of the drawing."""

MAX_BAR_WIDTH = 42
GAP_SHARE = 0.25
"""Of the space of a bar that stays empty."""

DATE_LABELS = 8

ROW_HEIGHT, BAR_HEIGHT, NAME_WIDTH, COUNT_WIDTH = 30, 16, 110, 92


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar in two parts, the good one below or in front."""

    name: str
    label: str
    """Said in full: in the tooltip and to screen readers."""
    good: float
    rest: float


def columns(title: str, bars: Sequence[Bar]) -> str:
    """Standing bars, left to right, for time; where there is no room for all, the latest are in sight."""
    top = _nice_top(max((bar.good + bar.rest for bar in bars), default=0))
    room, depth = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    step = room / max(len(bars), 1)
    width = min(step * (1 - GAP_SHARE), MAX_BAR_WIDTH)
    parts = [_lines(top, depth)]
    every = max(1, -(-len(bars) // DATE_LABELS))
    for number, bar in enumerate(bars):
        x = LEFT + step * number + (step - width) / 2
        good, rest = bar.good / top * depth, bar.rest / top * depth
        floor = TOP + depth
        parts.append(
            f'<g class="dk-bar"><title>{escape(bar.label)}</title>'
            f'<rect class="dk-hover" x="{LEFT + step * number:.1f}" y="{TOP}" width="{step:.1f}" height="{depth}"/>'
            f"{_rect('dk-good-bar', (x, floor - good, width, good))}"
            f"{_rect('dk-rest-bar', (x, floor - good - rest, width, rest))}</g>"
        )
        if number % every == 0:
            parts.append(f'<text class="dk-axis" x="{x + width / 2:.1f}" y="{HEIGHT - 8}">{escape(bar.name)}</text>')
    return f'<div class="dk-scroll" data-from-end>{_svg(title, WIDTH, HEIGHT, "".join(parts))}</div>'


def rows(title: str, bars: Sequence[Bar]) -> str:
    """Lying bars, one below the other, for names."""
    longest = max((bar.good + bar.rest for bar in bars), default=0) or 1
    room = WIDTH - NAME_WIDTH - COUNT_WIDTH
    parts = []
    for number, bar in enumerate(bars):
        y = number * ROW_HEIGHT + (ROW_HEIGHT - BAR_HEIGHT) / 2
        good, rest = bar.good / longest * room, bar.rest / longest * room
        middle = number * ROW_HEIGHT + ROW_HEIGHT / 2 + 4
        count = f"{bar.good:.0f} of {bar.good + bar.rest:.0f}"
        parts.append(
            f'<g class="dk-bar"><title>{escape(bar.label)}</title>'
            f'<text class="dk-name" x="{NAME_WIDTH - 10}" y="{middle:.1f}">{escape(bar.name)}</text>'
            f"{_rect('dk-good-bar', (NAME_WIDTH, y, good, BAR_HEIGHT))}"
            f"{_rect('dk-rest-bar', (NAME_WIDTH + good, y, rest, BAR_HEIGHT))}"
            f'<text class="dk-value" x="{NAME_WIDTH + good + rest + 8:.1f}" y="{middle:.1f}">{count}</text></g>'
        )
    height = max(len(bars), 1) * ROW_HEIGHT
    return f'<div class="dk-scroll">{_svg(title, WIDTH, height, "".join(parts))}</div>'


def _svg(title: str, width: int, height: int, inner: str) -> str:
    return f'<svg class="dk-chart" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">{inner}</svg>'


def _rect(name: str, box: tuple[float, float, float, float]) -> str:
    x, y, width, height = box
    if width <= 0 or height <= 0:
        return ""
    return f'<rect class="{name}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="2"/>'


def _lines(top: float, depth: float) -> str:
    parts = []
    for value in (0.0, top / 2, top):
        y = TOP + depth - value / top * depth
        parts.append(
            f'<line class="dk-line" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text class="dk-scale" x="{LEFT - 8}" y="{y + 4:.1f}">{value:g}</text>'
        )
    return "".join(parts)


def _nice_top(largest: float) -> float:
    """The next number of 2, 4, 6, 8, 10, 20, 30, 40, 60, ..: its half is a whole number too."""
    top = 1.0
    while True:
        for factor in (2, 3, 4, 6, 8, 10) if top > 1 else (2, 4, 6, 8, 10):
            if top * factor >= largest:
                return top * factor
        top *= 10

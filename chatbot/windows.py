"""Question and passage tokens -> overlapping windows that fit the reader. Pure; knows nothing of models.

A window is `start + question + between + lead + slice of the passage + end`; only the slice may hold answers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.model_types import IntArray, PairTemplate, TokenBatch, Tokens

MAX_QUESTION_TOKENS = 96
"""Longer questions lose their end: the passage needs the room, and no real question, gloss included, is longer."""

MAX_LEAD_TOKENS = 40
"""Title and headings are a hint; beyond this they would only push the passage out of the window."""


@dataclass(frozen=True, slots=True)
class WindowLimits:
    """How long a window may be, in tokens."""

    max_tokens: int = 320
    """Whole window. Sample passages fit one window; longer ones cost more than they bring."""
    stride_tokens: int = 96
    """Overlap of two windows of one passage: an answer at an edge stands whole in the other window."""


@dataclass(frozen=True, slots=True)
class Window:
    """One row for the reader."""

    passage: int
    """Index into the passages of the call."""
    ids: IntArray  # (length,)
    segments: IntArray  # (length,)
    first: int
    """Position of the first token that may start an answer."""
    offsets: IntArray  # (k, 2) characters of the passage text, for positions first .. first + k


def cut_windows(
    question: Tokens, passages: Sequence[tuple[Tokens, Tokens]], template: PairTemplate, limits: WindowLimits
) -> list[Window]:
    """Windows for every `(lead, text)` pair, in order; a passage without tokens gives none."""
    question_ids = question.ids[:MAX_QUESTION_TOKENS]
    windows = []
    for index, (lead, text) in enumerate(passages):
        head = np.concatenate([template.start, question_ids, template.between, lead.ids[:MAX_LEAD_TOKENS]])
        head_segments = np.zeros(len(head), dtype=np.int64)
        head_segments[len(template.start) + len(question_ids) + len(template.between) :] = template.passage_segment
        room = max(limits.max_tokens - len(head) - len(template.end), 2)
        for begin, end in _slices(len(text.ids), room, min(limits.stride_tokens, room // 2)):
            ids = np.concatenate([head, text.ids[begin:end], template.end]).astype(np.int64)
            segments = np.full(len(ids), template.passage_segment, dtype=np.int64)
            segments[: len(head)] = head_segments
            windows.append(Window(index, ids, segments, len(head), text.offsets[begin:end]))
    return windows


def _slices(length: int, room: int, stride: int) -> Iterator[tuple[int, int]]:
    begin = 0
    while begin < length:
        yield begin, min(begin + room, length)
        if begin + room >= length:
            return
        begin += room - stride


def pad_windows(windows: Sequence[Window], pad_id: int) -> TokenBatch:
    """Windows -> one padded batch (n, longest)."""
    length = max(len(window.ids) for window in windows)
    ids = np.full((len(windows), length), pad_id, dtype=np.int64)
    mask = np.zeros((len(windows), length), dtype=np.int64)
    segments = np.zeros((len(windows), length), dtype=np.int64)
    for row, window in enumerate(windows):
        ids[row, : len(window.ids)] = window.ids
        mask[row, : len(window.ids)] = 1
        segments[row, : len(window.ids)] = window.segments
    return TokenBatch(ids, mask, segments)

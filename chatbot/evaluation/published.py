"""Published numbers to hold ours against.

F1 on XQuAD after fine-tuning on English SQuAD, question and passage in the *same* language. Ours is another task:
question in X, passage in English. The passage then needs no transfer, but question and passage share no language.
Source: table "F1 scores" of the XQuAD repository (Artetxe et al. 2020, arXiv 1910.11856).
"""

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

MBERT = {
    "en": 83.5, "ar": 61.5, "de": 70.6, "el": 62.6, "es": 75.5, "hi": 59.2,
    "ru": 71.3, "th": 42.7, "tr": 55.4, "vi": 69.5, "zh": 58.0, "ro": 72.7,
}  # fmt: skip

XLM_R_LARGE = {
    "en": 86.5, "ar": 68.6, "de": 80.4, "el": 79.8, "es": 82.0, "hi": 76.7,
    "ru": 80.1, "th": 74.2, "tr": 75.9, "vi": 79.1, "zh": 59.3, "ro": 83.6,
}  # fmt: skip

TRANSLATE_TEST = {
    "en": 87.9, "ar": 73.7, "de": 79.8, "el": 79.4, "es": 82.0, "hi": 74.9,
    "ru": 79.9, "th": 64.6, "tr": 67.4, "vi": 76.3, "zh": 73.7,
}  # fmt: skip
"""BERT-large on the question and passage machine translated into English; no Romanian published."""

ANCHORS = {
    "mBERT": MBERT,
    "XLM-R large": XLM_R_LARGE,
    "translate-test BERT-large": TRANSLATE_TEST,
}

XQUAD_PASSAGES = "b69fa73a9031fe8eb0b8cb3add6cb3f67525bba4f0e967c94fe0542561b959e3"
"""`collection_hash` of its 240 English passages, the same for any choice of languages and for a sample."""

ANCHOR_NOTE = "marks: published, question and passage both in the language (XQuAD, zero-shot)"
"""Stands on every picture that shows them: they are another task."""

DISTANCE_FILE = Path(__file__).parent / "typology" / "syntax_distance.tsv"
"""Under a licence of its own (CC BY-SA 4.0): see the README beside it."""

DISTANCE_NOTE = "cosine distance of URIEL syntax features (lang2vec 1.1.2, Littell et al. 2017)"


def is_xquad(data: Mapping[str, Any]) -> bool:
    """Whether results are about the passages of XQuAD, whatever their folder was called. `data`: as `run` states it."""
    return data.get("collection") == XQUAD_PASSAGES


@cache
def syntax_distance() -> Mapping[str, float]:
    """Language -> cosine distance from English of the syntax features of URIEL, 0..1."""
    with DISTANCE_FILE.open(encoding="utf-8", newline="") as file:
        return {row["language"]: float(row["distance"]) for row in csv.DictReader(file, delimiter="\t")}

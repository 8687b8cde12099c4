"""How far each served language is from English: the table in chatbot/evaluation/typology, from URIEL's values.

Run: pip download --no-deps lang2vec==1.1.2 && unzip lang2vec-1.1.2-*.whl -d lang2vec-1.1.2
     python tests/benchmarks/typological_distance.py lang2vec-1.1.2/lang2vec/data
Distance: one minus the cosine of the syntax features, those that no source states filled by nearest neighbours
(`syntax_knn`). Only the data files are read: the package itself needs a library that Python no longer brings.
"""

import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from chatbot.evaluation.published import DISTANCE_FILE  # noqa: E402  # the repository is not installed

URIEL_CODES = {
    "en": "eng", "ar": "arb", "bg": "bul", "de": "deu", "el": "ell", "es": "spa", "fr": "fra", "hi": "hin",
    "id": "ind", "it": "ita", "ja": "jpn", "ko": "kor", "nl": "nld", "pl": "pol", "pt": "por", "ro": "ron",
    "ru": "rus", "sw": "swh", "th": "tha", "tr": "tur", "ur": "urd", "vi": "vie", "zh": "cmn",
}  # fmt: skip
"""ISO 639-3, the variety that is written: Standard Arabic, Mandarin, Swahili proper."""


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) == 2 else sys.exit(__doc__)
    distances = syntax_distances(folder / "feature_predictions.npz")
    lines = ["language\tdistance", *(f"{code}\t{distance:.3f}" for code, distance in distances.items())]
    DISTANCE_FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(distances)} languages written to {DISTANCE_FILE}.\n")


def syntax_distances(path: Path) -> dict[str, float]:
    """Cosine distance from English of every served language, 0..1."""
    uriel = np.load(path)
    syntax = [index for index, name in enumerate(uriel["feats"]) if name.startswith("S_")]
    rows = {code: uriel["data"][list(uriel["langs"]).index(name)][syntax, 0] for code, name in URIEL_CODES.items()}
    units = {code: row / np.linalg.norm(row) for code, row in rows.items()}
    return {code: abs(1 - float(unit @ units["en"])) for code, unit in units.items()}


if __name__ == "__main__":
    main()

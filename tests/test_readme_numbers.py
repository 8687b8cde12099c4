"""The numbers in README are those of the committed results."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parent.parent
BENCHMARKS = ROOT / "tests" / "benchmarks"


def drawing():
    spec = importlib.util.spec_from_file_location("draw_number_types", BENCHMARKS / "draw_number_types.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_of_number_types_is_made_of_the_results():
    script = drawing()
    assert script.block(*script.read()) in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_picture_is_small_and_has_a_palette():
    content = (ROOT / "chatbot" / "evaluation" / "number_types.png").read_bytes()
    colour_type = content[25]  # in the header chunk: 3 = palette
    assert (len(content) < 60_000, colour_type) == (True, 3)

"""The numbers in README are those of the committed results, and of the profiles."""

import importlib.util
from pathlib import Path

import pytest

from retrieval.memory_need import network_need, peak_need
from retrieval.profiles import PACKAGED, PROFILES, encoder_facts, reader_facts

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


@pytest.mark.parametrize("pair", PROFILES, ids=lambda pair: pair.name)
def test_the_table_of_models_is_made_of_the_profiles(pair):
    shapes = [encoder_facts(pair.encoder).shape, reader_facts(pair.reader).shape]
    packaged = pair.name == PACKAGED
    on_gpu = "float32" if packaged else "bfloat16"
    processor = [network_need(shape, "int8", "float32", gpu=False, packaged=packaged) for shape in shapes]
    gpu = [network_need(shape, "none", on_gpu, gpu=True, packaged=packaged) for shape in shapes]
    held, loading, held_on_gpu = (
        round(need / 1e6)
        for need in (sum(need.held for need in processor), peak_need(*processor), sum(need.held for need in gpu))
    )
    names = ["in this repository"] * 2 if packaged else [pair.encoder, pair.reader]
    row = f"| `{pair.name}` | {names[0]} | {names[1]} | {held} ({loading}) | {held_on_gpu} |"
    assert row in (ROOT / "README.md").read_text(encoding="utf-8").splitlines()


def test_the_picture_is_small_and_has_a_palette():
    content = (ROOT / "chatbot" / "evaluation" / "number_types.png").read_bytes()
    colour_type = content[25]  # in the header chunk: 3 = palette
    assert (len(content) < 60_000, colour_type) == (True, 3)

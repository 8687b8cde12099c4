"""Markdown of other programs: TOML front matter, heading anchors, deep nesting."""

import pytest

from knowledge_base.loaders import load_documents
from knowledge_base.loaders_errors import BrokenFile, WrongStructure


def load(tmp_path, content):
    path = tmp_path / "a.md"
    path.write_text(content)
    (document,) = load_documents(path)
    return document


def test_toml_front_matter_is_read_like_yaml(tmp_path):
    front = (
        'Title = "Refunds"\nurl = "https://e.com/r"\ntags = ["money", "time"]\nupdated = 2024-05-01\n\n'
        '[titles]\nde = "Erstattung"\n'
    )
    document = load(tmp_path, f"+++\n{front}+++\n\nFive days.\n")
    assert (document.title, document.url, document.tags) == ("Refunds", "https://e.com/r", ("money", "time"))
    assert (document.updated, document.translated_titles) == ("2024-05-01", {"de": "Erstattung"})
    assert document.text == "Five days."


def test_toml_front_matter_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(WrongStructure, match=r"has front matter that is not TOML: .*line 1"):
        load(tmp_path, "+++\ntitle = no quotes\n+++\nText.\n")


def test_plus_signs_without_an_end_are_text(tmp_path):
    assert load(tmp_path, "+++\nText.\n").text == "+++ Text."


@pytest.mark.parametrize("anchor", ["{#refunds}", "{#refunds .wide}", "{: #refunds}", "{.wide}"])
def test_heading_anchors_are_no_words(tmp_path, anchor):
    document = load(tmp_path, f"# Refunds {anchor}\n\nFive days.")
    assert (document.title, document.text) == ("Refunds", "Refunds\n\nFive days.")


@pytest.mark.parametrize("heading", ["The set {a, b}", "Use {name}", "Keys {#1} and more"])
def test_other_braces_in_headings_stay(tmp_path, heading):
    assert load(tmp_path, f"# {heading}\n\nText.").title == heading


def test_deep_lists_and_quotes_are_read(tmp_path):
    items = [f"step {depth}" for depth in range(30)]
    nested = "\n".join(f"{'  ' * depth}- {item}" for depth, item in enumerate(items))
    assert load(tmp_path, nested).text.split("\n") == items
    assert load(tmp_path, f"{'> ' * 60}Deep.").text == "Deep."


@pytest.mark.parametrize(
    "nested", ["\n".join(f"{'  ' * depth}- step" for depth in range(60)), f"Text.\n\n{'> ' * 200}Deep."]
)
def test_what_is_nested_too_deeply_is_refused_and_not_left_out(tmp_path, nested):
    with pytest.raises(BrokenFile, match="lists or quotes nested more than 50 deep; flatten them"):
        load(tmp_path, nested)

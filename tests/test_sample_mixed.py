"""Documents ingested beside the sample help centre: that answers will come from both is said."""

import argparse

import pytest
from fakes import FakeEncoder

from chatbot import assemble
from chatbot.settings import Settings
from ui import commands


@pytest.fixture
def ingest(tmp_path, monkeypatch, capsys):
    """A sample of one article, and how to ingest a file of tmp_path; gives what is said on stderr."""
    sample = tmp_path / "sample"
    sample.mkdir()
    (sample / "lamp.md").write_text("# Lamp\n\nThe warranty of a lamp is 2 years.\n", encoding="utf-8")
    (tmp_path / "mine.md").write_text("# Boats\n\nThe warranty of a boat is 5 years.\n", encoding="utf-8")
    monkeypatch.setattr(assemble, "SAMPLE_ARTICLES", sample)
    monkeypatch.setattr(assemble, "build_encoder", lambda settings: FakeEncoder())

    def ingest(name):
        options = argparse.Namespace(paths=[tmp_path / name], prune=False, any_language=True, json=True)
        commands.ingest(options, Settings(kb=tmp_path / "kb.db"))
        return capsys.readouterr().err

    return ingest


def test_documents_added_beside_the_sample_are_told_from_it(ingest):
    ingest("sample")
    assert "kb.db also holds 1 documents of the sample help centre" in ingest("mine.md")
    assert ingest("mine.md") == ""  # nothing new


def test_without_the_sample_nothing_is_said_of_it(ingest):
    assert ingest("mine.md") == ""


def test_ingesting_the_sample_itself_is_no_mixture(ingest):
    assert ingest("sample") == ""

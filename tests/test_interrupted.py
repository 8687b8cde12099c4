"""What an interrupted command says: only those that can go on promise it."""

import pytest

from ui import commands
from ui.cli import EXIT_INTERRUPTED, run


def interrupted(name, arguments, monkeypatch, capsys):
    def interrupt(options, settings):
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, name, interrupt)
    assert run(arguments) == EXIT_INTERRUPTED
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "arguments"), [("ingest", ["ingest", "docs"]), ("evaluate", ["evaluate", "set"]), ("serve", [])]
)
def test_a_command_that_can_go_on_says_so(name, arguments, monkeypatch, capsys):
    assert "run the same command again to continue" in interrupted(name, arguments, monkeypatch, capsys)


@pytest.mark.parametrize(
    ("name", "arguments"), [("calibrate", ["calibrate", "q.jsonl"]), ("parity", ["parity", "q.jsonl"])]
)
def test_a_command_that_starts_anew_promises_nothing(name, arguments, monkeypatch, capsys):
    said = interrupted(name, arguments, monkeypatch, capsys)
    assert said == "Interrupted. Nothing unfinished is kept; the same command starts from the beginning.\n"

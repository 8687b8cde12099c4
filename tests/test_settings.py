"""What the environment and the flags may say, and what is told of what they may not."""

import argparse

import pytest

from chatbot.settings import Settings, SettingsError
from ui.cli import build_parser


@pytest.mark.parametrize(
    ("variable", "value", "wanted"),
    [
        ("ANYTONGUE_THRESHOLD", "7", "a number from 0 to 1 is needed"),
        ("ANYTONGUE_THRESHOLD", "nan", "a number from 0 to 1 is needed"),
        ("ANYTONGUE_TOP_K", "0", "a whole number from 1 to 1000 is needed"),
        ("ANYTONGUE_TOP_K", "many", "a whole number from 1 to 1000 is needed"),
        ("ANYTONGUE_PORT", "99999", "a whole number from 1 to 65535 is needed"),
        ("GRADIO_SERVER_PORT", "99999", "a whole number from 1 to 65535 is needed"),
        ("ANYTONGUE_KEEP_QUESTIONS_DAYS", "-1", "a whole number from 0 to 100000 is needed"),
    ],
)
def test_a_number_that_would_answer_nothing_is_refused_by_its_variable(variable, value, wanted):
    with pytest.raises(SettingsError, match=f"{variable} is '{value}'; {wanted}"):
        Settings.from_environment({variable: value})


def test_the_ends_of_a_range_are_allowed():
    environment = {"ANYTONGUE_THRESHOLD": "0", "ANYTONGUE_TOP_K": "1", "ANYTONGUE_PORT": "65535"}
    settings = Settings.from_environment(environment)
    assert (settings.threshold, settings.top_k, settings.port) == (0.0, 1, 65535)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["serve", "--port", "99999"], "--port: 99999 is not a number from 1 to 65535"),
        (["bench", "--limit", "0"], "--limit: 0 is not a number from 1 on"),
        (["serve", "--threshold", "abc"], "--threshold: abc is not a number from 0 to 1"),
        (["ask", "x", "--threshold", "nan"], "--threshold: nan is not a number from 0 to 1"),
    ],
)
def test_a_flag_with_such_a_number_is_wrong_usage(arguments, said, capsys):
    with pytest.raises(SystemExit, match="2"):
        build_parser().parse_args(arguments)
    assert said in capsys.readouterr().err


def test_help_promises_a_variable_only_for_flags_that_have_one():
    parser = build_parser()
    assert "What serve takes as --FLAG can be set as ANYTONGUE_FLAG" in " ".join(parser.format_help().split())
    (commands,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    flags = {action.dest for action in commands.choices["serve"]._actions} - {"help"}
    assert flags <= set(Settings.__dataclass_fields__)

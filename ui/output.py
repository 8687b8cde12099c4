"""What the commands write on standard output, whatever characters the terminal or pipe takes."""

import io
import json
import sys
from typing import Any


def print_json(value: Any) -> None:
    """One line of JSON; characters that the output cannot take, lone surrogates among them, as JSON's own escapes."""
    line = json.dumps(value, ensure_ascii=False)
    try:
        line.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        line = json.dumps(value)
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def never_fail_on_characters() -> None:
    """Let text for people show what the output cannot take as escapes, instead of ending the command."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # not so where something else took its place, as in a notebook
        sys.stdout.reconfigure(errors="backslashreplace")

"""Anytongue: ask in any language, get the exact words of your English documents. `python main.py --help`."""

import sys

from ui.cli import run


def main() -> int:
    """Entry point of the `anytongue` command."""
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())

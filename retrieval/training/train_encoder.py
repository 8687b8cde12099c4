"""`train encoder`: first the vocabulary with first rows, then distillation."""

import argparse

from retrieval.training import average, dictionary, encoder, prepare

STAGES = {
    "vocabulary": (prepare, "extend an English checkpoint's vocabulary and align first rows"),
    "distil": (encoder, "bring translations to where their English text stands"),
    "dictionary": (dictionary, "learn from aligned text which English words stand for a word"),
    "average": (average, "the weights between the start of a run and its end"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One sub-command per stage."""
    stages = parser.add_subparsers(dest="stage", required=True)
    for name, (module, what) in STAGES.items():
        module.add_arguments(stages.add_parser(name, help=what, description=what))


def run(arguments: argparse.Namespace) -> None:
    """Run the stage that was named."""
    STAGES[arguments.stage][0].run(arguments)

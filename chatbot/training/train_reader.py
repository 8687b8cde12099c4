"""`train reader`: English first, then the transfer to other languages; last both models are packaged."""

import argparse

from chatbot.training import package, reader, transfer
from retrieval.training import average

STAGES = {
    "english": (reader, "fine-tune the span reader on English questions, rows frozen"),
    "transfer": (transfer, "read translations as the English question is read"),
    "average": (average, "the weights between the start of a run and its end"),
    "package": (package, "write encoder and reader into the folders of packaged weights"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One sub-command per stage."""
    stages = parser.add_subparsers(dest="stage", required=True)
    for name, (module, what) in STAGES.items():
        module.add_arguments(stages.add_parser(name, help=what, description=what))
    stages.choices["average"].set_defaults(reader=True)


def run(arguments: argparse.Namespace) -> None:
    """Run the stage that was named."""
    STAGES[arguments.stage][0].run(arguments)

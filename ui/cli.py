"""The command line: what can be typed. What each command does lives in `ui/commands.py`.

Imports nothing heavy, so that `--help` answers at once.
"""

import argparse
import logging
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from chatbot.settings import DEFAULT_KNOWLEDGE_BASE, Settings
from ui.arguments import count, day, port, share
from ui.help_texts import QUESTION_FORMATS
from ui.output import never_fail_on_characters

EXIT_ERROR = 1
EXIT_INTERRUPTED = 130
"""128 + SIGINT, what shells expect after Ctrl-C."""

OUR_PACKAGES = ("ui", "chatbot", "retrieval", "knowledge_base")
"""What these say on their way is for whoever typed the command; of libraries only warnings are."""

GO_ON = frozenset({"clear-copies", "deploy", "evaluate", "ingest", "serve", "train"})
"""Commands that an interrupted run leaves something to go on from."""

MODELS_HELP = "packaged | base | large | auto | ENCODER,READER by hub id or folder (default: packaged)"
RERANKER_HELP = "orders passages once more: none | auto (the profile's) | hub id | folder (default: none)"
CALIBRATION_HELP = "how sure an answer is: a file that calibrate wrote (default: the packaged one)"

Command = Callable[[argparse.Namespace, Settings], int]


def run(arguments: Sequence[str]) -> int:
    """Parse and execute; returns the exit code: 0 done, 1 a clear error on stderr, 2 wrong usage."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    for package in OUR_PACKAGES:
        logging.getLogger(package).setLevel(logging.INFO)
    never_fail_on_characters()
    options = build_parser().parse_args(list(arguments) or ["serve"])
    try:
        settings = _settings(options)
        return _command(options.command)(options, settings)
    except KeyboardInterrupt:
        print(_interrupted(options.command), file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader of our output went away
        return EXIT_ERROR
    except Exception as error:
        if os.environ.get("ANYTONGUE_DEBUG"):
            raise
        print(_explain(error), file=sys.stderr)
        return EXIT_ERROR


def _interrupted(command: str) -> str:
    if command in GO_ON:
        return "Interrupted. What was finished is kept; run the same command again to continue."
    return "Interrupted. Nothing unfinished is kept; the same command starts from the beginning."


def _explain(error: Exception) -> str:
    ours = type(error).__module__.split(".")[0] in OUR_PACKAGES
    if ours or isinstance(error, OSError):
        return f"Error: {error}"
    return f"Unexpected {type(error).__name__}: {error}. With ANYTONGUE_DEBUG=1 the whole traceback is shown."


def build_parser() -> argparse.ArgumentParser:
    """Every command with its flags, help and example."""
    parser = argparse.ArgumentParser(
        prog="python main.py",
        description="Ask in any language, get the exact words of your English documents.",
        epilog="Without a command the chat page is served. What serve takes as --FLAG can be set as ANYTONGUE_FLAG "
        "too, for every command; other flags cannot.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_serve(commands)
    _add_ingest(commands)
    _add_ask(commands)
    _add_parity(commands)
    _add_questions(commands)
    _add_desk_password(commands)
    _add_evaluate(commands)
    _add_calibrate(commands)
    _add_train(commands)
    _add_export(commands)
    _add_trim(commands)
    _add_bench(commands)
    _add_doctor(commands)
    _add_deploy(commands)
    _add(commands, "clear-copies", "delete the quantized copies of checkpoints (they are made again)", "clear-copies")
    _add(commands, "requirements", "write requirements.txt from pyproject.toml", "requirements")
    return parser


def _command(name: str) -> Command:
    from ui import commands

    found: Command = getattr(commands, name.replace("-", "_"))
    return found


def _settings(options: argparse.Namespace) -> Settings:
    settings = Settings.from_environment()
    named = {name: getattr(options, name, None) for name in Settings.__dataclass_fields__}
    return replace(settings, **{name: value for name, value in named.items() if value is not None})


_Commands = argparse._SubParsersAction  # argparse offers no public name for it


def _add(
    commands: "_Commands[argparse.ArgumentParser]", name: str, purpose: str, example: str
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=purpose,
        description=purpose[0].upper() + purpose[1:] + ".",
        epilog=f"example: python main.py {example}",
    )


def _add_models(command: argparse.ArgumentParser) -> None:
    command.add_argument("--kb", type=Path, metavar="FILE", help=f"knowledge base (default: {DEFAULT_KNOWLEDGE_BASE})")
    command.add_argument("--models", metavar="NAME", help=MODELS_HELP)
    command.add_argument("--reranker", metavar="NAME", help=RERANKER_HELP)
    command.add_argument("--quantization", choices=["none", "int8", "nf4", "auto"], help="number type (default: auto)")


def _add_answering(command: argparse.ArgumentParser) -> None:
    _add_models(command)
    command.add_argument("--calibration", type=Path, metavar="FILE", help=CALIBRATION_HELP)


def _add_serve(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _add(commands, "serve", "open the chat page", "serve --port 8080")
    _add_answering(command)
    command.add_argument("--host", help="address to listen on (default: 127.0.0.1; 0.0.0.0 = the whole network)")
    command.add_argument("--port", type=port, metavar="1..65535", help="port (default: 7860)")
    command.add_argument("--share", action="store_true", default=None, help="also open a public Gradio link")
    command.add_argument("--threshold", type=share, metavar="0..1", help="answer only when at least this sure")
    command.add_argument("--contact", metavar="MAIL|LINK", help="where readers can ask a person (default: not offered)")


def _add_ingest(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _add(commands, "ingest", "add or refresh English documents, then index them", "ingest docs/ --prune")
    command.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files or folders")
    _add_models(command)
    command.add_argument("--prune", action="store_true", help="drop documents whose file is gone from these folders")
    command.add_argument(
        "--any-language", action="store_true", help="accept documents that do not look English (answers will suffer)"
    )
    command.add_argument("--json", action="store_true", help="print the report as JSON")


def _add_ask(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _add(commands, "ask", "answer one question, or a file of them", 'ask "Wie lange habe ich Garantie?"')
    command.add_argument("question", nargs="?", help="the question, in any language; - reads it from standard input")
    command.add_argument("--batch", type=Path, metavar="FILE.jsonl", help='many: one {"id", "question"} a line')
    _add_answering(command)
    command.add_argument("--language", metavar="CODE", help="language of the reply (default: the question's)")
    command.add_argument("--threshold", type=share, metavar="0..1", help="answer only when at least this sure")
    command.add_argument("--json", action="store_true", help="print JSON")


def _add_parity(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _add(commands, "parity", "check that every language lands on the same words", "parity my_questions.jsonl")
    command.add_argument(
        "file", type=Path, metavar="FILE", help='one {"id", "question", "language"} a line; the same id = translations'
    )
    _add_answering(command)
    command.add_argument("--threshold", type=share, metavar="0..1", help="answer only when at least this sure")
    command.add_argument("--json", action="store_true", help="print JSON")


def _add_questions(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _add(
        commands, "questions", "export or erase what people asked", "questions export --format csv --out asked.csv"
    )
    kb = f"knowledge base (default: {DEFAULT_KNOWLEDGE_BASE})"
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    export = _add(actions, "export", "write questions, answers and feedback", "questions export --since 2026-01-01")
    export.add_argument("--kb", type=Path, metavar="FILE", help=kb)
    export.add_argument("--format", choices=["jsonl", "csv"], default="jsonl", help="default: jsonl")
    export.add_argument("--since", type=day, metavar="DATE", help="only questions from this day on (YYYY-MM-DD, UTC)")
    export.add_argument("--out", type=Path, metavar="FILE", help="where to; default: standard output")
    erase = _add(actions, "erase", "delete questions for good", "questions erase --before 2026-01-01")
    erase.add_argument("--kb", type=Path, metavar="FILE", help=kb)
    which = erase.add_mutually_exclusive_group(required=True)
    which.add_argument("--before", type=day, metavar="DATE", help="those asked before this day (YYYY-MM-DD, UTC)")
    which.add_argument("--conversation", metavar="ID", help="those of one conversation")
    which.add_argument("--all", action="store_true", help="all of them")


def _add_desk_password(commands: "_Commands[argparse.ArgumentParser]") -> None:
    _add(commands, "desk-password", "hash a password for the desk, the operators' page", "desk-password")


def _add_evaluate(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _add(
        commands, "evaluate", "measure quality, language by language", "evaluate data/eval/xquad --out r.json"
    )
    command.add_argument(
        "directory", nargs="?", type=Path, metavar="DIR", help="XQuAD-format folder or JSONL questions, see below"
    )
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    command.epilog = f"{command.epilog}\n\n{QUESTION_FORMATS}"
    _add_answering(command)
    command.add_argument("--languages", nargs="+", metavar="CODE", help="only these (default: all that are there)")
    command.add_argument("--limit", type=count, metavar="N", help="a sample: N questions of each language")
    command.add_argument("--out", type=Path, metavar="FILE", help="write the results as JSON; interrupted runs resume")
    command.add_argument("--pictures", type=Path, metavar="DIR", help="also draw them as PNG")
    command.add_argument(
        "--compare", nargs=2, type=Path, metavar=("A.json", "B.json"), help="what changed beyond noise"
    )
    command.add_argument("--json", action="store_true", help="print JSON")


def _add_calibrate(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _add(
        commands, "calibrate", "fit how sure an answer is to questions of your own", "calibrate my_questions/"
    )
    command.add_argument("questions", type=Path, metavar="PATH", nargs="+", help="JSONL question files or folders")
    _add_answering(command)
    command.add_argument("--english-qa", type=Path, metavar="FILE", help="also fit on this English QA dev file")
    command.add_argument(
        "--target", type=share, default=0.9, metavar="0..1", help="share of answers right (default 0.9)"
    )
    command.add_argument("--out", type=Path, metavar="FILE", help="where to store it (default: the calibration in use)")
    command.add_argument(
        "--report",
        type=Path,
        metavar="FILE",
        help="write what it is worth as JSON, pictures beside it",
    )


def _add_train(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _add(commands, "train", "make the packaged models", "train encoder --data data")
    command.add_argument("what", choices=["encoder", "reader"], help="which model")
    command.add_argument("rest", nargs=argparse.REMAINDER, help="flags of that training; --help lists them")


def _add_export(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _add(commands, "export", "write a packaged model as a plain Hugging Face folder", "export reader out/")
    command.add_argument("what", choices=["encoder", "reader"], help="which model")
    command.add_argument("folder", type=Path, metavar="DIR", help="where to; must not exist or be empty")


def _add_trim(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _add(
        commands,
        "trim",
        "cut a checkpoint's vocabulary to the served languages",
        "trim intfloat/multilingual-e5-small --languages de,fr --text asked.txt --out models/e5-small-de-fr",
    )
    command.add_argument("model", metavar="MODEL", help="hub id or folder, with WordPiece or SentencePiece")
    command.add_argument("--languages", required=True, metavar="CODE,CODE", help="which stay besides English")
    command.add_argument("--out", required=True, type=Path, metavar="DIR", help="where to; must not exist or be empty")
    command.add_argument(
        "--text", nargs="+", type=Path, metavar="FILE", help="text of these languages to count; the more the better"
    )
    command.add_argument("--questions", type=Path, metavar="FILE", help="one a line: must come out as before")
    command.add_argument("--kb", type=Path, metavar="FILE", help=f"also counted (default: {DEFAULT_KNOWLEDGE_BASE})")
    command.add_argument("--json", action="store_true", help="print JSON")


def _add_bench(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _add(commands, "bench", "time every stage on this machine, and the start of the page", "bench --limit 50")
    command.add_argument("--limit", type=count, metavar="N", help="at most so many sample questions (default: all)")
    command.add_argument("--skip-page", action="store_true", help="do not start the page")
    command.add_argument("--out", type=Path, metavar="FILE", help="also write the JSON here")


def _add_doctor(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _add(commands, "doctor", "say what this machine can run, and why", "doctor --json")
    _add_models(command)
    command.add_argument("--json", action="store_true", help="print JSON")


def _add_deploy(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _add(commands, "deploy", "put this program on Hugging Face Spaces", "deploy --space me/help --dry-run")
    command.add_argument("--space", required=True, metavar="OWNER/NAME", help="made when it does not exist yet")
    command.add_argument("--private", action="store_true", help="only you may see it, when it is made")
    command.add_argument("--dry-run", action="store_true", help="list the files and their sizes, and change nothing")

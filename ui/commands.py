"""What each command of the command line does. Imports inside the functions keep the other commands fast."""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from chatbot.settings import Settings
from ui.output import print_json
from ui.progress import progress_bar

EXIT_DONE = 0
EXIT_ERROR = 1


class InputError(Exception):
    """What was typed or piped in cannot be used."""


def serve(options: argparse.Namespace, settings: Settings) -> int:
    """Open the chat page."""
    from retrieval.zero_gpu import prepare

    prepare()  # before torch is imported
    from chatbot.assemble import build_chatbot
    from ui.app import launch
    from ui.desk import DeskSettings
    from ui.desk_routes import desk_routes
    from ui.kept import kept, put_back

    put_back(settings)
    with progress_bar("Preparing") as on_progress:
        chatbot = build_chatbot(settings, on_progress, keep_questions=True)
    desk_settings = DeskSettings(settings.log_questions, settings.keep_questions_days)
    routes = desk_routes(chatbot, settings.desk_password_hash, desk_settings)
    with kept(settings):
        launch(
            chatbot,
            host=settings.host,
            port=settings.port,
            share=settings.share,
            routes=routes,
            embed_origins=settings.embed_origins,
        )
    return EXIT_DONE


def ingest(options: argparse.Namespace, settings: Settings) -> int:
    """Add or refresh documents and index them."""
    from chatbot.assemble import add_documents, build_encoder, encode_new_passages, sample_documents
    from knowledge_base.store import KnowledgeBase

    missing = [str(path) for path in options.paths if not path.exists()]
    if missing:
        raise InputError(f"There is no file or folder {', '.join(missing)}. Nothing was changed.")
    encoder = build_encoder(settings)
    with KnowledgeBase(settings.kb) as knowledge_base:
        samples = sample_documents(knowledge_base)
        with progress_bar("Reading documents") as on_progress:
            report = add_documents(
                options.paths,
                knowledge_base,
                prune=options.prune,
                any_language=options.any_language,
                encoder=encoder,
                on_progress=on_progress,
            )
        with progress_bar("Encoding passages") as on_progress:
            encode_new_passages(knowledge_base, encoder, on_progress)
    if samples and report.added:
        print(_mixed(samples, settings.kb), file=sys.stderr)
    refused = [{"path": str(refusal.path), "reason": refusal.reason} for refusal in report.refused]
    counts = {name: getattr(report, name) for name in ("added", "changed", "unchanged", "removed")}
    if options.json:
        print_json({**counts, "refused": refused, "passages": report.passages})
    else:
        print(", ".join(f"{count} {name}" for name, count in counts.items()), f"- {report.passages} passages")
        for refusal in refused:
            print(f"refused: {refusal['path']}: {refusal['reason']}", file=sys.stderr)
    nothing_usable = bool(refused) and not any(counts.values())
    return EXIT_ERROR if nothing_usable else EXIT_DONE


def ask(options: argparse.Namespace, settings: Settings) -> int:
    """Answer one question, or every line of a file."""
    from ui.asking import answer_record, batch_records, check_language, question_text

    if (options.question is None) == (options.batch is None):
        raise InputError("Give one question, or --batch FILE.jsonl.")
    check_language(options.language)
    from chatbot.assemble import build_chatbot

    lines = list(_lines(options.batch)) if options.batch else []
    asked = sum(bool(line.strip()) for line in lines)
    with progress_bar("Preparing") as on_progress:
        chatbot = build_chatbot(settings, on_progress)
    if options.batch:
        with progress_bar("Answering") as on_progress:
            for done, record in enumerate(batch_records(chatbot, lines, options.language), 1):
                print_json(record)
                on_progress(done, asked, "")
        return EXIT_DONE
    question = sys.stdin.read() if options.question == "-" else options.question
    record = answer_record(chatbot, question, options.language)
    if options.json:
        print_json(record)
    else:
        print(question_text(record))
    return EXIT_DONE


def evaluate(options: argparse.Namespace, settings: Settings) -> int:
    """Measure quality, or compare two measurements."""
    from chatbot.evaluation.run import run

    return run(options, settings)


def calibrate(options: argparse.Namespace, settings: Settings) -> int:
    """Fit the confidence to questions of the user's own."""
    from chatbot.evaluation.calibrate import run

    return run(options, settings)


def train(options: argparse.Namespace, settings: Settings) -> int:
    """Train the packaged encoder or reader."""
    if options.what == "encoder":
        from retrieval.training.train_encoder import add_arguments, run
    else:
        from chatbot.training.train_reader import add_arguments, run
    parser = argparse.ArgumentParser(prog=f"python main.py train {options.what}")
    add_arguments(parser)
    run(parser.parse_args(options.rest))
    return EXIT_DONE


def export(options: argparse.Namespace, settings: Settings) -> int:
    """Write a packaged model as a plain Hugging Face folder."""
    from chatbot.assemble import PACKAGED_ENCODER, PACKAGED_READER
    from retrieval.export import export as write

    write(PACKAGED_ENCODER if options.what == "encoder" else PACKAGED_READER, options.folder)
    print(f"The packaged {options.what} lies in {options.folder}.")
    return EXIT_DONE


def trim(options: argparse.Namespace, settings: Settings) -> int:
    """Cut a checkpoint's vocabulary to the served languages."""
    from ui.commands_models import trim as run

    return run(options, settings)


def bench(options: argparse.Namespace, settings: Settings) -> int:
    """Time every stage with the sample questions; prints JSON."""
    script = Path(__file__).resolve().parent.parent / "tests" / "benchmarks" / "stages.py"
    if not script.exists():
        raise InputError(f"{script} is missing: the benchmarks come with the repository, not with a Space.")
    arguments = ["--limit", str(options.limit)] if options.limit else []
    arguments += ["--skip-page"] if options.skip_page else []
    arguments += ["--out", str(options.out)] if options.out else []
    # A process of its own: what this one has loaded already would make the start look faster than it is.
    return subprocess.run([sys.executable, str(script), *arguments], check=False).returncode


def doctor(options: argparse.Namespace, settings: Settings) -> int:
    """Say what this machine can run."""
    from ui.doctor import examine
    from ui.doctor_view import describe

    findings = examine(settings)
    if options.json:
        print_json(findings)
    else:
        print("\n".join(describe(findings)))
    return EXIT_DONE


def clear_copies(options: argparse.Namespace, settings: Settings) -> int:
    """Delete the quantized copies of checkpoints."""
    from ui.commands_models import clear_copies as run

    return run()


def requirements(options: argparse.Namespace, settings: Settings) -> int:
    """Write requirements.txt."""
    from ui.requirements import write_requirements

    print(f"{write_requirements().name} says what pyproject.toml says.")
    return EXIT_DONE


def deploy(options: argparse.Namespace, settings: Settings) -> int:
    """Create or update a Hugging Face Space."""
    from ui.deploy import check_name, deploy, files_to_upload, listing

    check_name(options.space)
    files = files_to_upload()
    if options.dry_run:
        print("\n".join(listing(files)))
    else:
        print(f"The Space is being built: {deploy(options.space, files, private=options.private)}")
    return EXIT_DONE


def parity(options: argparse.Namespace, settings: Settings) -> int:
    """Ask the same questions in many languages and compare."""
    from ui.commands_desk import parity as run

    return run(list(_lines(options.file)), settings, as_json=options.json)


def questions(options: argparse.Namespace, settings: Settings) -> int:
    """Take the question log out, or erase from it."""
    from ui.commands_desk import erase, export_questions

    return export_questions(options, settings) if options.action == "export" else erase(options, settings)


def desk_password(options: argparse.Namespace, settings: Settings) -> int:
    """Hash a password for the desk."""
    from ui.commands_desk import desk_password as run

    return run()


def _mixed(samples: int, file: Path) -> str:
    return (
        f"Note: {file} also holds {samples} documents of the sample help centre, and answers come from them too. For "
        "answers from your own documents only, ingest them with --kb FILE and name that file wherever you ask."
    )


def _lines(path: Path) -> Iterator[str]:
    try:
        stream: IO[str] = sys.stdin if str(path) == "-" else path.open(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    with stream:
        yield from stream

"""The command line as it is typed, in processes of its own, with the packaged models and without a network."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
COMMANDS = (
    "serve", "ingest", "ask", "parity", "evaluate", "calibrate", "train", "export", "trim", "bench", "doctor", "deploy",
    "clear-copies",
)  # fmt: skip


def run(*arguments, cwd, stdin="", variables=None):
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "2", **(variables or {})}
    return subprocess.run(
        [sys.executable, str(ROOT / "main.py"), *map(str, arguments)],
        cwd=cwd, env=environment, input=stdin, capture_output=True, text=True, encoding="utf-8", timeout=300,
    )  # fmt: skip


@pytest.fixture(scope="module")
def knowledge_base(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kb")
    docs = folder / "docs"
    docs.mkdir()
    (docs / "lamp.md").write_text(
        "# Lamp warranty\n\nThe warranty of a Glow lamp lasts 2 years from the day of delivery.\n", encoding="utf-8"
    )
    (docs / "returns.md").write_text(
        "# Returns\n\nYou can send an unused item back within 30 days of delivery.\n", encoding="utf-8"
    )
    result = run("ingest", docs, "--kb", folder / "help.db", "--json", cwd=folder)
    assert result.returncode == 0, result.stderr
    return folder / "help.db", json.loads(result.stdout)


def test_ingest_reports_what_it_did(knowledge_base):
    assert knowledge_base[1] == {
        "added": 2, "changed": 0, "unchanged": 0, "removed": 0, "refused": [], "passages": 2,
    }  # fmt: skip


def test_ask_in_german_gives_the_documented_json(knowledge_base, tmp_path):
    file = knowledge_base[0]
    result = run(
        "ask", "Wie lange habe ich Garantie auf eine Lampe?", "--kb", file, "--json", "--threshold", "0", cwd=tmp_path
    )
    record = json.loads(result.stdout)
    assert set(record) == {
        "question", "language", "answer", "confidence", "citation", "passages", "reply", "timings_ms",
    }  # fmt: skip
    assert (record["language"], record["citation"]["document"]) == ("de", "lamp.md")
    assert record["citation"]["passage"][record["citation"]["start"] : record["citation"]["end"]] == record["answer"]
    assert set(record["citation"]) == {"document", "title", "passage_id", "start", "end", "passage"}
    assert set(record["passages"][0]) == {"document", "passage_id", "score", "text"}
    assert set(record["timings_ms"]) == {"detect", "encode", "search", "read"}


def test_ask_for_a_person_marks_the_words_and_names_the_source(knowledge_base, tmp_path):
    result = run(
        "ask", "How long is the warranty of a lamp?", "--kb", knowledge_base[0], "--threshold", "0", cwd=tmp_path
    )
    assert "[2 years" in result.stdout
    assert "lamp.md" in result.stdout


def test_every_line_of_a_batch_gets_its_object_in_order(knowledge_base, tmp_path):
    lines = [
        '{"id": 1, "question": "lamp warranty"}',
        '{"id": "b", "question": ""}',
        "no json at all",
        '{"id": 4}',
        json.dumps({"id": 5, "question": "x" * 50_000}),
        json.dumps({"id": 6, "question": "😀"}),
        json.dumps({"id": 7, "question": '" * NEAR( -'}),
    ]
    batch = tmp_path / "questions.jsonl"
    batch.write_text("\n".join(lines), encoding="utf-8")
    result = run("ask", "--batch", batch, "--kb", knowledge_base[0], cwd=tmp_path)
    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert [record["id"] for record in records] == [1, "b", None, 4, 5, 6, 7]
    assert all(record["answer"] is None and record["reply"] for record in records[1:6])
    assert "Line 3" in records[2]["reply"]


def test_no_line_of_a_batch_ends_it_and_lines_are_counted_with_blank_ones(knowledge_base, tmp_path):
    batch = tmp_path / "questions.jsonl"
    lines = [
        r'{"id": 1, "question": "lamp \ud83d"}',
        "",
        '{"id": NaN, "question": "x"}',
        "[" * 100_000,
        '{"id": 1e999}',
    ]
    batch.write_text("\n".join(lines), encoding="utf-8")
    result = run("ask", "--batch", batch, "--kb", knowledge_base[0], cwd=tmp_path)
    records = [json.loads(line, parse_constant=pytest.fail) for line in result.stdout.splitlines()]
    assert [record["id"] for record in records] == [1, None, None, None]
    assert records[0]["question"] == "lamp \ud83d"
    assert [record["reply"][:18] for record in records[1:]] == [f"Line {n} is not JSON" for n in (3, 4, 5)]


@pytest.mark.parametrize("flags", [["--json"], []])
def test_an_output_that_lacks_the_characters_gets_them_escaped(flags, knowledge_base, tmp_path):
    variables = {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}
    question = "ランプの保証期間は？😀"
    result = run("ask", question, "--kb", knowledge_base[0], *flags, cwd=tmp_path, variables=variables)
    assert (result.returncode, result.stderr) == (0, "")
    assert "\\u" in result.stdout
    if flags:
        assert json.loads(result.stdout)["question"] == question


def test_a_question_can_be_piped_in(knowledge_base, tmp_path):
    result = run("ask", "-", "--kb", knowledge_base[0], "--json", cwd=tmp_path, stdin="ランプの保証期間は？\n")
    assert json.loads(result.stdout)["language"] == "ja"


def test_what_auto_picks_and_why_is_said_on_stderr(knowledge_base, tmp_path):
    result = run("ask", "lamp", "--kb", knowledge_base[0], "--models", "auto", "--json", cwd=tmp_path)
    assert json.loads(result.stdout)["question"] == "lamp"
    assert result.stderr.startswith("The packaged models are picked: the")


def test_the_default_models_are_not_talked_about(knowledge_base, tmp_path):
    result = run("ask", "lamp", "--kb", knowledge_base[0], "--json", cwd=tmp_path)
    assert result.stderr == ""


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(command, tmp_path):
    result = run(command, "--help", cwd=tmp_path)
    assert (result.returncode, "example" in result.stdout) == (0, True)


def test_help_loads_neither_torch_nor_gradio(tmp_path):
    code = (
        "import sys; sys.argv = ['main.py', '--help']\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "import main\n"
        "try: main.main()\n"
        "except SystemExit: pass\n"
        "print([m for m in ('torch', 'gradio', 'transformers', 'numpy') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert result.stdout.splitlines()[-1] == "[]"


def test_wrong_usage_exits_with_two(tmp_path):
    assert run("ask", "--no-such-flag", cwd=tmp_path).returncode == 2


def test_a_threshold_above_one_is_wrong_usage(tmp_path):
    assert run("ask", "x", "--threshold", "7", cwd=tmp_path).returncode == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ask", "x", "--kb", "nowhere.db"), "There is no knowledge base at nowhere.db"),
        (("ask",), "Give one question, or --batch"),
        (("ask", "--batch", "nowhere.jsonl"), "nowhere.jsonl cannot be read"),
        (("ingest", "nowhere"), "There is no file or folder nowhere"),
        (("ask", "x", "--language", "tlh"), "'tlh' is not one of"),
    ],
)
def test_a_mistake_is_one_clear_line_and_exit_code_one(arguments, said, tmp_path):
    result = run(*arguments, cwd=tmp_path)
    assert result.returncode == 1
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_a_file_that_is_no_knowledge_base_is_named_and_left_alone(tmp_path):
    file = tmp_path / "notes.db"
    file.write_bytes(b"just some notes " * 100)
    result = run("ask", "x", "--kb", file, cwd=tmp_path)
    assert (result.returncode, "notes.db" in result.stderr) == (1, True)
    assert file.read_bytes() == b"just some notes " * 100


def test_a_corrupt_knowledge_base_is_said_to_be_corrupt(knowledge_base, tmp_path):
    file = tmp_path / "broken.db"
    shutil.copy(knowledge_base[0], file)
    content = bytearray(file.read_bytes())
    content[100:9000] = b"\xff" * 8900
    file.write_bytes(content)
    result = run("ask", "lamp", "--kb", file, cwd=tmp_path)
    assert (result.returncode, "Traceback" in result.stderr) == (1, False)
    assert "broken.db" in result.stderr


def test_a_knowledge_base_from_another_program_is_not_touched(tmp_path):
    file = tmp_path / "other.db"
    with sqlite3.connect(file) as other:
        other.execute("create table cats (name text)")
    result = run("ingest", ROOT / "README.md", "--kb", file, cwd=tmp_path)
    assert result.returncode == 1
    with sqlite3.connect(file) as other:
        assert other.execute("select name from sqlite_master").fetchall() == [("cats",)]


def test_a_document_that_is_not_english_is_refused_with_the_reason(tmp_path):
    german = tmp_path / "hilfe.md"
    german.write_text(
        "# Rückgabe\n\nSie können unbenutzte Artikel innerhalb von dreißig Tagen nach der Lieferung zurückgeben. "
        "Bitte legen Sie dem Paket den Lieferschein bei, damit wir die Sendung zuordnen können.\n",
        encoding="utf-8",
    )
    result = run("ingest", german, "--kb", tmp_path / "kb.db", "--json", cwd=tmp_path)
    (refusal,) = json.loads(result.stdout)["refused"]
    assert ("hilfe.md" in refusal["path"], "English" in refusal["reason"], result.returncode) == (True, True, 1)


def test_a_document_that_is_not_english_is_taken_when_told_to(tmp_path):
    german = tmp_path / "hilfe.md"
    german.write_text(
        "# Rückgabe\n\nSie können unbenutzte Artikel innerhalb von dreißig Tagen zurückgeben.\n", encoding="utf-8"
    )
    result = run("ingest", german, "--any-language", "--kb", tmp_path / "kb.db", "--json", cwd=tmp_path)
    assert json.loads(result.stdout)["added"] == 1

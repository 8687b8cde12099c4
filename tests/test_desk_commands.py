import io
import json
import sys

import pytest
from desk_samples import sample_desk

from knowledge_base.question_reports import QuestionReports
from knowledge_base.store import KnowledgeBase
from ui.cli import run
from ui.desk_password import PasswordHash


@pytest.fixture
def kb(tmp_path):
    with sample_desk(tmp_path):
        pass
    return str(tmp_path / "kb.db")


def kept(path):
    with KnowledgeBase(path, read_only=True) as knowledge_base:
        return QuestionReports(knowledge_base).total().asked


def test_questions_are_exported_as_json_lines(kb, capsys):
    assert run(["questions", "export", "--kb", kb]) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(records) == 6
    assert records[0]["question"] == "How much does shipping cost?"


def test_questions_are_exported_to_a_csv_file(kb, tmp_path):
    assert run(["questions", "export", "--kb", kb, "--format", "csv", "--out", str(tmp_path / "q.csv")]) == 0
    assert (tmp_path / "q.csv").read_text(encoding="utf-8").startswith("id,asked_at,conversation,language,question")


def test_only_newer_questions_are_exported(kb, capsys):
    run(["questions", "export", "--kb", kb, "--since", "2999-01-01"])
    assert capsys.readouterr().out == ""


def test_a_day_that_is_none_is_wrong_usage(kb):
    with pytest.raises(SystemExit) as stopped:
        run(["questions", "export", "--kb", kb, "--since", "tomorrow"])
    assert stopped.value.code == 2


def test_erasing_must_say_what(kb):
    with pytest.raises(SystemExit) as stopped:
        run(["questions", "erase", "--kb", kb])
    assert stopped.value.code == 2


def test_all_questions_are_erased(kb, capsys):
    assert run(["questions", "erase", "--kb", kb, "--all"]) == 0
    assert (capsys.readouterr().out, kept(kb)) == ("6 questions erased.\n", 0)


def test_questions_before_a_day_are_erased(kb):
    run(["questions", "erase", "--kb", kb, "--before", "2000-01-01"])
    assert kept(kb) == 6


def test_one_conversation_is_erased(kb):
    run(["questions", "erase", "--kb", kb, "--conversation", "conversation"])
    assert kept(kb) == 0


def test_a_knowledge_base_that_is_not_there_is_a_clear_error(tmp_path, capsys):
    assert run(["questions", "export", "--kb", str(tmp_path / "none.db")]) == 1
    assert "There is no knowledge base" in capsys.readouterr().err


def test_a_password_from_a_pipe_becomes_a_hash(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO("four random words here\n"))
    assert run(["desk-password"]) == 0
    name, _, hashed = capsys.readouterr().out.strip().partition("=")
    assert name == "ANYTONGUE_DESK_PASSWORD_HASH"
    assert PasswordHash.parse(hashed).matches("four random words here")


def test_a_weak_password_becomes_no_hash(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO("password1234\n"))
    assert run(["desk-password"]) == 1
    assert "common word" in capsys.readouterr().err


def test_a_parity_file_without_questions_is_a_clear_error(tmp_path, capsys):
    (tmp_path / "p.jsonl").write_text("nothing\n", encoding="utf-8")
    assert run(["parity", str(tmp_path / "p.jsonl")]) == 1
    assert "line 1 is not JSON" in capsys.readouterr().err

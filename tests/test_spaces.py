"""On a Hugging Face Space: what it reads, where the page listens, and a knowledge base that outlives its disk."""

import logging
import os
import signal
import sqlite3
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

from chatbot.settings import Settings, SettingsError
from knowledge_base import backup
from knowledge_base.chunking import cut_passages
from knowledge_base.documents import Document
from knowledge_base.store import KnowledgeBase
from ui import requirements
from ui.kept import kept, put_back

ROOT = Path(__file__).parent.parent


@pytest.fixture
def front_matter():
    start, block, _ = (ROOT / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    assert start == ""
    return yaml.safe_load(block)


@pytest.fixture
def knowledge_base(tmp_path):
    with KnowledgeBase(tmp_path / "kb.db") as opened:
        add(opened, "a.md")
        yield opened


def add(knowledge_base, name):
    document = Document(name, "Returns", "You may return a lamp within 30 days.")
    knowledge_base.add_document(document, cut_passages(document))


def documents_in(path):
    with KnowledgeBase(path, read_only=True) as opened:
        return [info.id for info in opened.documents()]


# What a Space reads


def test_the_readme_says_how_a_space_starts(front_matter):
    assert {name: front_matter[name] for name in ("sdk", "python_version", "app_file", "license", "pinned")} == {
        "sdk": "gradio", "python_version": "3.12", "app_file": "main.py", "license": "apache-2.0", "pinned": False,
    }  # fmt: skip


def test_the_gradio_of_the_space_is_the_one_tested_with(front_matter):
    assert front_matter["sdk_version"].split(".")[:2] == version("gradio").split(".")[:2]


def test_requirements_are_those_of_the_project():
    assert (ROOT / "requirements.txt").read_text(encoding="utf-8") == requirements.requirements_text()


def test_requirements_list_each_dependency_on_a_line(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["gradio>=6,<7", "numpy"]\n')
    assert requirements.requirements_text(tmp_path / "pyproject.toml").splitlines()[1:] == ["gradio>=6,<7", "numpy"]


# Where the page listens


def test_at_home_the_page_is_not_open_to_the_network():
    assert Settings.from_environment({}).host == "127.0.0.1"


def test_on_a_space_the_page_listens_where_the_space_looks_for_it():
    settings = Settings.from_environment({"SPACE_ID": "me/help"})
    assert (settings.host, settings.port) == ("0.0.0.0", 7860)


def test_gradios_own_variables_are_heard():
    settings = Settings.from_environment(
        {"SPACE_ID": "me/help", "GRADIO_SERVER_NAME": "::1", "GRADIO_SERVER_PORT": "80"}
    )
    assert (settings.host, settings.port) == ("::1", 80)


def test_our_own_variables_win():
    settings = Settings.from_environment({"GRADIO_SERVER_PORT": "80", "ANYTONGUE_PORT": "81"})
    assert settings.port == 81


def test_a_port_that_is_no_number_is_told_by_its_variable():
    with pytest.raises(SettingsError, match="GRADIO_SERVER_PORT is 'http'"):
        Settings.from_environment({"GRADIO_SERVER_PORT": "http"})


def test_an_empty_backup_folder_is_none():
    assert Settings.from_environment({"ANYTONGUE_BACKUP_DIR": ""}).backup_dir is None


# A knowledge base that outlives its disk


def test_a_backup_of_an_open_knowledge_base_holds_what_was_written(knowledge_base, tmp_path):
    assert documents_in(backup.back_up(knowledge_base.path, tmp_path / "bucket")) == ["a.md"]


def test_a_backup_is_one_file(knowledge_base, tmp_path):
    backup.back_up(knowledge_base.path, tmp_path / "bucket")
    assert os.listdir(tmp_path / "bucket") == ["kb.db"]


def test_a_backup_that_fails_leaves_the_one_before_whole(knowledge_base, tmp_path, monkeypatch):
    copy = backup.back_up(knowledge_base.path, tmp_path / "bucket")
    add(knowledge_base, "b.md")

    def full(source, target):
        Path(target).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup.shutil, "copyfile", full)
    with pytest.raises(backup.BackupError, match="No space left on device"):
        backup.back_up(knowledge_base.path, tmp_path / "bucket")
    assert (os.listdir(tmp_path / "bucket"), documents_in(copy)) == (["kb.db"], ["a.md"])


def test_a_lost_knowledge_base_is_put_back(knowledge_base, tmp_path):
    backup.back_up(knowledge_base.path, tmp_path / "bucket")
    new = Settings(kb=tmp_path / "new" / "kb.db", backup_dir=tmp_path / "bucket")
    put_back(new)
    assert documents_in(new.kb) == ["a.md"]


def test_a_knowledge_base_that_is_there_is_not_replaced(knowledge_base, tmp_path):
    backup.back_up(knowledge_base.path, tmp_path / "bucket")
    add(knowledge_base, "b.md")
    assert backup.put_back(knowledge_base.path, tmp_path / "bucket") is False


def test_at_the_first_start_there_is_nothing_to_put_back(tmp_path):
    assert backup.put_back(tmp_path / "kb.db", tmp_path / "bucket") is False


def test_changes_are_backed_up_at_the_end(knowledge_base, tmp_path):
    with kept(Settings(kb=knowledge_base.path, backup_dir=tmp_path / "bucket")):
        add(knowledge_base, "b.md")
    assert documents_in(tmp_path / "bucket" / "kb.db") == ["a.md", "b.md"]


def serve_until_asked_to_end(knowledge_base, bucket):
    with kept(Settings(kb=knowledge_base.path, backup_dir=bucket)):
        add(knowledge_base, "b.md")
        signal.raise_signal(signal.SIGTERM)


def test_being_asked_to_end_backs_up_first(knowledge_base, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        serve_until_asked_to_end(knowledge_base, tmp_path / "bucket")
    assert documents_in(tmp_path / "bucket" / "kb.db") == ["a.md", "b.md"]


def test_without_a_change_no_copy_is_made(knowledge_base, tmp_path):
    with backup.BackupKeeper(knowledge_base.path, tmp_path / "bucket", seconds_between=3600) as keeper:
        keeper.back_up_changes()
        assert keeper.back_up_changes() is False


def test_a_change_makes_a_new_copy(knowledge_base, tmp_path):
    with backup.BackupKeeper(knowledge_base.path, tmp_path / "bucket", seconds_between=3600) as keeper:
        keeper.back_up_changes()
        add(knowledge_base, "b.md")
        assert keeper.back_up_changes() is True


def test_a_backup_folder_that_is_gone_does_not_stop_the_page(knowledge_base, tmp_path, caplog):
    (tmp_path / "bucket").write_text("a file where a folder should be")
    with (
        caplog.at_level(logging.WARNING),
        backup.BackupKeeper(knowledge_base.path, tmp_path / "bucket", seconds_between=3600) as keeper,
    ):
        assert keeper.back_up_changes() is False
    assert "cannot be backed up to" in caplog.text


def test_without_a_backup_folder_nothing_is_copied(knowledge_base, tmp_path):
    with kept(Settings(kb=knowledge_base.path)):
        add(knowledge_base, "b.md")
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix == ".db") == ["kb.db"]


def test_a_backup_needs_no_write_ahead_log(knowledge_base, tmp_path):
    copy = backup.back_up(knowledge_base.path, tmp_path / "bucket")
    with closing(sqlite3.connect(copy)) as opened:
        assert opened.execute("PRAGMA journal_mode").fetchone() == ("delete",)

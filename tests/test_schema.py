"""The knowledge base file: its migrations, and files that are not what they should be."""

import sqlite3
import subprocess
import sys

import pytest
from sqlite_utils import Database

from knowledge_base.documents import Document
from knowledge_base.schema import migrations
from knowledge_base.store import KnowledgeBase
from knowledge_base.store_connection import database_uri
from knowledge_base.store_errors import (
    BusyKnowledgeBase,
    CorruptKnowledgeBase,
    KnowledgeBaseError,
    MissingKnowledgeBase,
    NewerSchema,
    NotAKnowledgeBase,
    OlderSchema,
    ReadOnlyKnowledgeBase,
)

DOCUMENT = Document("a.md", "A", "Text.")


def filled(path):
    with KnowledgeBase(path) as knowledge_base:
        for number in range(200):
            knowledge_base.add_document(Document(f"{number}.md", "T", f"Text {number}. " * 50), [])
    return path


def test_a_new_file_has_all_migrations_by_name(tmp_path):
    KnowledgeBase(tmp_path / "k.db").close()
    with Database(tmp_path / "k.db") as db:
        assert [migration.name for migration in migrations.applied(db)] == [
            "0001_documents",
            "0002_passages",
            "0003_vectors",
            "0004_questions",
            "0005_desk",
            "0006_choices",
            "0007_asked_person",
        ]


def test_missing_folders_are_made(tmp_path):
    KnowledgeBase(tmp_path / "deep" / "er" / "k.db").close()
    assert (tmp_path / "deep" / "er" / "k.db").exists()


def test_an_empty_file_becomes_a_knowledge_base(tmp_path):
    (tmp_path / "k.db").touch()
    with KnowledgeBase(tmp_path / "k.db") as knowledge_base:
        assert knowledge_base.passage_count() == 0


def test_the_file_uses_a_write_ahead_log(tmp_path):
    with KnowledgeBase(tmp_path / "k.db") as knowledge_base:
        assert knowledge_base.connection.read("PRAGMA journal_mode") == [("wal",)]


def test_an_older_file_is_brought_up_to_date(tmp_path):
    with Database(tmp_path / "k.db") as db:
        migrations.apply(db, stop_before="0003_vectors")
    with KnowledgeBase(tmp_path / "k.db") as knowledge_base:
        assert knowledge_base.passages_without_vectors("e") == []


def test_an_older_file_cannot_be_only_read(tmp_path):
    with Database(tmp_path / "k.db") as db:
        migrations.apply(db, stop_before="0003_vectors")
    with pytest.raises(OlderSchema, match="open it once for writing"):
        KnowledgeBase(tmp_path / "k.db", read_only=True)


def test_a_file_of_a_newer_version_is_left_alone(tmp_path):
    filled(tmp_path / "k.db")
    with Database(tmp_path / "k.db") as db:
        db["_sqlite_migrations"].insert(
            {"migration_set": "anytongue.knowledge_base", "name": "0099_future", "applied_at": "2030-01-01"}
        )
    with pytest.raises(NewerSchema, match=r"written by a newer version of this program \(it has 0099_future\); update"):
        KnowledgeBase(tmp_path / "k.db")


def test_a_text_file_is_no_knowledge_base_and_stays_as_it_is(tmp_path):
    (tmp_path / "k.db").write_text("Just a long text file. " * 100)
    with pytest.raises(NotAKnowledgeBase, match=r"is not a knowledge base \(not even SQLite\); choose another file"):
        KnowledgeBase(tmp_path / "k.db")
    assert (tmp_path / "k.db").read_text() == "Just a long text file. " * 100


def test_a_database_of_another_program_stays_as_it_is(tmp_path):
    connection = sqlite3.connect(tmp_path / "k.db")
    connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.close()
    before = (tmp_path / "k.db").read_bytes()
    with pytest.raises(NotAKnowledgeBase, match=r"is a database of another program \(its tables: bookmarks\)"):
        KnowledgeBase(tmp_path / "k.db")
    assert (tmp_path / "k.db").read_bytes() == before


def test_a_folder_is_no_knowledge_base(tmp_path):
    with pytest.raises(NotAKnowledgeBase, match=r"is a folder; name a file, such as .*knowledge\.db"):
        KnowledgeBase(tmp_path)


def test_a_truncated_file_is_corrupt(tmp_path):
    path = filled(tmp_path / "k.db")
    path.write_bytes(path.read_bytes()[:40_000])
    with pytest.raises(CorruptKnowledgeBase, match=r"is damaged.*ingest"):
        KnowledgeBase(path)


def test_a_file_with_overwritten_pages_is_corrupt(tmp_path):
    path = filled(tmp_path / "k.db")
    data = bytearray(path.read_bytes())
    data[8192:40_960] = b"\xaa" * (40_960 - 8192)
    path.write_bytes(data)
    with pytest.raises(CorruptKnowledgeBase, match="is damaged"):
        KnowledgeBase(path)


def test_reading_a_file_that_does_not_exist(tmp_path):
    with pytest.raises(MissingKnowledgeBase, match="does not exist; ingest documents first"):
        KnowledgeBase(tmp_path / "k.db", read_only=True)
    assert not (tmp_path / "k.db").exists()


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(MissingKnowledgeBase, match="cannot be made: "):
        KnowledgeBase(tmp_path / "file" / "k.db")


def test_read_only_reads_and_refuses_to_write(tmp_path):
    path = filled(tmp_path / "k.db")
    with KnowledgeBase(path, read_only=True) as knowledge_base:
        assert len(knowledge_base.documents()) == 200
        with pytest.raises(ReadOnlyKnowledgeBase, match="is open for reading only; allow writing"):
            knowledge_base.add_document(DOCUMENT, [])
        with pytest.raises(ReadOnlyKnowledgeBase):
            knowledge_base.remove_document("1.md")
        assert len(knowledge_base.documents()) == 200


def test_a_file_that_turns_read_only_while_open_says_so(tmp_path):
    with KnowledgeBase(tmp_path / "k.db") as knowledge_base:
        knowledge_base.connection.read("PRAGMA query_only = ON")
        with pytest.raises(ReadOnlyKnowledgeBase, match="may only be read; allow writing to the file"):
            knowledge_base.add_document(DOCUMENT, [])


def test_a_read_only_folder_is_opened_without_helper_files(tmp_path):
    uri = database_uri(tmp_path / "k 1.db", read_only=True, folder_writable=False)
    assert uri.endswith("/k%201.db?mode=ro&immutable=1")


def test_another_process_that_writes_for_too_long(tmp_path):
    path = filled(tmp_path / "k.db")
    code = (
        "import sqlite3, sys\n"
        f"c = sqlite3.connect({str(path)!r}, isolation_level=None)\n"
        "c.execute('BEGIN IMMEDIATE'); print('locked', flush=True); sys.stdin.read()\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with process, KnowledgeBase(path, busy_timeout_ms=50) as knowledge_base:
        assert process.stdout.readline() == b"locked\n"
        assert len(knowledge_base.documents()) == 200
        with pytest.raises(BusyKnowledgeBase, match="is being written by another process; wait until it is done"):
            knowledge_base.add_document(DOCUMENT, [])
        process.stdin.close()
        process.wait()
        knowledge_base.add_document(DOCUMENT, [])
        assert len(knowledge_base.documents()) == 201


def test_a_full_disk_loses_nothing(tmp_path):
    with KnowledgeBase(filled(tmp_path / "k.db")) as knowledge_base:
        pages = knowledge_base.connection.read("PRAGMA page_count")[0][0]
        knowledge_base.connection.read(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(KnowledgeBaseError, match="the disk is full; make room and try again, nothing is lost"):
            knowledge_base.add_document(Document("big.md", "T", "Text. " * 100_000), [])
        assert len(knowledge_base.documents()) == 200
        assert knowledge_base.document("big.md") is None

"""An ingestion that is stopped in the middle loses nothing: the next run ends equal to an undisturbed one."""

import signal
import subprocess
import sys

import pytest

from knowledge_base.ingest import ingest
from knowledge_base.store import KnowledgeBase

FILES = 40
FAQ_ROWS = 450

INGEST = """
import signal
import sys
from knowledge_base.ingest import ingest
from knowledge_base.store import KnowledgeBase

def tell(done, total, name):
    print(done, name, flush=True)
    sys.stdin.readline()

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell lets what runs in the background ignore it
with KnowledgeBase(sys.argv[1]) as knowledge_base:
    ingest([sys.argv[2]], knowledge_base, on_progress=tell)
"""


@pytest.fixture(scope="module")
def docs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("docs")
    for number in range(FILES):
        price = f"# Article {number}\n\nModel AX-{number} costs {number} euros.\n\n"
        text = f"{price}## Warranty\n\nIt holds {number} years.\n"
        (folder / f"a{number:02}.md").write_text(text)
    rows = "".join(f"row{number},What is {number}?,It is number {number}.\n" for number in range(FAQ_ROWS))
    (folder / "faq.csv").write_text("id,question,answer\n" + rows)
    return folder


@pytest.fixture(scope="module")
def undisturbed(docs, tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "k.db"
    with KnowledgeBase(path) as knowledge_base:
        ingest([docs], knowledge_base)
        return contents(knowledge_base)


def contents(knowledge_base):
    """All that was stored, but for row ids and times; the keyword index is checked against the passages."""
    read = knowledge_base.connection.read
    knowledge_base.connection.write("INSERT INTO passages_fts (passages_fts, rank) VALUES ('integrity-check', 1)")
    assert read("PRAGMA foreign_key_check") == []
    return {
        "files": read("SELECT path, root, fingerprint FROM files ORDER BY path"),
        "documents": [(info, knowledge_base.content_hash(info.id)) for info in knowledge_base.documents()],
        "texts": [knowledge_base.document(info.id) for info in knowledge_base.documents()],
        "passages": read('SELECT document, start, "end", heading_path, lead, text FROM passages ORDER BY 1, 2'),
        "found": [
            [(knowledge_base.passage(number).text, round(score, 6)) for number, score in found]
            for found in (knowledge_base.keyword_search("AX-7 warranty", 3), knowledge_base.keyword_search("number", 1))
        ],
    }


def stop_after(steps, stop_signal, path, docs):
    """Run an ingestion in another process, let it take some steps, stop it while it is at work."""
    process = subprocess.Popen(
        [sys.executable, "-c", INGEST, str(path), str(docs)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        for _ in range(steps):
            process.stdout.readline()
            process.stdin.write("\n")
            process.stdin.flush()
        process.send_signal(stop_signal)
        process.stdin.close()
        process.wait()
    return process.returncode


def partly_done(path):
    with KnowledgeBase(path) as knowledge_base:
        return len(knowledge_base.documents())


def finish(path, docs):
    with KnowledgeBase(path) as knowledge_base:
        report = ingest([docs], knowledge_base)
        return report, contents(knowledge_base)


def test_a_killed_run_is_continued(tmp_path, docs, undisturbed):
    path = tmp_path / "k.db"
    assert stop_after(20, signal.SIGKILL, path, docs) == -signal.SIGKILL
    done = partly_done(path)
    assert 0 < done < FILES + FAQ_ROWS
    report, found = finish(path, docs)
    assert (report.added + report.unchanged, report.changed) == (FILES + FAQ_ROWS, 0)
    assert report.unchanged >= done
    assert found == undisturbed


def test_a_run_killed_inside_a_long_file_is_continued(tmp_path, docs, undisturbed):
    path = tmp_path / "k.db"
    assert stop_after(FILES + 4, signal.SIGKILL, path, docs) == -signal.SIGKILL
    assert FILES < partly_done(path) < FILES + FAQ_ROWS
    assert finish(path, docs)[1] == undisturbed


def test_a_run_stopped_with_ctrl_c_is_continued(tmp_path, docs, undisturbed):
    path = tmp_path / "k.db"
    assert stop_after(12, signal.SIGINT, path, docs) != 0
    assert 0 < partly_done(path) < FILES + FAQ_ROWS
    assert finish(path, docs)[1] == undisturbed


def test_a_run_killed_again_and_again_ends_the_same(tmp_path, docs, undisturbed):
    path = tmp_path / "k.db"
    for steps in (3, 9, 17):
        stop_after(steps, signal.SIGKILL, path, docs)
    assert finish(path, docs)[1] == undisturbed


def test_an_error_inside_a_document_leaves_the_document_before_it(tmp_path, docs, monkeypatch):
    with KnowledgeBase(tmp_path / "k.db") as knowledge_base:
        ingest([docs / "a00.md"], knowledge_base)
        before = contents(knowledge_base)

        def interrupted(self, document_id, passages):
            raise KeyboardInterrupt

        monkeypatch.setattr(KnowledgeBase, "_replace_passages", interrupted)
        with pytest.raises(KeyboardInterrupt):
            ingest([docs / "a01.md"], knowledge_base)
        monkeypatch.undo()
        after = contents(knowledge_base)
        assert after["documents"] == before["documents"]
        assert after["passages"] == before["passages"]
        ingest([docs / "a01.md"], knowledge_base)
        assert len(knowledge_base.documents()) == 2

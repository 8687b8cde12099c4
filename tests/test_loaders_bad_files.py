"""Files that cannot be taken: each gets one line that says why."""

import os

import pytest

from knowledge_base.loaders import load_documents
from knowledge_base.loaders_errors import (
    BinaryFile,
    BrokenFile,
    EmptyFile,
    EncryptedFile,
    HugeFile,
    LoadError,
    NoText,
    UnreadableFile,
    WrongStructure,
)
from tests.sample_files import docx_bytes, encrypted_pdf_bytes, pdf_bytes

TEXT_PDF = pdf_bytes([["A line of text."]])


def load(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data)
    return list(load_documents(path))


def test_empty_file(tmp_path):
    with pytest.raises(EmptyFile, match=r"a\.md: is empty$"):
        load(tmp_path, "a.md", b"")


def test_white_space_only(tmp_path):
    with pytest.raises(EmptyFile, match="holds only white space"):
        load(tmp_path, "a.txt", b" \n\t\r\n\xef\xbb\xbf"[:5])


def test_markdown_with_nothing_but_front_matter(tmp_path):
    with pytest.raises(NoText, match="holds no text"):
        load(tmp_path, "a.md", b"---\ntitle: x\n---\n")


def test_front_matter_that_is_not_yaml(tmp_path):
    with pytest.raises(WrongStructure, match=r"has front matter that is not YAML \(line 2\).*put quotes around"):
        load(tmp_path, "a.md", b"---\ntitle: Returns: how\n---\nx\n")


def test_binary_data_under_a_text_name(tmp_path):
    with pytest.raises(BinaryFile, match="holds binary data, not text"):
        load(tmp_path, "a.md", bytes(range(256)))


def test_control_characters_under_a_text_name(tmp_path):
    with pytest.raises(BinaryFile, match="holds binary data, not text"):
        load(tmp_path, "a.txt", b"\x01\x02\x03\x04 words")


def test_a_picture_under_a_text_name(tmp_path):
    with pytest.raises(BinaryFile, match="is a PNG picture, not the text its name promises"):
        load(tmp_path, "a.md", b"\x89PNG\r\n")


def test_a_pdf_under_a_text_name(tmp_path):
    with pytest.raises(BinaryFile, match="is a PDF"):
        load(tmp_path, "a.txt", TEXT_PDF)


def test_bytes_of_no_known_encoding(tmp_path):
    with pytest.raises(BinaryFile, match="neither UTF-8 nor Windows-1252"):
        load(tmp_path, "a.txt", b"\x81\x8d\x8f words")


def test_huge_file_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "a.txt"
    with path.open("wb") as file:
        file.truncate(51 * 1024 * 1024)
    with pytest.raises(HugeFile, match="is 51 MB; the limit is 50 MB a file"):
        list(load_documents(path))


def test_link_to_nowhere(tmp_path):
    (tmp_path / "a.md").symlink_to(tmp_path / "gone.md")
    with pytest.raises(UnreadableFile, match="cannot be read: No such file or directory"):
        list(load_documents(tmp_path / "a.md"))


def test_pipe_does_not_block(tmp_path):
    os.mkfifo(tmp_path / "a.md")
    with pytest.raises(UnreadableFile, match="is not a regular file"):
        list(load_documents(tmp_path / "a.md"))


@pytest.fixture
def locked_file(tmp_path):
    file = tmp_path / "a.md"
    file.write_text("x")
    file.chmod(0)
    return file


@pytest.fixture
def ordinary_user(locked_file):
    """Root may read everything, so a run as root becomes somebody else for the test."""
    nobody, user = 65534, os.geteuid()
    if user == 0:
        os.seteuid(nobody)
    yield
    os.seteuid(user)


def test_file_without_permission(locked_file, ordinary_user):
    with pytest.raises(UnreadableFile, match="cannot be read: Permission denied"):
        list(load_documents(locked_file))


def test_pdf_with_a_password(tmp_path):
    with pytest.raises(EncryptedFile, match="is protected by a password; save a copy without one"):
        load(tmp_path, "a.pdf", encrypted_pdf_bytes(["Secret."], "sesame"))


def test_truncated_pdf(tmp_path):
    with pytest.raises(BrokenFile, match="ends too early"):
        load(tmp_path, "a.pdf", TEXT_PDF[: len(TEXT_PDF) // 2])


def test_damaged_pdf(tmp_path):
    with pytest.raises(LoadError):
        load(tmp_path, "a.pdf", b"%PDF-1.4\n" + b"junk " * 50 + b"\n%%EOF\n")


def test_other_content_under_a_pdf_name(tmp_path):
    with pytest.raises(BrokenFile, match="is not a PDF file"):
        load(tmp_path, "a.pdf", b"Just words.")


def test_pdf_without_text_is_taken_for_a_scan(tmp_path):
    with pytest.raises(NoText, match=r"holds no text \(a scan\?\)"):
        load(tmp_path, "a.pdf", pdf_bytes([[]]))


def test_truncated_docx(tmp_path):
    whole = docx_bytes(lambda word: word.add_paragraph("Text."))
    with pytest.raises(BrokenFile, match="is not a whole DOCX file"):
        load(tmp_path, "a.docx", whole[: len(whole) // 2])


def test_docx_with_a_password(tmp_path):
    with pytest.raises(EncryptedFile, match=r"is protected by a password or in the old \.doc format"):
        load(tmp_path, "a.docx", b"\xd0\xcf\x11\xe0" + b"\0" * 100)


def test_other_content_under_a_docx_name(tmp_path):
    with pytest.raises(BrokenFile, match="is not a whole DOCX file"):
        load(tmp_path, "a.docx", b"Just words.")


def test_docx_without_text(tmp_path):
    with pytest.raises(NoText, match="holds no text"):
        load(tmp_path, "a.docx", docx_bytes(lambda word: None))


def test_html_of_menus_and_scripts_only(tmp_path):
    with pytest.raises(NoText, match="holds no text outside of scripts"):
        load(tmp_path, "a.html", b"<nav>Menu</nav><script>alert(1)</script>")

import io
import zipfile

import pytest

from ui import desk_upload
from ui.desk_upload import UploadedFile, UploadRefused, as_replacement, stage


def check(text):
    return "not in English" if "Bonjour" in text else None


def zipped(entries, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return UploadedFile("docs.zip", out.getvalue())


def ids(staged):
    return [one.document.id for one in staged.documents]


def reasons(staged):
    return {refused.name: refused.reason for refused in staged.refused}


def test_a_file_becomes_a_document_named_after_it():
    assert ids(stage([UploadedFile("returns.md", b"# Returns\n\nWithin 30 days.")], check)) == ["returns.md"]


def test_the_preview_shows_how_it_is_cut():
    staged = stage([UploadedFile("a.md", b"# A\n\n## One\n\nFirst text.\n\n## Two\n\nSecond text.")], check)
    assert [passage.heading_path for passage in staged.documents[0].passages] == [("One",), ("Two",)]


def test_a_zip_gives_its_files_with_their_folders():
    staged = stage([zipped([("shop/a.md", "Text A."), ("shop/sub/b.txt", "Text B.")])], check)
    assert ids(staged) == ["shop/a.md", "shop/sub/b.txt"]


def test_what_the_systems_put_into_zips_is_passed_over():
    staged = stage([zipped([("__MACOSX/._a.md", "x"), (".DS_Store", "x"), ("a.md", "Text.")])], check)
    assert (ids(staged), staged.refused) == (["a.md"], ())


def test_the_language_check_is_told_and_nothing_is_dropped():
    staged = stage([UploadedFile("fr.txt", b"Bonjour tout le monde.")], check)
    assert staged.documents[0].not_english == "not in English"


def test_an_unknown_kind_is_refused_with_the_known_ones():
    assert "Markdown" in reasons(stage([UploadedFile("a.exe", b"MZ")], check))["a.exe"]


def test_a_picture_called_text_is_refused():
    assert "PNG" in reasons(stage([UploadedFile("a.txt", b"\x89PNG\r\n\x1a\n")], check))["a.txt"]


def test_a_program_called_pdf_is_refused():
    assert "a.pdf" in reasons(stage([UploadedFile("a.pdf", b"\x7fELF" + b"\x00" * 100)], check))


def test_text_called_zip_is_refused():
    assert "not a readable zip" in reasons(stage([UploadedFile("a.zip", b"hello")], check))["a.zip"]


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.txt", "/etc/passwd.txt", "..\\..\\x.txt", "C:\\x.txt", "a/../../x.txt"]
)
def test_a_name_that_leads_out_of_the_zip_is_refused(name):
    staged = stage([zipped([(name, "root:x"), ("good.md", "Text.")])], check)
    assert ids(staged) == ["good.md"]
    assert len(staged.refused) == 1


def test_an_upload_whose_own_name_leads_out_is_refused():
    assert stage([UploadedFile("../evil.md", b"Text.")], check).documents == ()


def test_a_link_in_a_zip_is_refused():
    entry = zipfile.ZipInfo("link.md")
    entry.external_attr = 0o120777 << 16
    assert reasons(stage([zipped([(entry, "/etc/passwd")])], check)) == {"link.md": "is a link, not a file"}


def test_a_zip_in_a_zip_is_refused():
    inner = zipped([("a.md", "Text.")]).data
    assert "inside a zip" in reasons(stage([zipped([("inner.zip", inner)])], check))["inner.zip"]


def test_an_entry_that_unpacks_to_hundreds_of_times_its_size_is_a_bomb():
    staged = stage([zipped([("bomb.txt", b"0" * 20_000_000), ("good.md", "Text.")])], check)
    assert ids(staged) == ["good.md"]
    assert "bombs" in reasons(staged)["bomb.txt"]


def test_a_zip_that_lies_about_its_sizes_is_counted_while_it_unpacks():
    data = bytearray(zipped([("bomb.txt", b"0" * 20_000_000)]).data)
    place = data.rindex(b"PK\x01\x02")
    data[place + 24 : place + 28] = (1000).to_bytes(4, "little")
    staged = stage([UploadedFile("liar.zip", bytes(data))], check)
    assert staged.documents == ()
    assert "bomb.txt" in reasons(staged)


def test_too_many_files_are_refused_as_a_whole():
    with pytest.raises(UploadRefused, match="2000"):
        stage([zipped([(f"{n}.md", "x") for n in range(desk_upload.MAX_FILES + 1)], zipfile.ZIP_STORED)], check)


def test_files_that_are_small_alone_and_huge_together_are_refused(monkeypatch):
    monkeypatch.setattr(desk_upload, "MAX_UNPACKED_BYTES", 1000)
    monkeypatch.setattr(desk_upload._Budget, "__init__", lambda self: _small(self))
    with pytest.raises(UploadRefused, match="unpacks to more"):
        stage([zipped([(f"{n}.md", "word " * 60) for n in range(5)])], check)


def _small(budget):
    budget.files, budget.unpacked_bytes, budget.refused = 10, 1000, []


def test_a_damaged_zip_gives_what_is_whole_and_names_the_rest():
    file = zipped([("a.md", "Text of the first. " * 20), ("b.md", "Text.")], zipfile.ZIP_STORED)
    data = bytearray(file.data)
    data[60] ^= 0xFF
    staged = stage([UploadedFile("docs.zip", bytes(data))], check)
    assert ids(staged) == ["b.md"]
    assert "damaged" in reasons(staged)["a.md"]


def test_a_script_in_a_name_stays_text_of_the_id():
    staged = stage([UploadedFile("<img src=x onerror=alert(1)>.md", b"Text.")], check)
    assert ids(staged) == ["<img src=x onerror=alert(1)>.md"]


def test_the_same_name_twice_is_refused_once():
    staged = stage([UploadedFile("a.md", b"One."), UploadedFile("a.md", b"Two.")], check)
    assert (ids(staged), len(staged.refused)) == (["a.md"], 1)


def test_a_replacement_takes_the_id_of_what_it_replaces():
    staged = as_replacement(stage([UploadedFile("new-name.md", b"New text.")], check), "old.md")
    assert ids(staged) == ["old.md"]
    assert staged.documents[0].passages[0].document == "old.md"


def test_two_documents_cannot_replace_one():
    staged = stage([UploadedFile("a.md", b"One."), UploadedFile("b.md", b"Two.")], check)
    with pytest.raises(UploadRefused, match="exactly one"):
        as_replacement(staged, "old.md")

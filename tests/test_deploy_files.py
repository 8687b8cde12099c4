"""Which files `python main.py deploy` sends to a Space, and which never."""

import argparse
import re
import subprocess
from pathlib import Path

import pytest
from small_project import make_project

from chatbot.settings import Settings
from ui import commands
from ui.deploy import FOLDERS, IncompleteProject, SpaceFile, files_to_upload, listing

ROOT = Path(__file__).parent.parent


@pytest.fixture
def project(tmp_path):
    return make_project(tmp_path / "project")


def test_what_the_program_needs_is_sent_and_nothing_else(project):
    assert [file.path for file in files_to_upload(project)] == [
        "README.md", "chatbot/__init__.py", "main.py", "pyproject.toml", "requirements.txt",
        "retrieval/weights/packaged/model.safetensors",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        "chatbot/customers_secret.csv",
        "chatbot/phrases/customers.json",
        "chatbot/weights/service-account.json",
        "knowledge_base/service-account.json",
        "knowledge_base/articles/.env.md",
        "retrieval/training/written/customers.jsonl",
        "retrieval/weights/packaged/optimizer.safetensors",
        "ui/pictures/passport.png",
        "ui/.ipynb_checkpoints/app.py",
        "ui/node_modules/gyp.py",
    ],
)
def test_what_lies_around_in_the_folders_of_the_program_is_not_sent(project, name):
    before = files_to_upload(project)
    (project / name).parent.mkdir(parents=True, exist_ok=True)
    (project / name).write_text("not for the Space")
    assert files_to_upload(project) == before


@pytest.mark.parametrize(
    "name",
    [
        "chatbot/evaluation/measured/own.json",
        "chatbot/evaluation/measured/own/reliability.png",
        "knowledge_base/articles/shop/opening hours.docx",
    ],
)
def test_articles_and_results_of_the_owner_are_sent(project, name):
    (project / name).parent.mkdir(parents=True)
    (project / name).write_text("for the Space")
    assert name in [file.path for file in files_to_upload(project)]


def test_every_file_of_the_program_that_git_knows_is_sent():
    try:
        told = subprocess.run(["git", "ls-files", "-z", *FOLDERS], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git repository")
    known = {name for name in told.stdout.split("\0") if (ROOT / name).is_file()}
    assert known - {file.path for file in files_to_upload()} == set()


def test_this_project_is_sent_with_its_weights():
    sizes = {file.path: file.size for file in files_to_upload()}
    weights = ROOT / "retrieval" / "weights" / "packaged" / "model.safetensors"
    assert sizes["retrieval/weights/packaged/model.safetensors"] == weights.stat().st_size


def test_the_pictures_of_the_readme_are_sent_and_small():
    sizes = {file.path: file.size for file in files_to_upload()}
    shown = re.findall(r"!\[[^\]]+\]\((ui/pictures/[^)]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert 1 <= len(shown) <= 6
    assert all(sizes[path] < 60_000 for path in shown)
    assert sorted(shown) == sorted(path for path in sizes if path.startswith("ui/pictures/"))


def test_the_dry_run_lists_sizes_and_their_total():
    lines = list(listing([SpaceFile("a.py", 1_500_000), SpaceFile("b.py", 500_000)]))
    assert lines == [
        "   1,500,000  a.py",
        "     500,000  b.py",
        "   2,000,000  bytes in 2 files (2.0 MB). Nothing was sent.",
    ]


def test_the_dry_run_needs_no_token_and_no_network(capsys, monkeypatch):
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr("ui.deploy.deploy", lambda *arguments, **more: pytest.fail("sent"))
    commands.deploy(argparse.Namespace(space="me/help", dry_run=True, private=False), Settings())
    assert capsys.readouterr().out.endswith("Nothing was sent.\n")


def test_requirements_that_are_out_of_date_are_not_sent(project):
    (project / "requirements.txt").write_text("gradio\n")
    with pytest.raises(IncompleteProject, match=r"run python main\.py requirements"):
        files_to_upload(project)


def test_half_a_project_is_not_sent(project):
    (project / "main.py").unlink()
    with pytest.raises(IncompleteProject, match=r"has no main\.py"):
        files_to_upload(project)

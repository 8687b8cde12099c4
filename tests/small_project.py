"""A project that can be sent to a Space, with files beside it that must not be."""

import shutil
from pathlib import Path

from ui.requirements import requirements_text

ROOT = Path(__file__).parent.parent
LFS_BYTES = 20_000
"""What the stand-in for the hub calls a large file."""


def make_project(root: Path) -> Path:
    for folder in ("chatbot", "knowledge_base", "retrieval/weights/packaged", "ui/__pycache__", "tests", "runs"):
        (root / folder).mkdir(parents=True)
    (root / ".git").mkdir()
    for name in ("main.py", "README.md", "pyproject.toml"):
        shutil.copyfile(ROOT / name, root / name)
    (root / "requirements.txt").write_text(requirements_text(root / "pyproject.toml"), encoding="utf-8")
    (root / "chatbot" / "__init__.py").write_text("# small\n")
    (root / "retrieval" / "weights" / "packaged" / "model.safetensors").write_bytes(b"w" * (LFS_BYTES + 1))
    for name in ("ui/__pycache__/a.pyc", "tests/test_a.py", "runs/a.log", ".git/HEAD", ".env", "knowledge_base/a.db"):
        (root / name).write_text("not for the Space")
    (root / "customers.csv").write_text("not for the Space either")
    return root

"""`requirements.txt`, which Hugging Face Spaces installs, made of the dependencies in pyproject.toml."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROJECT_FILE = ROOT / "pyproject.toml"
REQUIREMENTS_FILE = ROOT / "requirements.txt"

HEADER = "# Made of pyproject.toml by `python main.py requirements`; change it there.\n"


def requirements_text(project_file: Path = PROJECT_FILE) -> str:
    """What requirements.txt must say."""
    project = tomllib.loads(project_file.read_text(encoding="utf-8"))["project"]
    return HEADER + "".join(f"{requirement}\n" for requirement in project["dependencies"])


def write_requirements() -> Path:
    """Write it beside pyproject.toml."""
    REQUIREMENTS_FILE.write_text(requirements_text(), encoding="utf-8")
    return REQUIREMENTS_FILE

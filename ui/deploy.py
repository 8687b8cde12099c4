"""Puts this program on Hugging Face Spaces: which files, and sending them.

What is sent is named, not what is left out: a file with secrets or customers' data that lies around is never sent.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge_base.loaders import LOADERS
from retrieval.hub import hub_endpoint
from retrieval.packaged import CONFIG_FILE, TOKENIZER_FILE, WEIGHTS_FILE
from ui.requirements import ROOT, requirements_text

if TYPE_CHECKING:
    from huggingface_hub import HfApi

PACKAGED_FILES = (CONFIG_FILE, TOKENIZER_FILE, WEIGHTS_FILE, "README.md")
FOLDERS = ("chatbot", "knowledge_base", "retrieval", "ui")
NEEDED = ("README.md", "main.py", "requirements.txt")

PATTERNS = (
    *NEEDED,
    "CHANGELOG.md",
    "LICENSE",
    "pyproject.toml",
    *(f"{folder}/**/*.py" for folder in FOLDERS),
    "chatbot/evaluation/EXPERIMENTS.md",
    "chatbot/evaluation/number_types.png",
    "chatbot/evaluation/measured/*.json",
    "chatbot/evaluation/measured/*.questions.json.gz",
    "chatbot/evaluation/measured/*/*.png",
    "chatbot/evaluation/typology/README.md",
    "chatbot/evaluation/typology/syntax_distance.tsv",
    "chatbot/phrases/??.json",
    "chatbot/weights/calibration.json",
    "chatbot/words/*.tsv",
    *(f"{part}/weights/packaged/{name}" for part in ("chatbot", "retrieval") for name in PACKAGED_FILES),
    "retrieval/weights/packaged/dictionary/??.tsv.xz",
    "retrieval/training/written/README.md",
    "retrieval/training/written/??.questions.tsv",
    *(f"retrieval/training/written/{name}.jsonl" for name in ("encyclopedia", "help_centres", "near_misses")),
    "ui/*.css",
    "ui/*.js",
    "ui/favicon.svg",
    "ui/pictures/*.webp",
)
"""What belongs to the program, besides the articles, which every visitor may read."""

ARTICLES = "knowledge_base/articles"
LEFT_OUT_FOLDERS = frozenset({"__pycache__", "node_modules", "runs", "tests", "build"})

SPACE_NAME = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]{0,95}", re.ASCII)
TOKEN_VARIABLE = "HF_TOKEN"
COMMIT_MESSAGE = "Update Anytongue"
MEGABYTE = 1_000_000


class DeployError(Exception):
    """The Space cannot be made or updated."""


class BadSpaceName(DeployError):
    """Not a name such as owner/name."""


class NoToken(DeployError):
    """Nothing to sign in with."""


class IncompleteProject(DeployError):
    """A file that a Space needs is missing or out of date."""


class SpaceRefused(DeployError):
    """The hub says no."""


class NoConnection(DeployError):
    """The hub does not answer."""


@dataclass(frozen=True, slots=True)
class SpaceFile:
    """A file to send."""

    path: str
    """Inside the project, with slashes."""
    size: int
    """In bytes."""


def check_name(space: str) -> None:
    """Refuse what cannot be the name of a Space."""
    if not SPACE_NAME.fullmatch(space) or ".." in space or "--" in space:
        raise BadSpaceName(f"{space!r} is not the name of a Space: give it as owner/name, such as acme/help-centre.")


def files_to_upload(root: Path = ROOT) -> list[SpaceFile]:
    """Every file that the running program needs, by path. Raises IncompleteProject."""
    missing = [name for name in NEEDED if not (root / name).is_file()]
    if missing:
        raise IncompleteProject(f"{root} has no {', '.join(missing)}: run this from a whole copy of the project.")
    if (root / "requirements.txt").read_text(encoding="utf-8") != requirements_text(root / "pyproject.toml"):
        raise IncompleteProject("requirements.txt is not what pyproject.toml says: run python main.py requirements.")
    return [SpaceFile(path, (root / path).stat().st_size) for path in sorted(_paths(root))]


def listing(files: Sequence[SpaceFile]) -> Iterator[str]:
    """The files for people, and their total."""
    for file in files:
        yield f"{file.size:>12,}  {file.path}"
    total = sum(file.size for file in files)
    yield f"{total:>12,}  bytes in {len(files)} files ({total / MEGABYTE:.1f} MB). Nothing was sent."


def deploy(
    space: str,
    files: Sequence[SpaceFile],
    *,
    private: bool = False,
    root: Path = ROOT,
    environment: Mapping[str, str] = os.environ,
) -> str:
    """Make the Space if need be and send what changed, as one commit; returns its address. Raises DeployError."""
    check_name(space)
    token = environment.get(TOKEN_VARIABLE, "").strip()
    if not token:
        raise NoToken(
            f"{TOKEN_VARIABLE} is not set: make a token that may write at {hub_endpoint(environment)}/settings/tokens "
            f"and run {TOKEN_VARIABLE}=hf_... python main.py deploy --space {space}"
        )
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    try:
        return _send(HfApi(endpoint=hub_endpoint(environment), token=token), space, files, private, root)
    except Exception as error:  # huggingface_hub lets through what its HTTP library raises, which changes with it
        # A large file that did not get through is told as a RuntimeError around what happened.
        told = error.__cause__ if isinstance(error, RuntimeError) and error.__cause__ else error
        if isinstance(told, HfHubHTTPError):
            raise SpaceRefused(_explain(told.response.status_code, space, str(told))) from error
        if not _is_network(told):
            raise
        raise NoConnection(
            f"{hub_endpoint(environment)} cannot be reached ({told}): check the network and run this again; "
            "files that arrived are not sent twice."
        ) from error


def _send(api: "HfApi", space: str, files: Sequence[SpaceFile], private: bool, root: Path) -> str:
    address = api.create_repo(space, repo_type="space", space_sdk="gradio", private=private or None, exist_ok=True)
    api.upload_folder(
        repo_id=space,
        repo_type="space",
        folder_path=root,
        allow_patterns=[_literally(file.path) for file in files],
        # Modules that are gone here must go there; what the owner added beside them stays.
        delete_patterns=[f"{folder}/*" for folder in FOLDERS],
        commit_message=COMMIT_MESSAGE,
    )
    return str(address)


def _is_network(error: BaseException) -> bool:
    transport = any(kind.__name__ == "TransportError" for kind in type(error).__mro__)  # of httpx and its successors
    return transport or isinstance(error, OSError)


def _explain(status: int, space: str, told: str) -> str:
    reasons = {
        401: f"the token in {TOKEN_VARIABLE} is not valid: make a new one",
        402: "it wants to be paid for this: see the owner's plan",
        403: f"the token in {TOKEN_VARIABLE} may not write to {space}: give it that right, or name another owner",
        404: f"there is no owner {space.partition('/')[0]}, or the token may not see it",
    }
    return f"The hub refused {space} (HTTP {status}): {reasons.get(status, told)}."


def _paths(root: Path) -> set[str]:
    found = {path for pattern in PATTERNS for path in root.glob(pattern)}
    found |= {path for path in root.glob(f"{ARTICLES}/**/*") if path.suffix.lower() in LOADERS}
    inside = {path.relative_to(root) for path in found if path.is_file()}
    return {path.as_posix() for path in inside if not _is_left_out(path)}


def _is_left_out(path: Path) -> bool:
    return any(part.startswith(".") or part in LEFT_OUT_FOLDERS for part in path.parts)


def _literally(path: str) -> str:
    return re.sub(r"([\[*?])", r"[\1]", path)

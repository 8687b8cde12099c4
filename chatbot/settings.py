"""Every knob of the running application, read once from the environment and the flags by `main`."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

ENVIRONMENT_PREFIX = "ANYTONGUE_"

DEFAULT_KNOWLEDGE_BASE = Path("anytongue.db")
"""Made from the sample help centre on the first start when it does not exist."""

SPACE_HOST = "0.0.0.0"
"""A Space forwards to port 7860 of its container, from outside of it."""

SPACE_PAGE = "https://huggingface.co"
"""The page of a Space shows the program in a frame."""


LIMITS = {"top_k": (1, 1000), "threshold": (0, 1), "port": (1, 65535), "keep_questions_days": (0, 100_000)}
"""Lowest and highest number of a knob. Zero passages find nothing; days beyond these leave the calendar."""


class SettingsError(Exception):
    """An environment variable holds a value that cannot be used."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Each field can be set as ANYTONGUE_<NAME>; a command line flag of the same name wins."""

    kb: Path = DEFAULT_KNOWLEDGE_BASE
    """The knowledge base: one SQLite file."""
    models: str = "packaged"
    """packaged | base | large | auto: which encoder and reader."""
    quantization: str = "auto"
    """none | int8 | nf4 | auto: number type of the weights."""
    reranker: str = "none"
    """none | auto | hub id | folder: cross-encoder that orders the passages once more; auto = the profile's."""
    top_k: int = 8
    """Passages retrieved for a question; reading stops earlier when it cannot pay."""
    calibration: Path | None = None
    """How sure an answer is: a file that `python main.py calibrate` wrote; None = the packaged one."""
    threshold: float | None = None
    """Answer only when at least this sure, 0..1; None = what calibration found."""
    host: str = "127.0.0.1"
    """Address the page listens on; 0.0.0.0 opens it to the network."""
    port: int = 7860
    """Port of the page."""
    share: bool = False
    """Open a public Gradio link."""
    desk_password_hash: str = field(default="", repr=False)
    """Opens the desk, the operators' page, under /desk; made by `python main.py desk-password`. Empty: no desk."""
    log_questions: bool = True
    """Keep questions, answers and feedback for the desk, without anything that identifies a person."""
    keep_questions_days: int = 180
    """Older questions are deleted; 0 = kept until somebody erases them."""
    embed_origins: str = ""
    """Sites that may show the chat in a frame, such as https://www.example.com; "*" = any. Empty: no other site."""
    contact: str = ""
    """Where readers can ask a person: a mail address or an https link. Empty: nothing is offered."""
    backup_dir: Path | None = None
    """A folder that outlives the machine: the knowledge base is put back from it and backed up to it."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Defaults, overridden by ANYTONGUE_* variables. Raises SettingsError on a value of the wrong type or size.

        On a Hugging Face Space (SPACE_ID is set) the page is open to the network, where the Space looks for it, and
        may be framed by the page of the Space; gradio's own variables for address and port are heard everywhere.
        """
        values: dict[str, object] = {"host": SPACE_HOST} if environment.get("SPACE_ID") else {}
        if environment.get("GRADIO_SERVER_NAME"):
            values["host"] = environment["GRADIO_SERVER_NAME"]
        if environment.get("GRADIO_SERVER_PORT"):
            values["port"] = _number("GRADIO_SERVER_PORT", int, "port", environment["GRADIO_SERVER_PORT"])
        for knob in fields(cls):
            variable = ENVIRONMENT_PREFIX + knob.name.upper()
            if variable in environment:
                values[knob.name] = _convert(variable, knob.name, str(knob.type), environment[variable])
        if environment.get("SPACE_ID"):
            values["embed_origins"] = f"{SPACE_PAGE} {values.get('embed_origins', '')}".strip()
        return cls(**values)  # type: ignore[arg-type]


def _convert(variable: str, name: str, kind: str, raw: str) -> object:
    if "Path" in kind:
        return Path(raw) if raw or "None" not in kind else None
    if "int" in kind:
        return _number(variable, int, name, raw)
    if "float" in kind:
        return _number(variable, float, name, raw)
    if "bool" in kind:
        if raw.lower() not in {"0", "1", "true", "false", "yes", "no"}:
            raise SettingsError(f"{variable} is {raw!r}; use 1 or 0.")
        return raw.lower() in {"1", "true", "yes"}
    return raw


def _number(variable: str, kind: type[int] | type[float], name: str, raw: str) -> float:
    low, high = LIMITS[name]
    try:
        value = kind(raw)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        what = "whole number" if kind is int else "number"
        raise SettingsError(f"{variable} is {raw!r}; a {what} from {low} to {high} is needed. Set it, or unset it.")
    return value

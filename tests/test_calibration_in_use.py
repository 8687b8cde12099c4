"""Which stored calibration is used: the packaged one, or the one that was named."""

from dataclasses import replace
from pathlib import Path

import pytest

from chatbot.assemble import CALIBRATION_FILE, calibration_file, load_calibration
from chatbot.calibration import Calibration, OtherCheckpoints, UnreadableCalibration
from chatbot.evaluation import workbench
from chatbot.evaluation.workbench import Models
from chatbot.reader import Reader
from chatbot.settings import Settings
from tests.fakes import FakeEncoder, FakeReaderNetwork
from ui import commands
from ui.cli import run

ENCODER, READER = FakeEncoder(), Reader(FakeReaderNetwork())
FITTED = replace(
    Calibration.default(),
    threshold=0.7,
    encoder_fingerprint=ENCODER.fingerprint,
    reader_fingerprint=READER.fingerprint,
)


def named(tmp_path, calibration):
    calibration.save(tmp_path / "own.json")
    return Settings(calibration=tmp_path / "own.json")


def test_the_packaged_one_is_the_default():
    assert calibration_file(Settings()) == CALIBRATION_FILE


def test_the_environment_names_one():
    settings = Settings.from_environment({"ANYTONGUE_CALIBRATION": "own.json"})
    assert calibration_file(settings) == Path("own.json")


@pytest.mark.parametrize("command", ["serve", "ask", "parity", "evaluate", "calibrate"])
def test_a_flag_names_one(command, monkeypatch):
    used = []
    monkeypatch.setattr(commands, command, lambda options, settings: used.append(calibration_file(settings)) or 0)
    arguments = [] if command == "serve" else ["x"]
    assert run([command, *arguments, "--calibration", "own.json"]) == 0
    assert used == [Path("own.json")]


def test_the_named_one_is_used(tmp_path):
    assert load_calibration(named(tmp_path, FITTED), ENCODER, READER) == FITTED


def test_a_named_one_of_other_models_is_refused(tmp_path):
    settings = named(tmp_path, replace(FITTED, reader_fingerprint="other"))
    with pytest.raises(OtherCheckpoints, match="fitted for encoder fake-encoder"):
        load_calibration(settings, ENCODER, READER)


def test_a_named_one_that_is_missing_is_refused(tmp_path):
    with pytest.raises(UnreadableCalibration, match=r"calibrate QUESTIONS --out .*nowhere\.json"):
        load_calibration(Settings(calibration=tmp_path / "nowhere.json"), ENCODER, READER)


def test_the_packaged_one_gives_way_to_a_guess_beside_other_models(caplog):
    assert load_calibration(Settings(), ENCODER, READER) == Calibration.default()
    assert "Confidence is a rough guess" in caplog.text


def test_an_evaluation_measures_with_the_named_one(tmp_path, monkeypatch):
    monkeypatch.setattr(workbench.assemble, "build_encoder", lambda settings: ENCODER)
    monkeypatch.setattr(workbench.assemble, "build_reader", lambda settings: READER)
    assert Models.load(named(tmp_path, FITTED)).calibration == FITTED

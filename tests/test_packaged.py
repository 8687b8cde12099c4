"""The packaged checkpoint format: what is written is what is read."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from tiny_checkpoints import tiny_tokenizer

from retrieval.packaged import (
    BrokenCheckpoint,
    CheckpointFileMissing,
    NewerCheckpointFormat,
    dequantize_rows,
    dequantize_tensors,
    is_packaged,
    quantize_rows,
    read_packaged,
    write_packaged,
)

ENCODER = Path(__file__).parent.parent / "retrieval" / "weights" / "packaged"
READER = Path(__file__).parent.parent / "chatbot" / "weights" / "packaged"
WORDS = "embeddings.word_embeddings.weight"


def write_small(folder: Path, value: float = 1.0) -> Path:
    tiny_tokenizer().save(str(folder.parent / "tokenizer.json"))
    tensors = {WORDS: np.full((3, 2), value, np.float32), "norm.bias": np.array([0.5, -2.0], np.float32)}
    write_packaged(folder, tensors, {"model_type": "bert"}, folder.parent / "tokenizer.json")
    return folder


def test_a_row_is_stored_as_its_largest_element_over_127() -> None:
    rows, scale = quantize_rows(np.array([[1.0, -2.0, 0.5]], np.float32))
    assert (rows.tolist(), scale.tolist()) == ([[64, -127, 32]], [pytest.approx(2 / 127, rel=1e-3)])


def test_a_zero_row_stays_zero() -> None:
    assert dequantize_rows(*quantize_rows(np.zeros((1, 3), np.float32))).tolist() == [[0.0, 0.0, 0.0]]


def test_rows_come_back_within_half_a_step() -> None:
    matrix = np.random.default_rng(0).normal(size=(20, 30)).astype(np.float32)
    error = np.abs(dequantize_rows(*quantize_rows(matrix)) - matrix).max(axis=1)
    assert (error <= np.abs(matrix).max(axis=1) / 127 * 0.51).all()


def test_matrices_are_written_as_int8_and_vectors_as_half_precision(tmp_path: Path) -> None:
    stored = load_file(write_small(tmp_path / "encoder") / "model.safetensors")
    assert {name: str(array.dtype) for name, array in stored.items()} == {
        WORDS: "int8",
        f"{WORDS}.scale": "float16",
        "norm.bias": "float16",
    }


def test_rows_that_are_int8_already_are_written_as_they_are(tmp_path: Path) -> None:
    tiny_tokenizer().save(str(tmp_path / "tokenizer.json"))
    rows, scale = np.array([[5, -7]], np.int8), np.array([0.25], np.float16)
    write_packaged(tmp_path / "e", {"w": rows, "w.scale": scale}, {}, tmp_path / "tokenizer.json")
    assert dequantize_tensors(read_packaged(tmp_path / "e").tensors)["w"].tolist() == [[1.25, -1.75]]


def test_a_reader_takes_words_and_tokenizer_from_the_encoder(tmp_path: Path) -> None:
    encoder = write_small(tmp_path / "encoder")
    write_packaged(tmp_path / "reader", {f"bert.{WORDS}": np.ones((3, 2))}, {}, shared_with=encoder)
    assert (sorted(load_file(tmp_path / "reader" / "model.safetensors")), sorted(_names(tmp_path / "reader"))) == (
        [],
        sorted([WORDS, f"{WORDS}.scale"]),
    )


def _names(folder: Path) -> list[str]:
    return list(read_packaged(folder).tensors)


def test_the_shared_folder_is_named_relative_to_the_reader(tmp_path: Path) -> None:
    encoder = write_small(tmp_path / "encoder")
    write_packaged(tmp_path / "deep" / "reader", {}, {}, shared_with=encoder)
    assert json.loads((tmp_path / "deep" / "reader" / "config.json").read_text())["anytongue_shared"] == "../../encoder"


def test_the_fingerprint_changes_with_the_weights(tmp_path: Path) -> None:
    first = read_packaged(write_small(tmp_path / "encoder", 1.0)).fingerprint
    assert read_packaged(write_small(tmp_path / "encoder", 2.0)).fingerprint != first


def test_the_readers_fingerprint_changes_with_the_words_it_shares(tmp_path: Path) -> None:
    encoder = write_small(tmp_path / "encoder", 1.0)
    write_packaged(tmp_path / "reader", {}, {}, shared_with=encoder)
    first = read_packaged(tmp_path / "reader").fingerprint
    write_small(tmp_path / "encoder", 2.0)
    assert read_packaged(tmp_path / "reader").fingerprint != first


def test_a_plain_folder_is_not_packaged(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    assert not is_packaged(tmp_path)


def test_a_truncated_file_is_named(tmp_path: Path) -> None:
    weights = write_small(tmp_path / "encoder") / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4])
    with pytest.raises(BrokenCheckpoint, match=r"model\.safetensors is not a whole safetensors file"):
        read_packaged(tmp_path / "encoder")


def test_missing_weights_are_named(tmp_path: Path) -> None:
    (write_small(tmp_path / "encoder") / "model.safetensors").unlink()
    with pytest.raises(CheckpointFileMissing, match=r"model\.safetensors"):
        read_packaged(tmp_path / "encoder")


def test_a_config_that_is_not_json_is_named(tmp_path: Path) -> None:
    (write_small(tmp_path / "encoder") / "config.json").write_text("{")
    with pytest.raises(BrokenCheckpoint, match=r"config\.json is not readable JSON"):
        read_packaged(tmp_path / "encoder")


def test_a_newer_format_asks_for_an_update(tmp_path: Path) -> None:
    (write_small(tmp_path / "encoder") / "config.json").write_text('{"anytongue_format": 2}')
    with pytest.raises(NewerCheckpointFormat, match="format 2, this program reads 1"):
        read_packaged(tmp_path / "encoder")


def test_an_interrupted_write_leaves_the_old_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (write_small(tmp_path / "encoder") / "model.safetensors").read_bytes()

    def interrupted(tensors: dict[str, np.ndarray], path: Path, metadata: dict[str, str]) -> None:
        save_file({"half": np.zeros(1)}, path)
        raise KeyboardInterrupt

    monkeypatch.setattr("retrieval.packaged.save_file", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_small(tmp_path / "encoder", 2.0)
    assert (tmp_path / "encoder" / "model.safetensors").read_bytes() == before


def test_the_packaged_weights_together_stay_below_64_megabytes() -> None:
    sizes = [path.stat().st_size for folder in (ENCODER, READER) for path in folder.iterdir()]
    assert sum(sizes) < 64_000_000


def test_no_packaged_file_exceeds_45_megabytes() -> None:
    assert max(path.stat().st_size for folder in (ENCODER, READER) for path in folder.iterdir()) < 45_000_000


def test_the_packaged_reader_holds_no_word_embeddings_of_its_own() -> None:
    assert not [name for name in load_file(READER / "model.safetensors") if "word_embeddings" in name]

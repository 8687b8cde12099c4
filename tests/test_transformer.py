"""The seam over tiny real networks: what comes out equals what transformers computes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_checkpoints import save_checkpoint, save_packaged_pair

from retrieval import pretrained
from retrieval.bert import UnsupportedArchitecture
from retrieval.encoder import pad
from retrieval.fetching import HubUnreachable, PickleCheckpoint
from retrieval.model_loading import MissingWeights
from retrieval.model_types import TokenBatch
from retrieval.packaged import BrokenCheckpoint, CheckpointError, CheckpointFileMissing
from retrieval.pretrained import CheckpointNotFound
from retrieval.quantization import NumberTypes, UnknownQuantization, bitsandbytes_config
from retrieval.transformer import load_encoder_network, load_reader_network

BATCH = pad([[2, 6, 7, 8, 3, 10, 11, 12, 13, 3], [2, 9, 3, 14, 15, 3]], pad_id=0)
REAL = BATCH.mask.astype(bool)
PAIR = TokenBatch(BATCH.ids, BATCH.mask, np.array([[0] * 5 + [1] * 5, [0] * 3 + [1] * 3 + [0] * 4]))


@pytest.fixture(name="pair", scope="module")
def _pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Any, Any]:
    return save_packaged_pair(tmp_path_factory.mktemp("pair"))


@pytest.fixture(name="plain_encoder", scope="module")
def _plain_encoder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    folder = tmp_path_factory.mktemp("plain_encoder")
    return folder, save_checkpoint(folder, "BertModel")


@pytest.fixture(name="plain_reader", scope="module")
def _plain_reader(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    folder = tmp_path_factory.mktemp("plain_reader")
    return folder, save_checkpoint(folder, "BertForQuestionAnswering")


def by_transformers(model: Any, batch: TokenBatch) -> Any:
    with torch.inference_mode():
        return model(
            input_ids=torch.from_numpy(batch.ids),
            attention_mask=torch.from_numpy(batch.mask),
            token_type_ids=torch.from_numpy(batch.segments),
        )


def expected_hidden(model: Any) -> np.ndarray:
    hidden: np.ndarray = by_transformers(model, PAIR).last_hidden_state.numpy()
    return hidden[REAL]


def expected_starts(model: Any) -> np.ndarray:
    starts: np.ndarray = by_transformers(model, PAIR).start_logits.numpy()
    return starts[REAL]


def by_bitsandbytes(folder: Path, weights: str) -> Any:
    """The reader loaded by transformers with our bitsandbytes settings, as on a GPU."""
    from transformers import AutoModelForQuestionAnswering

    config = bitsandbytes_config(NumberTypes(weights, "float32", ""), keep=["qa_outputs"])
    return AutoModelForQuestionAnswering.from_pretrained(
        folder, quantization_config=config, device_map="cpu", dtype=torch.float32
    )


def relative_error(found: np.ndarray, expected: np.ndarray) -> float:
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))


# Plain Hugging Face folders


def test_a_plain_encoder_gives_what_transformers_gives(plain_encoder: tuple[Path, Any]) -> None:
    folder, model = plain_encoder
    found = load_encoder_network(folder, "none").hidden(PAIR)[REAL]
    np.testing.assert_allclose(found, expected_hidden(model), atol=1e-5)


def test_a_plain_encoder_in_int8_comes_near(plain_encoder: tuple[Path, Any]) -> None:
    folder, model = plain_encoder
    assert relative_error(load_encoder_network(folder, "int8").hidden(PAIR)[REAL], expected_hidden(model)) < 0.06


def test_a_plain_reader_gives_what_transformers_gives(plain_reader: tuple[Path, Any]) -> None:
    folder, model = plain_reader
    starts, _ = load_reader_network(folder, "none").span_scores(PAIR)
    np.testing.assert_allclose(starts[REAL], expected_starts(model), atol=1e-5)


def test_end_scores_are_the_second_of_the_two(plain_reader: tuple[Path, Any]) -> None:
    folder, model = plain_reader
    _, ends = load_reader_network(folder, "none").span_scores(PAIR)
    np.testing.assert_allclose(ends[REAL], by_transformers(model, PAIR).end_logits.numpy()[REAL], atol=1e-5)


def test_a_plain_reader_in_int8_comes_near(plain_reader: tuple[Path, Any]) -> None:
    folder, model = plain_reader
    starts, _ = load_reader_network(folder, "int8").span_scores(PAIR)
    assert relative_error(starts[REAL], expected_starts(model)) < 0.06


def test_a_plain_reader_in_nf4_comes_near_what_bitsandbytes_computes(plain_reader: tuple[Path, Any]) -> None:
    starts, _ = load_reader_network(plain_reader[0], "nf4").span_scores(PAIR)
    assert relative_error(starts[REAL], expected_starts(by_bitsandbytes(plain_reader[0], "nf4"))) < 0.06


def test_a_plain_checkpoint_says_how_long_its_input_may_be(plain_encoder: tuple[Path, Any]) -> None:
    assert load_encoder_network(plain_encoder[0], "none").tokenizer.max_tokens == 64


def test_a_plain_checkpoint_keeps_its_fingerprint(plain_encoder: tuple[Path, Any]) -> None:
    first, second = (load_encoder_network(plain_encoder[0], "none").fingerprint for _ in range(2))
    assert first == second


def test_vectors_of_nf4_weights_are_kept_apart(plain_encoder: tuple[Path, Any]) -> None:
    plain, nf4 = (load_encoder_network(plain_encoder[0], kind).fingerprint for kind in ("none", "nf4"))
    assert plain != nf4


def test_vectors_count_as_those_of_nf4_only_where_nf4_runs(
    plain_encoder: tuple[Path, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = load_encoder_network(plain_encoder[0], "none").fingerprint
    too_old = NumberTypes("none", "float32", "this GPU is too old for nf4")
    monkeypatch.setattr(pretrained, "choose_number_types", lambda *arguments: too_old)
    assert load_encoder_network(plain_encoder[0], "nf4").fingerprint == plain


def test_vectors_of_int8_weights_stay_valid_for_float_weights(plain_encoder: tuple[Path, Any]) -> None:
    plain, int8 = (load_encoder_network(plain_encoder[0], kind).fingerprint for kind in ("none", "int8"))
    assert plain == int8


@pytest.mark.parametrize("asked", ["none", "int8", "nf4"])
def test_a_plain_checkpoint_says_in_which_number_type_it_runs(plain_reader: tuple[Path, Any], asked: str) -> None:
    assert load_reader_network(plain_reader[0], asked).number_type == f"{asked}/float32"


# Packaged folders


@pytest.mark.parametrize(("asked", "used"), [("none", "none"), ("int8", "int8"), ("auto", "int8")])
def test_a_packaged_checkpoint_says_in_which_number_type_it_runs(
    pair: tuple[Path, Path, Any, Any], asked: str, used: str
) -> None:
    networks = load_encoder_network(pair[0], asked), load_reader_network(pair[1], asked)
    assert [network.number_type for network in networks] == [f"{used}/float32"] * 2


def test_a_packaged_encoder_comes_near_the_model_it_was_made_of(pair: tuple[Path, Path, Any, Any]) -> None:
    found = load_encoder_network(pair[0], "none").hidden(PAIR)[REAL]
    assert relative_error(found, expected_hidden(pair[2])) < 0.03


def test_a_packaged_reader_comes_near_the_model_it_was_made_of(pair: tuple[Path, Path, Any, Any]) -> None:
    starts, _ = load_reader_network(pair[1], "none").span_scores(PAIR)
    assert relative_error(starts[REAL], expected_starts(pair[3])) < 0.03


def test_a_packaged_encoder_in_int8_comes_near_itself(pair: tuple[Path, Path, Any, Any]) -> None:
    exact = load_encoder_network(pair[0], "none").hidden(PAIR)[REAL]
    assert relative_error(load_encoder_network(pair[0], "int8").hidden(PAIR)[REAL], exact) < 0.06


@pytest.mark.parametrize("quantization", ["none", "int8"])
def test_what_stands_in_a_batch_changes_nothing(pair: tuple[Path, Path, Any, Any], quantization: str) -> None:
    network = load_encoder_network(pair[0], quantization)
    loud = TokenBatch(np.full_like(BATCH.ids, 17), np.ones_like(BATCH.mask), np.zeros_like(BATCH.segments))
    crowd = TokenBatch(*(np.vstack(rows) for rows in zip(_arrays(BATCH), _arrays(loud), strict=True)))
    alone = pad([[2, 9, 3, 14, 15, 3]], pad_id=0)
    tolerance = 0.0 if quantization == "int8" else 1e-6  # integers add up the same in every order
    np.testing.assert_allclose(network.hidden(crowd)[1, :6], network.hidden(alone)[0], rtol=tolerance, atol=tolerance)


def _arrays(batch: TokenBatch) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return batch.ids, batch.mask, batch.segments


def test_encoder_and_reader_share_their_words_and_differ_in_fingerprint(pair: tuple[Path, Path, Any, Any]) -> None:
    assert load_encoder_network(pair[0]).fingerprint != load_reader_network(pair[1]).fingerprint


def test_the_reader_uses_the_encoders_tokenizer(pair: tuple[Path, Path, Any, Any]) -> None:
    assert load_reader_network(pair[1]).tokenizer.tokenize(["shipping"])[0].ids.tolist() == [10, 11]


def test_nf4_of_a_packaged_checkpoint_is_refused(pair: tuple[Path, Path, Any, Any]) -> None:
    with pytest.raises(UnknownQuantization, match="stored as int8"):
        load_encoder_network(pair[0], "nf4")


def test_an_encoder_has_no_span_head(pair: tuple[Path, Path, Any, Any]) -> None:
    with pytest.raises(BrokenCheckpoint, match=r"lacks the tensor qa_outputs\.weight"):
        load_reader_network(pair[0])


def test_a_packaged_checkpoint_of_another_architecture_is_refused(
    pair: tuple[Path, Path, Any, Any], tmp_path: Path
) -> None:
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        (tmp_path / name).write_bytes((pair[0] / name).read_bytes())
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "model_type": "roberta"}))
    with pytest.raises(UnsupportedArchitecture, match="this one is roberta"):
        load_encoder_network(tmp_path)


def test_the_packaged_encoder_that_ships_puts_a_spanish_question_beside_its_english_original() -> None:
    from retrieval.encoder import Encoder

    weights = Path(__file__).parent.parent / "retrieval" / "weights" / "packaged"
    encoder = Encoder(load_encoder_network(weights))
    originals = encoder.encode_questions(["How do I reset my password?", "Where is the museum?"])
    assert int((originals @ encoder.encode_questions(["¿Dónde está el museo?"])[0]).argmax()) == 1


# Bad checkpoints


def test_a_checkpoint_without_span_head_is_refused(plain_encoder: tuple[Path, Any]) -> None:
    with pytest.raises(MissingWeights, match="no question answering head"):
        load_reader_network(plain_encoder[0])


def test_pickled_weights_are_refused(plain_encoder: tuple[Path, Any], tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes((plain_encoder[0] / "config.json").read_bytes())
    torch.save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(PickleCheckpoint, match="convert it to safetensors"):
        load_encoder_network(tmp_path)


def test_a_truncated_checkpoint_says_so(plain_encoder: tuple[Path, Any], tmp_path: Path) -> None:
    for path in plain_encoder[0].iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match="could not be loaded"):
        load_encoder_network(tmp_path)


def test_weights_that_are_no_safetensors_at_all_say_so(plain_encoder: tuple[Path, Any], tmp_path: Path) -> None:
    for path in plain_encoder[0].iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "model.safetensors").write_bytes(bytes(range(256)) * 20)
    with pytest.raises(CheckpointError, match=r"could not be loaded .* restore or replace it"):
        load_encoder_network(tmp_path)


def test_a_folder_without_weights_says_so(plain_encoder: tuple[Path, Any], tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes((plain_encoder[0] / "config.json").read_bytes())
    with pytest.raises(CheckpointFileMissing, match=r"holds no \*\.safetensors weights"):
        load_encoder_network(tmp_path)


def test_a_folder_without_config_says_so(tmp_path: Path) -> None:
    with pytest.raises(CheckpointFileMissing, match=r"holds no config\.json"):
        load_encoder_network(tmp_path)


def test_a_path_that_is_not_there_says_what_may_be_named() -> None:
    with pytest.raises(CheckpointNotFound, match="neither a folder nor a hub id"):
        load_encoder_network("no/such/folder/here")


def test_a_hub_id_without_network_names_the_id_and_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(
        HubUnreachable, match=r"anytongue-tests/nothing could not be fetched .* use the packaged models"
    ):
        load_encoder_network("anytongue-tests/nothing")


def test_an_unknown_quantization_is_refused_before_anything_is_loaded() -> None:
    with pytest.raises(UnknownQuantization):
        load_encoder_network("no/such/folder", "int3")


@pytest.mark.parametrize("weights", ["int8", "nf4"])
def test_bitsandbytes_leaves_the_span_head_in_float32(plain_reader: tuple[Path, Any], weights: str) -> None:
    assert type(by_bitsandbytes(plain_reader[0], weights).qa_outputs) is torch.nn.Linear


@pytest.mark.parametrize("weights", ["int8", "nf4"])
def test_bitsandbytes_quantizes_the_body(plain_reader: tuple[Path, Any], weights: str) -> None:
    body = by_bitsandbytes(plain_reader[0], weights).bert.encoder.layer[0]
    assert type(body.output.dense) is not torch.nn.Linear

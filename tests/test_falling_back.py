"""Falling back: to smaller models where memory runs out, and from those that the program picked and cannot get."""

import logging

import pytest
import torch

from chatbot import model_choice
from chatbot.assemble import build_encoder, build_reader
from chatbot.settings import Settings
from retrieval import pretrained
from retrieval.devices import Gpu, is_out_of_memory
from retrieval.fetching import HubUnreachable
from retrieval.packaged import CheckpointError
from retrieval.profiles import find_pair

BASE_READER = "deepset/xlm-roberta-base-squad2"
LARGE_READER = "deepset/xlm-roberta-large-squad2"


# Memory


def loads_all_but(*too_large, error):
    def load(checkpoint):
        if checkpoint in too_large:
            raise error
        return checkpoint

    return load


def test_a_gpu_that_is_full_falls_to_the_next_smaller_reader():
    load = loads_all_but(LARGE_READER, error=torch.OutOfMemoryError("CUDA out of memory."))
    assert model_choice.first_that_fits(find_pair("large"), "reader", load) == BASE_READER


def test_falling_back_is_said(caplog):
    load = loads_all_but(LARGE_READER, BASE_READER, error=MemoryError())
    with caplog.at_level(logging.WARNING):
        model_choice.first_that_fits(find_pair("large"), "reader", load)
    assert caplog.messages == [f"Not enough memory for {LARGE_READER}, {BASE_READER}: running the reader packaged."]


def test_a_pair_of_ones_own_falls_to_the_packaged_one():
    load = loads_all_but("me/encoder", error=MemoryError())
    assert model_choice.first_that_fits(find_pair("me/encoder,me/reader"), "encoder", load) == "packaged"


def test_when_nothing_fits_the_error_says_what_was_tried():
    load = loads_all_but(LARGE_READER, BASE_READER, "packaged", error=MemoryError())
    with pytest.raises(model_choice.NotEnoughMemory, match=f"tried {LARGE_READER}, {BASE_READER}, packaged"):
        model_choice.first_that_fits(find_pair("large"), "reader", load)


def test_another_error_is_not_taken_for_missing_memory():
    load = loads_all_but(LARGE_READER, error=CheckpointError("broken"))
    with pytest.raises(CheckpointError, match="broken"):
        model_choice.first_that_fits(find_pair("large"), "reader", load)


def test_missing_memory_behind_another_error_is_seen():
    error = CheckpointError("could not be loaded")
    error.__cause__ = RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.")
    assert is_out_of_memory(error)


# The hub


def test_a_smaller_pair_that_the_hub_does_not_give_is_passed_over_and_that_is_said(caplog):
    def load(checkpoint):
        if checkpoint == LARGE_READER:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        if checkpoint == BASE_READER:
            raise HubUnreachable("The hub does not answer.")
        return checkpoint

    assert model_choice.first_that_fits(find_pair("large"), "reader", load) == "packaged"
    assert caplog.messages == [
        "The hub does not answer.",
        f"Not enough memory for {LARGE_READER}. Could not fetch {BASE_READER}: running the reader packaged.",
    ]


def test_what_was_asked_for_by_name_and_is_not_given_is_an_error():
    load = loads_all_but(LARGE_READER, error=HubUnreachable("broke off"))
    with pytest.raises(HubUnreachable, match="broke off"):
        model_choice.first_that_fits(find_pair("large"), "reader", load)


@pytest.fixture
def breaking_hub(monkeypatch):
    """A GPU, and a hub that answers but gives nothing to its end."""

    def fetch(hub_id):
        raise HubUnreachable(f"{hub_id} could not be fetched to its end.")

    monkeypatch.setattr(model_choice, "current_gpu", lambda: Gpu("A GPU", (9, 0), 80 << 30, 79 << 30))
    monkeypatch.setattr(model_choice, "obtainable", lambda ids: True)
    monkeypatch.setattr(pretrained, "fetch", fetch)


def test_auto_with_a_download_that_breaks_off_runs_the_packaged_models(breaking_hub, caplog):
    settings = Settings(models="auto", reranker="auto")
    encoder, reader = build_encoder(settings), build_reader(settings)
    packaged = Settings()
    assert encoder.fingerprint == build_encoder(packaged).fingerprint
    assert reader.fingerprint == build_reader(packaged).fingerprint
    assert f"Could not fetch {LARGE_READER}, {BASE_READER}: running the reader packaged." in caplog.messages


def test_an_automatic_reranker_that_is_not_given_is_left_away_and_said(breaking_hub, caplog):
    assert model_choice.load_reranker(Settings(models="auto", reranker="auto")) is None
    assert "Could not fetch the reranker BAAI/bge-reranker-v2-m3: running without one." in caplog.messages


def test_a_reranker_asked_for_by_name_and_not_given_is_an_error(breaking_hub):
    with pytest.raises(HubUnreachable):
        model_choice.load_reranker(Settings(reranker="me/mine"))

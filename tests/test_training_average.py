import argparse

import pytest
import torch
from safetensors.torch import load_file
from training_world import write_checkpoint

from chatbot.training import train_reader
from retrieval.training import train_encoder
from retrieval.training.average import average
from retrieval.training.checkpoints import load_encoder


def test_average_lies_between_the_two(tmp_path):
    before = write_checkpoint(tmp_path / "before")
    model, _ = load_encoder(before)
    with torch.no_grad():
        model.encoder.layer[0].output.dense.bias.fill_(2.0)
    after = write_checkpoint(tmp_path / "after")
    model.save_pretrained(after)
    average(before, after, 0.25, tmp_path / "out", reader=False)
    found = load_encoder(tmp_path / "out")[0].encoder.layer[0].output.dense.bias
    assert torch.allclose(found, torch.full_like(found, 0.5))


@pytest.mark.parametrize(("command", "reader"), [(train_encoder, False), (train_reader, True)])
def test_each_trainer_averages_its_own_kind_of_model(tmp_path, command, reader):
    write_checkpoint(tmp_path / "a", reader=reader)
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    folders = ["--before", str(tmp_path / "a"), "--after", str(tmp_path / "a"), "--out", str(tmp_path / "out")]
    command.run(parser.parse_args(["average", *folders]))
    names = load_file(tmp_path / "out" / "model.safetensors")
    assert any(name.startswith("qa_outputs") for name in names) == reader

import torch
from training_world import write_checkpoint

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

import pytest
import torch
from training_world import write_checkpoint
from transformers import BertModel

from retrieval.training.checkpoints import load_encoder


@pytest.mark.parametrize("padding", [0, 3])
def test_same_states_as_plain_attention(tmp_path, padding):
    folder = write_checkpoint(tmp_path / "english")
    ours = load_encoder(folder)[0].eval()
    plain = BertModel.from_pretrained(folder, add_pooling_layer=False, attn_implementation="eager").eval()
    ids = torch.randint(5, 40, (2, 9), generator=torch.Generator().manual_seed(0))
    mask = torch.ones_like(ids)
    mask[1, 9 - padding :] = 0
    with torch.no_grad():
        states = [model(input_ids=ids, attention_mask=mask).last_hidden_state for model in (ours, plain)]
    assert torch.allclose(*states, atol=1e-5)
    moved = ids.clone()
    moved[1, 9 - padding :] = 7
    with torch.no_grad():
        again = ours(input_ids=moved, attention_mask=mask).last_hidden_state
    assert torch.allclose(states[0][1, : 9 - padding], again[1, : 9 - padding], atol=1e-5)

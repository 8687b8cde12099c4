"""Number types: which one is chosen where, and how near int8 comes to float32."""

import logging

import numpy as np
import pytest
import torch
from tiny_checkpoints import save_checkpoint, tiny_config

from retrieval import pretrained, transformer
from retrieval.packaged import quantize_rows
from retrieval.quantization import (
    Device,
    NumberTypes,
    UnknownQuantization,
    bitsandbytes_config,
    choose_number_types,
    float_linear,
    int8_embedding,
    int8_layers,
    int8_linear,
    set_int8_layers,
)

CPU = Device("cpu")
AMPERE = Device("cuda", (8, 0), 40 << 30)
TURING = Device("cuda", (7, 5), 8 << 30)
SMALL = Device("cuda", (7, 5), 2 << 30)
PASCAL = Device("cuda", (6, 1), 8 << 30)


def chosen(quantization: str, device: Device, model_type: str = "bert") -> tuple[str, str]:
    numbers = choose_number_types(quantization, device, model_type)
    return numbers.weights, numbers.compute


def test_a_processor_runs_int8_by_itself() -> None:
    assert chosen("auto", CPU) == ("int8", "float32")


def test_a_processor_never_computes_in_half_precision() -> None:
    assert chosen("none", CPU) == ("none", "float32")


def test_a_large_gpu_runs_bfloat16() -> None:
    assert chosen("auto", AMPERE) == ("none", "bfloat16")


def test_an_older_gpu_runs_float16() -> None:
    assert chosen("auto", TURING) == ("none", "float16")


@pytest.mark.parametrize(
    ("quantization", "device", "said"),
    [
        ("auto", CPU, [" runs in int8 weights, computing in float32: int8 is the fastest type on a processor."]),
        ("int8", PASCAL, [" runs in float16: this GPU is too old for int8 (capability (6, 1))."]),
        ("int8", CPU, []),
    ],
)
def test_a_number_type_that_was_not_asked_for_is_said_at_load(
    quantization, device, said, tmp_path, monkeypatch, caplog
):
    save_checkpoint(tmp_path, "BertModel")
    monkeypatch.setattr(
        pretrained,
        "choose_number_types",
        lambda asked, _device, model_type: choose_number_types(asked, device, model_type),
    )
    with caplog.at_level(logging.INFO):
        transformer.load_encoder_network(tmp_path, quantization)
    messages = [record.getMessage() for record in caplog.records if record.name == transformer.__name__]
    assert messages == [f"{tmp_path}{text}" for text in said]


def test_mdeberta_is_kept_out_of_float16_where_it_overflows() -> None:
    assert chosen("auto", TURING, "deberta-v2") == ("none", "float32")


def test_a_gpu_with_little_memory_runs_int8() -> None:
    assert chosen("auto", SMALL) == ("int8", "float16")


def test_a_gpu_too_old_for_int8_runs_without() -> None:
    assert chosen("int8", PASCAL) == ("none", "float16")


def test_the_reason_names_the_capability() -> None:
    assert "(6, 1)" in choose_number_types("int8", PASCAL).reason


def test_nf4_runs_on_an_older_gpu_than_int8() -> None:
    assert chosen("nf4", PASCAL) == ("nf4", "float16")


def test_an_unknown_number_type_names_the_known() -> None:
    with pytest.raises(UnknownQuantization, match="'int4' is unknown: choose one of auto, none, int8, nf4"):
        choose_number_types("int4", CPU)


def random_layer() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = np.random.default_rng(5)
    rows, scale = quantize_rows(generator.normal(size=(48, 32)).astype(np.float32))
    return torch.from_numpy(rows), torch.from_numpy(scale), torch.from_numpy(generator.normal(size=48).astype("f4"))


def test_int8_layers_come_within_two_percent_of_float32() -> None:
    layer = random_layer()
    x = torch.randn(7, 32, generator=torch.Generator().manual_seed(1))
    exact = float_linear(*layer)(x)
    assert float((int8_linear(*layer)(x) - exact).norm() / exact.norm()) < 0.02


def test_a_loud_row_does_not_drown_the_quiet_ones() -> None:
    rows, scale, _ = random_layer()
    x = torch.randn(4, 32, generator=torch.Generator().manual_seed(1))
    x[0] *= 1000
    exact, ours = float_linear(rows, scale, None)(x)[1:], int8_linear(rows, scale, None)(x)[1:]
    assert float((ours - exact).norm() / exact.norm()) < 0.02


def test_rows_that_lie_on_one_side_of_zero_use_the_whole_range() -> None:
    layer = random_layer()
    x = torch.rand(4, 32, generator=torch.Generator().manual_seed(1)) + 3.0
    exact = float_linear(*layer)(x)
    assert float((int8_linear(*layer)(x) - exact).norm() / exact.norm()) < 0.002


def test_a_row_gives_the_same_whatever_stands_beside_it() -> None:
    layer = int8_linear(*random_layer())
    x = torch.randn(9, 32, generator=torch.Generator().manual_seed(1))
    assert torch.equal(layer(x)[:2], layer(x[:2]))
    assert torch.equal(layer(torch.cat([x[:2], x[2:].abs() * 50]))[:2], layer(x[:2]))


def test_a_zero_row_gives_the_bias() -> None:
    rows, scale, bias = random_layer()
    torch.testing.assert_close(int8_linear(rows, scale, bias)(torch.zeros(1, 32))[0], bias)


def test_an_int8_embedding_looks_up_the_rows_it_stands_for() -> None:
    rows, scale = torch.tensor([[1, 2], [3, -4]], dtype=torch.int8), torch.tensor([1.0, 0.5], dtype=torch.float16)
    assert int8_embedding(rows, scale)(torch.tensor([[1, 0]])).tolist() == [[[1.5, -2.0], [1.0, 2.0]]]


def test_the_span_head_stays_a_plain_layer() -> None:
    from transformers import BertForQuestionAnswering

    model = BertForQuestionAnswering(tiny_config())
    set_int8_layers(model, int8_layers(model, keep=["qa_outputs"]))
    linears = [name for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)]
    assert linears == ["qa_outputs"]


@pytest.mark.parametrize("weights", ["int8", "nf4"])
def test_bitsandbytes_is_told_to_leave_the_span_head_alone(weights: str) -> None:
    config = bitsandbytes_config(NumberTypes(weights, "float32", ""), keep=["qa_outputs"])
    assert config.llm_int8_skip_modules == ["qa_outputs"]


@pytest.mark.parametrize("rows", [1, 7])
def test_int8_of_bitsandbytes_computes_activations_past_float16_in_their_own_type(rows: int) -> None:
    # It reads them as float16, where they are infinite, and leaves outliers to a multiplication in the type they had;
    # so mDeBERTa, which is kept from computing in float16, can run in int8.
    import bitsandbytes

    threshold = bitsandbytes_config(NumberTypes("int8", "bfloat16", ""), keep=[]).llm_int8_threshold
    torch.manual_seed(0)
    exact = torch.nn.Linear(64, 64)
    layer = bitsandbytes.nn.Linear8bitLt(64, 64, has_fp16_weights=False, threshold=threshold)
    layer.load_state_dict(exact.state_dict())
    layer = layer.to("cpu").eval()
    x = torch.randn(rows, 64)
    x[0, 5] = 4 * torch.finfo(torch.float16).max
    with torch.inference_mode():
        expected = exact(x)
        assert float((layer(x) - expected).norm() / expected.norm()) < 0.02

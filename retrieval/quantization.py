"""Which number type a checkpoint runs in, on which device and why; and the layers that run in int8.

torch and bitsandbytes are imported inside functions: choosing must not cost seconds.
"""

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from retrieval.packaged import CheckpointError

if TYPE_CHECKING:
    from torch import Tensor, dtype

Quantization = Literal["auto", "none", "int8", "nf4"]
QUANTIZATIONS: tuple[str, ...] = get_args(Quantization)

INT8_CAPABILITY = (7, 5)  # LLM.int8 kernels need Turing
NF4_CAPABILITY = (6, 0)
BF16_CAPABILITY = (8, 0)  # before Ampere bf16 is emulated
ROOMY_GPU_BYTES = 4 << 30  # the largest supported pair (XLM-R large twice, half precision) takes 2.3 GB plus work space
FP16_OVERFLOWS = frozenset({"deberta-v2"})  # activations pass 65,504: NaN instead of answers

# Activations as 7 bits: without VNNI instructions the kernels add two products in 16 bits, and 8 bits overflow there.
REDUCE_RANGE = True

ROWS, SCALE, BIAS = ".rows", ".scale", ".bias"
"""Endings of the tensors that stand for one layer."""


class UnknownQuantization(CheckpointError):
    """The number type asked for does not exist or does not fit the checkpoint."""


@dataclass(frozen=True, slots=True)
class Device:
    """What the model runs on."""

    kind: str
    """cpu | cuda"""
    capability: tuple[int, int] = (0, 0)
    free_bytes: int = 0


@dataclass(frozen=True, slots=True)
class NumberTypes:
    """How weights are held and in which type is computed, with the reason for people."""

    weights: str
    """none | int8 | nf4"""
    compute: str
    """float32 | bfloat16 | float16"""
    reason: str

    @property
    def label(self) -> str:
        """What two measurements must share to be compared: "int8/float32"."""
        return f"{self.weights}/{self.compute}"


def check_quantization(name: str) -> None:
    """Refuse a number type that does not exist."""
    if name not in QUANTIZATIONS:
        raise UnknownQuantization(f"quantization {name!r} is unknown: choose one of {', '.join(QUANTIZATIONS)}.")


def current_device() -> Device:
    """The GPU if there is one, else the processor."""
    import torch

    if not torch.cuda.is_available():
        return Device("cpu")
    return Device("cuda", torch.cuda.get_device_capability(), torch.cuda.mem_get_info()[0])


def choose_number_types(quantization: str, device: Device, model_type: str = "bert") -> NumberTypes:
    """Decide how a checkpoint runs here."""
    check_quantization(quantization)
    if device.kind == "cpu":
        # Half precision is emulated on processors without AMX: seven times slower than float32.
        if quantization == "auto":
            return NumberTypes("int8", "float32", "int8 is the fastest type on a processor")
        return NumberTypes(quantization, "float32", "as asked")
    compute = _gpu_compute(device, model_type)
    if quantization == "auto":
        return _automatic_gpu_types(device, compute)
    wanted = {"int8": INT8_CAPABILITY, "nf4": NF4_CAPABILITY}.get(quantization, (0, 0))
    if device.capability < wanted:
        return NumberTypes("none", compute, f"this GPU is too old for {quantization} (capability {device.capability})")
    return NumberTypes(quantization, compute, "as asked")


def _gpu_compute(device: Device, model_type: str) -> str:
    if device.capability >= BF16_CAPABILITY:
        return "bfloat16"
    return "float32" if model_type in FP16_OVERFLOWS else "float16"


def _automatic_gpu_types(device: Device, compute: str) -> NumberTypes:
    if device.free_bytes >= ROOMY_GPU_BYTES or device.capability < INT8_CAPABILITY:
        return NumberTypes("none", compute, "half precision is the fastest type on a GPU and there is room")
    return NumberTypes("int8", compute, "little free GPU memory: int8 halves it")


def bitsandbytes_config(numbers: NumberTypes, keep: Iterable[str]) -> Any:
    """The configuration for `from_pretrained`; `keep` names the modules left alone.

    The default skip list misses `qa_outputs`, which multiplies the error of the span scores by 17.
    """
    import torch
    from transformers import BitsAndBytesConfig

    configure: Any = BitsAndBytesConfig  # untyped in transformers
    if numbers.weights == "int8":
        return configure(load_in_8bit=True, llm_int8_skip_modules=list(keep))
    return configure(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_compute_dtype=getattr(torch, numbers.compute),
        llm_int8_skip_modules=list(keep),  # the key for 4 bits too, whatever its name says
    )


def int8_embedding(rows: "Tensor", scale: "Tensor", dtype: "dtype | None" = None) -> Callable[["Tensor"], "Tensor"]:
    """Lookup in int8 rows (n, d) with scales (n,): only the rows asked for become floats."""

    def look_up(ids: "Tensor") -> "Tensor":
        found = rows[ids].float() * scale[ids].float()[..., None]
        return found if dtype is None else found.to(dtype)

    return look_up


def int8_linear(rows: "Tensor", scale: "Tensor", bias: "Tensor | None") -> Callable[["Tensor"], "Tensor"]:
    """Compute x @ W.T + b on a processor, with W as int8 rows (out, in) and scales (out,).

    The kernel has one range for the whole input, from its smallest number to its largest. So each input row is moved
    and stretched to 0..1 first: the range is then the same whatever stands in the batch, and so is every result; a word
    with large activations takes the resolution of no other; and rows that lie on one side of zero, as behind a gelu,
    use the whole range. With u = (x - low) / spread, x @ W.T = (u @ W.T) * spread + low * sum(W).
    """
    import torch

    with warnings.catch_warnings():
        # "quantized tensor creation functions are deprecated": the kernels stay, and torch is bounded in pyproject.
        warnings.simplefilter("ignore")
        quantized = torch._make_per_channel_quantized_tensor(
            rows, scale.double(), torch.zeros(len(rows), dtype=torch.long), 0
        )
        packed = torch.ops.quantized.linear_prepack(quantized, None)
    multiply = torch.ops.quantized.linear_dynamic
    weight_sums = rows.float().sum(1) * scale.float()  # (out,)
    smallest = torch.finfo(torch.float32).tiny  # a row of equal numbers must not divide by zero

    def linear(x: "Tensor") -> "Tensor":
        low = x.amin(-1, keepdim=True)  # (..., 1); two calls, because aminmax is ten times slower along rows
        spread = (x.amax(-1, keepdim=True) - low).clamp_min_(smallest)
        product: Tensor = multiply((x - low).div_(spread), packed, REDUCE_RANGE).mul_(spread)
        product.addcmul_(low, weight_sums)
        return product if bias is None else product.add_(bias)

    return linear


def float_linear(rows: "Tensor", scale: "Tensor", bias: "Tensor | None") -> Callable[["Tensor"], "Tensor"]:
    """The same in float32."""
    from torch.nn.functional import linear as multiply

    weight = rows.float() * scale.float()[:, None]

    def linear(x: "Tensor") -> "Tensor":
        return multiply(x, weight, bias)

    return linear


def quantize_rows_torch(weight: "Tensor") -> tuple["Tensor", "Tensor"]:
    """int8 rows and scales of a float matrix, as `packaged.quantize_rows` makes them, for weights in torch."""
    import torch

    from retrieval.packaged import quantize_rows

    rows, scale = quantize_rows(weight.detach().float().cpu().numpy())
    return torch.from_numpy(rows), torch.from_numpy(scale)


def int8_layers(model: Any, keep: Iterable[str]) -> dict[str, "Tensor"]:
    """The Linear layers of a transformers model as int8: PATH.rows, PATH.scale and PATH.bias of each.

    `keep`: paths of modules that stay as they are, with all inside them: the head.
    """
    from torch import nn

    kept = tuple(path + "." for path in keep)
    tensors: dict[str, Tensor] = {}
    for path, module in model.named_modules():
        if isinstance(module, nn.Linear) and not f"{path}.".startswith(kept):
            tensors[path + ROWS], tensors[path + SCALE] = quantize_rows_torch(module.weight)
            if module.bias is not None:
                tensors[path + BIAS] = module.bias.detach().float()
    return tensors


def set_int8_layers(model: Any, tensors: Mapping[str, "Tensor"]) -> None:
    """Put the layers of `int8_layers` into a model, in place, for a processor; the float ones are dropped."""
    for name, rows in tensors.items():
        if name.endswith(ROWS):
            path = name.removesuffix(ROWS)
            owner_path, _, attribute = path.rpartition(".")
            bias = tensors.get(path + BIAS)
            # A clone: the tensors of a file share one mapping, and a bias alone would keep all its rows in memory.
            layer = int8_linear(rows, tensors[path + SCALE], None if bias is None else bias.clone())
            setattr(model.get_submodule(owner_path), attribute, _as_module(layer))


def int8_words(model: Any) -> dict[str, "Tensor"]:
    """The word embedding of a transformers model as int8 rows, on the device where it is.

    It is 69 % of XLM-R base, and bitsandbytes leaves it alone.
    """
    words = model.get_input_embeddings().weight
    rows, scale = (part.to(words.device) for part in quantize_rows_torch(words))
    return {ROWS: rows, SCALE: scale}


def set_int8_words(model: Any, tensors: Mapping[str, "Tensor"], dtype: "dtype") -> None:
    """Put the rows of `int8_words` into a model, in place; what is looked up has the type `dtype`."""
    model.set_input_embeddings(_as_module(int8_embedding(tensors[ROWS], tensors[SCALE], dtype)))


def _as_module(function: Callable[["Tensor"], "Tensor"]) -> Any:
    from torch import nn

    class FunctionModule(nn.Module):
        def forward(self, x: "Tensor") -> "Tensor":
            return function(x)

    return FunctionModule()

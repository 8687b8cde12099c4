"""`train package`: finished runs -> the two folders of packaged weights, int8, one set of rows for both."""

import argparse
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from retrieval.packaged import write_packaged
from retrieval.training.checkpoints import load_encoder, load_reader

ENCODER_FOLDER = Path("retrieval/weights/packaged")
READER_FOLDER = Path("chatbot/weights/packaged")
CONFIG_KEYS = (
    "attention_probs_dropout_prob",
    "hidden_act",
    "hidden_dropout_prob",
    "hidden_size",
    "initializer_range",
    "intermediate_size",
    "layer_norm_eps",
    "max_position_embeddings",
    "model_type",
    "num_attention_heads",
    "num_hidden_layers",
    "pad_token_id",
    "type_vocab_size",
    "vocab_size",
)


class RowsDiffer(Exception):
    """Encoder and reader were trained over different rows and cannot share them."""


def package(encoder: Path, reader: Path, encoder_folder: Path, reader_folder: Path) -> None:
    """Write both packaged folders; raises RowsDiffer where the reader was trained over other rows."""
    encoder_model, tokenizer_file = load_encoder(encoder)
    reader_model, _ = load_reader(reader)
    rows = encoder_model.embeddings.word_embeddings.weight
    theirs = reader_model.bert.embeddings.word_embeddings.weight
    if not torch.equal(rows, theirs):
        raise RowsDiffer(
            f"{reader} has {len(theirs)} rows that are not the {len(rows)} of {encoder}: train the reader's transfer "
            "over this encoder's rows, or package the encoder that it was trained with."
        )
    config = {key: value for key, value in encoder_model.config.to_dict().items() if key in CONFIG_KEYS}
    write_packaged(encoder_folder, _arrays(encoder_model), config, tokenizer_file=tokenizer_file)
    write_packaged(reader_folder, _arrays(reader_model), config, shared_with=encoder_folder)


def _arrays(model: torch.nn.Module) -> dict[str, NDArray[np.float32]]:
    return {name: tensor.detach().float().cpu().numpy() for name, tensor in model.state_dict().items()}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `train package`."""
    parser.add_argument("--encoder", type=Path, required=True, help="model folder of the encoder's run")
    parser.add_argument("--reader", type=Path, required=True, help="model folder of the reader's run")
    parser.add_argument("--encoder-out", type=Path, default=ENCODER_FOLDER)
    parser.add_argument("--reader-out", type=Path, default=READER_FOLDER)


def run(arguments: argparse.Namespace) -> None:
    """Write the packaged folders."""
    package(arguments.encoder, arguments.reader, arguments.encoder_out, arguments.reader_out)

"""`train ... average`: the weights between two checkpoints of one origin (Wortsman et al. 2022, WiSE-FT).

A fine-tuned network keeps more of what it knew, at little loss of what it learned, part of the way back.
"""

import argparse
from pathlib import Path

import torch

from retrieval.training.checkpoints import load_encoder, load_reader, save_plain


def average(before: Path, after: Path, share: float, out: Path, *, reader: bool) -> None:
    """Write `before` moved by this share of the way to `after`; rows and tokenizer are those of `after`."""
    load = load_reader if reader else load_encoder
    (old, _), (new, tokenizer_file) = load(before), load(after)
    began = dict(old.named_parameters())
    with torch.no_grad():
        for name, parameter in new.named_parameters():
            if parameter.shape == began[name].shape and "word_embeddings" not in name:
                parameter.copy_(torch.lerp(began[name], parameter, share))
    out.mkdir(parents=True, exist_ok=True)
    save_plain(out, new, tokenizer_file)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `average`."""
    parser.add_argument("--before", type=Path, required=True, help="checkpoint folder that the run started from")
    parser.add_argument("--after", type=Path, required=True, help="checkpoint folder that it ended with")
    parser.add_argument("--share", type=float, default=0.7, help="of the way from before to after")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.set_defaults(reader=False)


def run(arguments: argparse.Namespace) -> None:
    """Write the averaged checkpoint."""
    average(arguments.before, arguments.after, arguments.share, arguments.out, reader=arguments.reader)

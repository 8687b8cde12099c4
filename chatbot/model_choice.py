"""Which encoder and reader run here, and loading them.

Where memory runs out, or the hub does not give what the program picked, the next smaller pair is tried.
"""

import logging
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

from chatbot.reader import Reader
from chatbot.settings import Settings
from retrieval.devices import current_gpu, is_out_of_memory, release_memory
from retrieval.dictionary import Dictionary
from retrieval.encoder import Encoder
from retrieval.fetching import HubUnreachable
from retrieval.hub import obtainable
from retrieval.packaged import CheckpointError
from retrieval.pretrained import resolve_checkpoint
from retrieval.profiles import (
    AUTO,
    NO_RERANKER,
    PACKAGED,
    UNKNOWN,
    Choice,
    ModelPair,
    choose,
    encoder_facts,
    find_pair,
    reader_facts,
    reader_warning,
    smaller_pairs,
)
from retrieval.reranker import Reranker
from retrieval.transformer import load_encoder_network, load_reader_network, load_reranker_network

ROOT = Path(__file__).resolve().parent.parent
PACKAGED_ENCODER = ROOT / "retrieval" / "weights" / "packaged"
PACKAGED_READER = ROOT / "chatbot" / "weights" / "packaged"

NOT_ENOUGH_MEMORY = "Not enough memory for"
COULD_NOT_FETCH = "Could not fetch"

Model = TypeVar("Model")

logger = logging.getLogger(__name__)


class NotEnoughMemory(CheckpointError):
    """Even the smallest models do not fit."""


def choose_models(models: str) -> Choice:
    """The pair that a name stands for on this machine. Raises UnknownProfile."""
    if models != AUTO:
        return choose(models, gpu=False, obtainable=False)
    gpu = current_gpu() is not None
    return choose(AUTO, gpu=gpu, obtainable=gpu and obtainable(find_pair("large").ids))


def load_encoder(settings: Settings) -> Encoder:
    """The encoder that the settings name, with the conventions that it was trained with."""
    if settings.models == AUTO:
        choice = choose_models(AUTO)
        # Here alone: everything that loads models loads an encoder.
        logger.info("The %s models are picked: %s.", choice.pair.name, choice.reason)
    return _load(settings, "encoder", lambda name: _encoder(name, settings))


def load_reader(settings: Settings) -> Reader:
    """The reader that the settings name."""
    return _load(settings, "reader", lambda name: _reader(name, settings))


def choose_reranker(settings: Settings) -> str | None:
    """The reranker that the settings name, None for none. Raises UnknownProfile."""
    wanted = settings.reranker
    if wanted == AUTO:
        wanted = choose_models(settings.models).pair.reranker
    return None if wanted == NO_RERANKER else wanted


@cache
def load_dictionary() -> Dictionary:
    """The packaged dictionary; its languages are read when they are asked in."""
    return Dictionary(PACKAGED_ENCODER / "dictionary")


def load_reranker(settings: Settings) -> Reranker | None:
    """The reranker that the settings name. None too where memory runs out, or the hub does not give an automatic one.

    Search alone ranks well enough.
    """
    checkpoint = choose_reranker(settings)
    if checkpoint is None:
        return None
    try:
        return Reranker(load_reranker_network(checkpoint, settings.quantization))
    except HubUnreachable as error:
        if settings.reranker != AUTO:
            raise
        logger.warning("%s", error)
        problem = COULD_NOT_FETCH
    except Exception as error:  # torch and transformers tell of missing memory in several kinds
        if not is_out_of_memory(error):
            raise
        problem = NOT_ENOUGH_MEMORY
    release_memory()  # here, where the error no longer holds on to half a model
    logger.warning("%s the reranker %s: running without one.", problem, checkpoint)
    return None


def first_that_fits(pair: ModelPair, part: str, load: Callable[[str], Model], *, automatic: bool = False) -> Model:
    """Load one part (encoder | reader) of a pair, or that of the next smaller pair when memory runs out.

    What the program picked itself, which is every smaller pair and with `automatic` the first one, is also passed over
    when the hub does not give it. Each part falls by itself: an encoder that is loaded, and by which passages are
    indexed, is kept.
    """
    checkpoints = [str(getattr(candidate, part)) for candidate in (pair, *smaller_pairs(pair))]
    too_large: list[str] = []
    not_fetched: list[str] = []
    for checkpoint in dict.fromkeys(checkpoints):
        try:
            loaded = load(checkpoint)
        except HubUnreachable as error:
            if not automatic and not too_large:
                raise
            logger.warning("%s", error)  # the disk may be full, or terms wait to be accepted
            not_fetched.append(checkpoint)
        except Exception as error:  # torch and transformers tell of missing memory in several kinds
            if not is_out_of_memory(error):
                raise
            too_large.append(checkpoint)
        else:
            _say_what_fell({NOT_ENOUGH_MEMORY: too_large, COULD_NOT_FETCH: not_fetched}, part, checkpoint)
            return loaded
        release_memory()  # here, where the error no longer holds on to half a model
    raise NotEnoughMemory(
        f"There is not enough memory for any {part} (tried {', '.join(too_large)}): free some, or see what fits with "
        "python main.py doctor."
    )


def _load(settings: Settings, part: str, load: Callable[[str], Model]) -> Model:
    pair = choose_models(settings.models).pair
    return first_that_fits(pair, part, load, automatic=settings.models == AUTO)


def _say_what_fell(passed_over: dict[str, list[str]], part: str, checkpoint: str) -> None:
    problems = [f"{problem} {', '.join(names)}" for problem, names in passed_over.items() if names]
    if problems:
        logger.warning("%s: running the %s %s.", ". ".join(problems), part, checkpoint)


def _encoder(checkpoint: str, settings: Settings) -> Encoder:
    if checkpoint == PACKAGED:
        network = load_encoder_network(PACKAGED_ENCODER, _packaged_quantization(settings))
        return Encoder(network, dictionary=load_dictionary())
    network = load_encoder_network(checkpoint, settings.quantization)
    facts = encoder_facts(checkpoint)
    if facts.licence == UNKNOWN:  # an id that is not listed tells its conventions in the files just fetched
        facts = encoder_facts(str(resolve_checkpoint(checkpoint).folder))
    if facts.max_tokens is not None:
        network.tokenizer.max_tokens = min(network.tokenizer.max_tokens, facts.max_tokens)
    return Encoder(network, facts.question_prefix, facts.passage_prefix, facts.pooling)


def _reader(checkpoint: str, settings: Settings) -> Reader:
    if checkpoint == PACKAGED:
        network = load_reader_network(PACKAGED_READER, _packaged_quantization(settings))
        return Reader(network, dictionary=load_dictionary())
    network = load_reader_network(checkpoint, settings.quantization)
    warning = reader_warning(reader_facts(checkpoint))  # the card came with the files just fetched
    if warning:
        logger.warning(warning)
    return Reader(network)


def _packaged_quantization(settings: Settings) -> str:
    # nf4 was asked of other models; packaged ones stand beside them, or in for them, in the type they have.
    wanted_elsewhere = settings.quantization == "nf4" and settings.models != PACKAGED
    return "auto" if wanted_elsewhere else settings.quantization

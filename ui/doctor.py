"""What `python main.py doctor` finds: the machine, the models that fit, the hub, the files.

Looks only: nothing is downloaded, loaded or changed.
"""

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from chatbot.model_choice import PACKAGED_ENCODER, PACKAGED_READER, choose_models, choose_reranker
from chatbot.settings import Settings
from knowledge_base.store import KnowledgeBase
from knowledge_base.store_errors import KnowledgeBaseError
from retrieval.checkpoint_check import check_checkpoint
from retrieval.devices import Machine, this_machine
from retrieval.hub import at_hand, cached, hub_endpoint, hub_offline, hub_reachable
from retrieval.memory_need import GPU_CONTEXT_BYTES, PROGRAM_BYTES, network_need, peak_need
from retrieval.packaged import CheckpointError, read_packaged
from retrieval.profiles import (
    AUTO,
    NO_RERANKER,
    PACKAGED,
    PROFILES,
    EncoderFacts,
    ModelPair,
    ReaderFacts,
    RerankerFacts,
    encoder_facts,
    find_pair,
    reader_facts,
    reader_warning,
    reranker_facts,
)
from retrieval.quantization import Device, NumberTypes, check_quantization, choose_number_types, current_device
from retrieval.quantized_copies import copies_folder, existing_copies
from retrieval.zero_gpu import on_zero_gpu

SHOWN_QUANTIZATIONS = ("none", "int8", "nf4", "auto")


def examine(settings: Settings) -> dict[str, Any]:
    """Everything found, ready for JSON; sizes in bytes."""
    machine = this_machine()
    return {
        "machine": asdict(machine),
        "zero_gpu": on_zero_gpu(),
        "hub": _hub(),
        "quantized_copies": copies(),
        "models": _chosen(settings),
        "reranker": reranker(settings),
        "profiles": {pair.name: _profile(pair, settings, machine) for pair in _pairs(settings)},
        "packaged": {"encoder": _intact(PACKAGED_ENCODER), "reader": _intact(PACKAGED_READER)},
        "knowledge_base": _knowledge_base(settings.kb),
    }


def _hub() -> dict[str, Any]:
    ids = [name for pair in PROFILES for name in pair.ids]
    return {
        "endpoint": hub_endpoint(),
        "offline": hub_offline(),
        "reachable": hub_reachable(),
        "cached": [name for name in ids if cached(name)],
    }


def copies() -> dict[str, Any]:
    """Quantized copies of checkpoints on the disk."""
    found = existing_copies()
    return {
        "folder": str(copies_folder()),
        "bytes": sum(copy.size for copy in found),
        "names": [copy.name for copy in found],
    }


def _chosen(settings: Settings) -> dict[str, Any]:
    automatic = choose_models(AUTO)
    found: dict[str, Any] = {
        "asked": settings.models,
        "auto_picks": automatic.pair.name,
        "auto_reason": automatic.reason,
        "runs": None,
        "error": None,
        "warning": None,
    }
    try:
        check_quantization(settings.quantization)
        pair = choose_models(settings.models).pair
        found["runs"] = asdict(pair)
        found["warning"] = reader_warning(reader_facts(pair.reader))
        for checkpoint in pair.ids:
            check_checkpoint(checkpoint)
    except CheckpointError as error:
        found["error"] = str(error)
    return found


def reranker(settings: Settings) -> dict[str, Any]:
    """The cross-encoder that is set to run, and what it takes."""
    found: dict[str, Any] = {"asked": settings.reranker, "runs": None, "error": None}
    try:
        found["runs"] = choose_reranker(settings)
        if found["runs"] is not None:
            found.update(_about_reranker(found["runs"], settings.quantization))
            check_checkpoint(found["runs"])
    except CheckpointError as error:
        found["error"] = str(error)
    return found


def _about_reranker(checkpoint: str, quantization: str) -> dict[str, Any]:
    facts, device = reranker_facts(checkpoint), current_device()
    numbers = choose_number_types(quantization, device)
    need = facts.shape and network_need(facts.shape, numbers.weights, numbers.compute, gpu=device.kind != "cpu")
    return {
        "licence": facts.licence,
        "parameters": facts.shape and facts.shape.parameters,
        "weights": numbers.weights,
        "compute": numbers.compute,
        "held_bytes": need and need.held,
        "cached": at_hand(checkpoint),
    }


def _pairs(settings: Settings) -> list[ModelPair]:
    try:
        own = find_pair(settings.models)
        encoder_facts(own.encoder)  # the config of a folder may be broken
        reader_facts(own.reader)
    except CheckpointError:  # auto, or told under "models"
        return [*reversed(PROFILES)]
    return [*reversed(PROFILES), *(() if own in PROFILES else (own,))]


def _profile(pair: ModelPair, settings: Settings, machine: Machine) -> dict[str, Any]:
    encoder, reader = encoder_facts(pair.encoder), reader_facts(pair.reader)
    beside = _reranker_beside(pair, settings)
    networks: list[EncoderFacts | ReaderFacts | RerankerFacts] = [encoder, reader, *([beside] if beside else [])]
    return {
        "encoder": pair.encoder,
        "encoder_licence": encoder.licence,
        "dim": encoder.dim,
        "reader": pair.reader,
        "reader_licence": reader.licence,
        "reader_english_only": reader.english_only,
        "reranker": beside and beside.id,
        "parameters": encoder.shape.parameters + reader.shape.parameters if encoder.shape and reader.shape else None,
        "needs": {name: _need(pair, networks, name, machine) for name in SHOWN_QUANTIZATIONS},
    }


def _reranker_beside(pair: ModelPair, settings: Settings) -> RerankerFacts | None:
    """The reranker that would run with a pair; what is not known of it is told under "reranker"."""
    name = pair.reranker if settings.reranker == AUTO else settings.reranker
    if name == NO_RERANKER:
        return None
    try:
        facts = reranker_facts(name)
    except CheckpointError:
        return None
    return facts if facts.shape else None


def _need(
    pair: ModelPair,
    networks: Sequence[EncoderFacts | ReaderFacts | RerankerFacts],
    quantization: str,
    machine: Machine,
) -> dict[str, Any] | None:
    """Bytes and whether they fit; None when a size is unknown or the number type does not exist for the pair."""
    if quantization == "nf4" and not pair.ids:
        return None
    device, gpu = current_device(), machine.gpu is not None
    needs = []
    for facts in networks:
        if facts.shape is None:
            return None
        numbers, packaged = _number_types(facts.id, quantization, device), facts.id == PACKAGED
        needs.append(network_need(facts.shape, numbers.weights, numbers.compute, gpu=gpu, packaged=packaged))
    around = GPU_CONTEXT_BYTES if gpu else PROGRAM_BYTES
    peak = peak_need(*needs)
    free = machine.gpu.free_bytes if machine.gpu else machine.free_memory_bytes
    return {
        **asdict(_number_types((*pair.ids, PACKAGED)[0], quantization, device)),
        "held_bytes": sum(need.held for need in needs),
        "peak_bytes": peak,
        "program_bytes": around,
        "fits": peak + around <= free,
    }


def _number_types(checkpoint: str, quantization: str, device: Device) -> NumberTypes:
    if checkpoint != PACKAGED:
        return choose_number_types(quantization, device)
    if device.kind != "cpu":
        return NumberTypes("none", "float32", "packaged models compute in float32 on a GPU")
    return choose_number_types("auto" if quantization == "nf4" else quantization, device)


def _intact(folder: Path) -> dict[str, Any]:
    try:
        return {"intact": True, "fingerprint": read_packaged(folder).fingerprint, "error": None}
    except CheckpointError as error:
        return {"intact": False, "fingerprint": None, "error": str(error)}


def _knowledge_base(path: Path) -> dict[str, Any]:
    about: dict[str, Any] = {"path": str(path), "found": path.exists(), "error": None}
    if not path.exists():
        return about
    try:
        with KnowledgeBase(path, read_only=True) as knowledge_base:
            documents, passages = len(knowledge_base.documents()), knowledge_base.passage_count()
    except (KnowledgeBaseError, OSError) as error:
        return {**about, "error": str(error)}
    return {**about, "documents": documents, "passages": passages, "bytes": os.path.getsize(path)}

"""What `python main.py doctor` finds: the machine, the models that fit, the hub, the files.

Looks only: nothing is downloaded, loaded or changed.
"""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from chatbot.model_choice import PACKAGED_ENCODER, PACKAGED_READER, choose_models, choose_reranker
from chatbot.settings import Settings
from knowledge_base.store import KnowledgeBase
from knowledge_base.store_errors import KnowledgeBaseError
from retrieval.devices import Machine, this_machine
from retrieval.hub import cached, hub_endpoint, hub_offline, hub_reachable
from retrieval.memory_need import GPU_CONTEXT_BYTES, PROGRAM_BYTES, network_need, peak_need
from retrieval.packaged import CheckpointError, read_packaged
from retrieval.profiles import (
    AUTO,
    PACKAGED,
    PROFILES,
    ModelPair,
    UnknownProfile,
    encoder_facts,
    find_pair,
    reader_facts,
    reader_warning,
    reranker_facts,
)
from retrieval.quantization import NumberTypes, choose_number_types, current_device
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
        "profiles": {pair.name: _profile(pair, machine) for pair in _pairs(settings)},
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
        "error": None,
        "warning": None,
    }
    try:
        found["runs"] = asdict(choose_models(settings.models).pair)
        found["warning"] = reader_warning(reader_facts(found["runs"]["reader"]))
    except UnknownProfile as error:
        found["runs"], found["error"] = None, str(error)
    return found


def reranker(settings: Settings) -> dict[str, Any]:
    """The cross-encoder that is set to run, and what it takes."""
    found: dict[str, Any] = {"asked": settings.reranker, "runs": None, "error": None}
    try:
        found["runs"] = choose_reranker(settings)
    except UnknownProfile as error:
        found["error"] = str(error)
    if found["runs"] is None:
        return found
    facts, device = reranker_facts(found["runs"]), current_device()
    numbers = choose_number_types(settings.quantization, device)
    need = facts.shape and network_need(facts.shape, numbers.weights, numbers.compute, gpu=device.kind != "cpu")
    return {
        **found,
        "licence": facts.licence,
        "parameters": facts.shape and facts.shape.parameters,
        "weights": numbers.weights,
        "compute": numbers.compute,
        "held_bytes": need and need.held,
        "cached": cached(found["runs"]),
    }


def _pairs(settings: Settings) -> list[ModelPair]:
    try:
        own = [find_pair(settings.models)]
    except UnknownProfile:  # auto, or told under "models"
        own = []
    return [*reversed(PROFILES), *(pair for pair in own if pair not in PROFILES)]


def _profile(pair: ModelPair, machine: Machine) -> dict[str, Any]:
    encoder, reader = encoder_facts(pair.encoder), reader_facts(pair.reader)
    about = {
        "encoder": pair.encoder,
        "encoder_licence": encoder.licence,
        "dim": encoder.dim,
        "reader": pair.reader,
        "reader_licence": reader.licence,
        "reader_english_only": reader.english_only,
        "parameters": encoder.shape.parameters + reader.shape.parameters if encoder.shape and reader.shape else None,
    }
    return {**about, "needs": {name: _need(pair, name, machine) for name in SHOWN_QUANTIZATIONS}}


def _need(pair: ModelPair, quantization: str, machine: Machine) -> dict[str, Any] | None:
    """Bytes and whether they fit; None when the size is unknown or the number type does not exist for the pair."""
    encoder, reader = encoder_facts(pair.encoder).shape, reader_facts(pair.reader).shape
    if encoder is None or reader is None or (quantization == "nf4" and not pair.ids):
        return None
    numbers = choose_number_types(quantization, current_device())
    gpu = machine.gpu is not None
    # Packaged networks always compute in float32, and on a GPU without int8 matrices.
    needs = [
        network_need(
            shape,
            _packaged_weights(numbers, gpu) if name == PACKAGED else numbers.weights,
            "float32" if name == PACKAGED else numbers.compute,
            gpu=gpu,
            packaged=name == PACKAGED,
        )
        for name, shape in ((pair.encoder, encoder), (pair.reader, reader))
    ]
    around = GPU_CONTEXT_BYTES if gpu else PROGRAM_BYTES
    peak = peak_need(*needs)
    free = machine.gpu.free_bytes if machine.gpu else machine.free_memory_bytes
    return {
        "weights": numbers.weights,
        "compute": numbers.compute,
        "held_bytes": sum(need.held for need in needs),
        "peak_bytes": peak,
        "program_bytes": around,
        "fits": peak + around <= free,
    }


def _packaged_weights(numbers: NumberTypes, gpu: bool) -> str:
    return "none" if gpu or numbers.weights == "none" else "int8"


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

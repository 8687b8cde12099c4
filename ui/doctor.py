"""What `python main.py doctor` finds: the machine, the models that fit, the hub, the files; as data and as text.

Looks only: nothing is downloaded, loaded or changed.
"""

import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from chatbot.model_choice import PACKAGED_ENCODER, PACKAGED_READER, choose_models, choose_reranker
from chatbot.settings import Settings
from knowledge_base.store import KnowledgeBase
from knowledge_base.store_errors import KnowledgeBaseError
from retrieval.devices import Machine, this_machine
from retrieval.hub import cached, hub_endpoint, hub_offline, hub_reachable
from retrieval.memory_need import GPU_CONTEXT_BYTES, PROGRAM_BYTES, network_need, pair_need
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
from retrieval.zero_gpu import GPU_SECONDS, on_zero_gpu

SHOWN_QUANTIZATIONS = ("none", "int8", "nf4", "auto")
GIB = 1 << 30
MEGABYTE = 1_000_000


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


def describe(findings: dict[str, Any]) -> Iterator[str]:
    """The same for people, line by line."""
    yield from _machine_lines(findings["machine"])
    if findings["zero_gpu"]:
        yield _line("ZeroGPU", f"lends a GPU for up to {GPU_SECONDS} s a pass")
    yield from _hub_lines(findings["hub"])
    yield _line("quantized copies", _copies_text(findings["quantized_copies"]))
    for name, profile in findings["profiles"].items():
        yield from _profile_lines(name, profile)
    yield from _model_lines(findings["models"])
    yield _line("reranker", _reranker_text(findings["reranker"]))
    for part, state in findings["packaged"].items():
        yield _line(f"packaged {part}", f"intact ({state['fingerprint'][:12]})" if state["intact"] else state["error"])
    yield _line("knowledge base", _knowledge_base_text(findings["knowledge_base"]))


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


def _reranker_text(found: dict[str, Any]) -> str:
    if found["runs"] is None:
        return found["error"] or "none"
    size = f"{found['held_bytes'] / MEGABYTE:.0f} MB" if found["held_bytes"] else "its size is not known yet"
    return f"{found['runs']} ({found['licence']}): {size}"


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
    peak = pair_need(*needs)
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


def _line(name: str, value: object) -> str:
    return f"{name:<20}{value}"


def _machine_lines(machine: dict[str, Any]) -> Iterator[str]:
    gpu = machine["gpu"]
    yield _line("system", f"{machine['system']}, Python {machine['python']}")
    yield _line("processor", f"{machine['processor']}, {machine['cores']} cores")
    free, total = machine["free_memory_bytes"] / GIB, machine["memory_bytes"] / GIB
    yield _line("memory", f"{free:.1f} of {total:.1f} GiB free")
    if gpu:
        room = f"{gpu['free_bytes'] / GIB:.1f} of {gpu['total_bytes'] / GIB:.1f} GiB free"
        yield _line("GPU", f"{gpu['name']}, compute capability {'.'.join(map(str, gpu['capability']))}, {room}")
    else:
        yield _line("GPU", "none that CUDA can use")
    yield _line("libraries", ", ".join(f"{name} {found or 'missing'}" for name, found in machine["libraries"].items()))


def _hub_lines(hub: dict[str, Any]) -> Iterator[str]:
    state = "reachable" if hub["reachable"] else "switched off" if hub["offline"] else "not reachable"
    yield _line("hub", f"{hub['endpoint']}: {state}; cached: {', '.join(hub['cached']) or 'none of the profiles'}")


def _copies_text(found: dict[str, Any]) -> str:
    if not found["names"]:
        return f"none in {found['folder']}"
    size = f"{found['bytes'] / MEGABYTE:.0f} MB"
    return f"{len(found['names'])} in {found['folder']}, {size}; python main.py clear-copies deletes them"


def _profile_lines(name: str, profile: dict[str, Any]) -> Iterator[str]:
    yield _line(f"profile {name}", f"{profile['encoder']} ({profile['encoder_licence']})")
    yield _line("", f"{profile['reader']} ({profile['reader_licence']})")
    needs = profile["needs"]
    sizes = [
        f"{asked} {need['held_bytes'] / MEGABYTE:.0f} MB (at most {need['peak_bytes'] / MEGABYTE:.0f}; "
        f"{'fits' if need['fits'] else 'does not fit'})"
        for asked, need in needs.items()
        if need is not None and asked != AUTO
    ]
    yield _line("", "; ".join(sizes) or "its size is not known before it is loaded")
    if needs[AUTO]:
        yield _line("", f"auto runs it in {_type_text(needs[AUTO])}")


def _type_text(need: dict[str, Any]) -> str:
    weights = "" if need["weights"] == "none" else f"{need['weights']} weights, computing in "
    return f"{weights}{need['compute']}"


def _model_lines(models: dict[str, Any]) -> Iterator[str]:
    yield _line("auto picks", f"{models['auto_picks']}: {models['auto_reason']}")
    yield _line("set to run", models["error"] or models["asked"])
    if models["warning"]:
        yield _line("warning", models["warning"])


def _knowledge_base_text(found: dict[str, Any]) -> str:
    if found["error"]:
        return str(found["error"])
    if not found["found"]:
        return f"{found['path']} is not there yet"
    return f"{found['path']}: {found['documents']} documents, {found['passages']} passages"

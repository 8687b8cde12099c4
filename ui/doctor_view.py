"""What the doctor found, line by line for people."""

from collections.abc import Iterator
from typing import Any

from retrieval.profiles import AUTO
from retrieval.transformer import number_types_text
from retrieval.zero_gpu import GPU_SECONDS

GIB = 1 << 30
MEGABYTE = 1_000_000


def describe(findings: dict[str, Any]) -> Iterator[str]:
    """Findings of `doctor.examine` as text."""
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
    if profile["reranker"]:
        yield _line("", f"{profile['reranker']} as the reranker")
    needs = profile["needs"]
    sizes = [_size_text(asked, need) for asked, need in needs.items() if need is not None and asked != AUTO]
    yield _line("", "; ".join(sizes) or "its size is not known before it is loaded")
    if needs[AUTO]:
        types = number_types_text(needs[AUTO]["weights"], needs[AUTO]["compute"])
        yield _line("", f"auto runs it in {types}: {needs[AUTO]['reason']}")


def _size_text(asked: str, need: dict[str, Any]) -> str:
    if need["weights"] != asked:
        return f"no {asked}: {need['reason']}"
    room = "fits" if need["fits"] else "does not fit"
    return f"{asked} {need['held_bytes'] / MEGABYTE:.0f} MB (at most {need['peak_bytes'] / MEGABYTE:.0f}; {room})"


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


def _reranker_text(found: dict[str, Any]) -> str:
    if "licence" not in found:
        return found["error"] or "none"
    size = f"{found['held_bytes'] / MEGABYTE:.0f} MB" if found["held_bytes"] else "its size is not known yet"
    problem = f"; {found['error']}" if found["error"] else ""
    return f"{found['runs']} ({found['licence']}): {size}{problem}"


def _line(name: str, value: object) -> str:
    return f"{name:<19} {value}"

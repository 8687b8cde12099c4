"""How much memory there is, also in a container: invented files of Linux in place of its own."""

from dataclasses import replace

import pytest

from retrieval import devices

GIB = 1 << 30


@pytest.fixture(params=[0, 1], ids=["version 2", "version 1"])
def group(request, tmp_path, monkeypatch):
    """A control group on a machine with 12 GiB free."""
    group = replace(devices.CONTROL_GROUPS[request.param], folder=tmp_path)
    monkeypatch.setattr(devices, "CONTROL_GROUPS", (group,))
    (tmp_path / "meminfo").write_text(f"MemTotal: {16 << 20} kB\nMemAvailable: {12 << 20} kB\n")
    monkeypatch.setattr(devices, "MEMORY_FILE", tmp_path / "meminfo")
    monkeypatch.setattr(devices.os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 16 * GIB // 4096}.get)
    return group


def limit(group, most, used, *, cached=0):
    (group.folder / group.limit).write_text(f"{most}\n")
    (group.folder / group.usage).write_text(f"{used}\n")
    kept = "\n".join(f"{name} {cached // 2}" for name in group.cache)
    (group.folder / "memory.stat").write_text(f"anon 12345\n{kept}\nslab 9\n")


def test_without_a_container_the_machine_counts(group):
    assert devices.memory() == (16 * GIB, 12 * GIB)


def test_what_a_container_uses_already_is_not_free(group):
    limit(group, 4 * GIB, 3 * GIB)
    assert devices.memory() == (4 * GIB, 1 * GIB)


def test_files_that_the_system_keeps_in_memory_count_as_free(group):
    limit(group, 4 * GIB, 3 * GIB, cached=2 * GIB)
    assert devices.memory() == (4 * GIB, 3 * GIB)


def test_a_container_has_no_more_free_than_the_machine(group):
    limit(group, 15 * GIB, 1 * GIB)
    assert devices.memory() == (15 * GIB, 12 * GIB)


def test_a_container_without_a_limit_has_what_the_machine_has(group):
    limit(group, "max", 3 * GIB)
    assert devices.memory() == (16 * GIB, 12 * GIB)

"""On a ZeroGPU Space: only passes of networks run in the forked process, and nothing is lost in it."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from retrieval import zero_gpu

TESTS = Path(__file__).parent
ROOT = TESTS.parent


@pytest.fixture(scope="module")
def happened(tmp_path_factory):
    environment = {
        **os.environ,
        "SPACES_ZERO_GPU": "true",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, TESTS, TESTS / "stand_ins"))),
    }
    run = subprocess.run(
        [sys.executable, TESTS / "zero_gpu_space.py", tmp_path_factory.mktemp("space")],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_until_the_page_is_served_no_gpu_is_asked_for(happened):
    assert happened["calls_before_serving"] == 0


def test_passes_of_all_networks_run_in_one_forked_process(happened):
    assert happened["calls"] >= 3  # encoding twice, reading
    assert len(happened["processes"]) == 1
    assert happened["own_process"] not in happened["processes"]


def test_the_numbers_are_those_of_this_process(happened):
    assert happened["same_vectors"] is True


def test_the_gpu_is_asked_for_seconds_only(happened):
    assert happened["durations"] == [zero_gpu.GPU_SECONDS]
    assert 5 <= zero_gpu.GPU_SECONDS <= 15


def test_conversation_and_log_stay_in_this_process(happened):
    assert (happened["answered"], happened["remembered_turns"]) == (True, 1)
    assert happened["logged"] == ["Can I return the lamp in 14 days ?"]
    assert happened["in_the_fork"] is None


def test_an_error_there_reaches_who_asked(happened):
    assert happened["error"] == "AttributeError"


def test_what_runs_there_is_no_async_function():
    assert not asyncio.iscoroutinefunction(zero_gpu._pass)


def test_elsewhere_nothing_is_lent(monkeypatch):
    monkeypatch.syspath_prepend(TESTS / "stand_ins")
    assert zero_gpu.on_zero_gpu({}) is False
    assert zero_gpu.on_zero_gpu({"SPACES_ZERO_GPU": "false"}) is False


def test_such_a_space_is_known_by_its_environment_and_its_package(monkeypatch):
    assert zero_gpu.on_zero_gpu({"SPACES_ZERO_GPU": "true"}) is False
    monkeypatch.syspath_prepend(TESTS / "stand_ins")
    assert zero_gpu.on_zero_gpu({"SPACES_ZERO_GPU": "true"}) is True

"""Several people at once on the application as shipped: the short form of `benchmarks/sessions.py`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

BENCHMARK = Path(__file__).resolve().parents[1] / "benchmarks" / "sessions.py"


def test_four_people_at_once_get_their_own_replies_and_no_error(sample_app, tmp_path_factory):
    knowledge_base = next(tmp_path_factory.getbasetemp().glob("sample*/anytongue.db"))
    command = [sys.executable, BENCHMARK, "--address", sample_app, "--kb", knowledge_base]
    limits = ["--sessions", "4", "--seconds", "12"]
    finished = subprocess.run([*command, *limits], stdout=subprocess.PIPE, timeout=500, check=True)
    record = json.loads(finished.stdout)
    assert record["errors"] == []
    assert record["mixed_up"] == []
    assert record["fewest_replies_of_a_session"] >= 1
    assert record["replies"] == record["questions"]

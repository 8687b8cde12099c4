"""What tests leave on the disk of whoever runs them: nothing."""

import os
import shutil
import tempfile

# Before anything imports huggingface_hub, which reads it once; subprocesses inherit it.
_HOME = tempfile.mkdtemp(prefix="anytongue-tests-")
os.environ["HF_HOME"] = _HOME
os.environ.pop("HF_HUB_CACHE", None)


def pytest_unconfigure() -> None:
    shutil.rmtree(_HOME, ignore_errors=True)

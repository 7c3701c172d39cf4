"""scikit-learn's own tests, run on our classes, fail only where the table gives a reason."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("suite", ["test_svm", "test_kernel_ridge", "test_mlp"])
def test_failures_are_those_that_are_listed(suite):
    """In a process of its own, in which scikit-learn's classes can be replaced."""
    command = [sys.executable, ROOT / "tests" / "sklearn_suites.py", suite]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}  # what these tests import
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr

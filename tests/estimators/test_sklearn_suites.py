"""scikit-learn's own tests, run on our classes, fail only where the table gives a reason."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "sklearn_suites.py"


@pytest.mark.slow
@pytest.mark.parametrize("suite", ["test_svm", "test_kernel_ridge", "test_mlp"])
def test_failures_are_those_that_are_listed(suite):
    """In a process of its own, in which scikit-learn's classes can be replaced."""
    run = subprocess.run([sys.executable, SCRIPT, suite], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr

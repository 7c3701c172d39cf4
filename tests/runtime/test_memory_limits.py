"""What a process can get is the least of free memory, RLIMIT_AS and the limits of cgroups."""

import subprocess
import sys

import psutil
import pytest

from skquantum._runtime import _memory, check_memory
from skquantum.exceptions import InsufficientMemoryError

GIB = 2**30


@pytest.fixture
def no_limits(tmp_path, monkeypatch):
    """Return the directory that holds the groups, and a function that says where we are."""
    memberships = tmp_path / "memberships"
    monkeypatch.setattr(_memory, "MEMBERSHIPS", memberships)
    monkeypatch.setattr(_memory, "CGROUPS", tmp_path)
    return tmp_path, memberships.write_text


def _group(directory, limit, used, cached, *, version):
    directory.mkdir(parents=True, exist_ok=True)
    names = {
        1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
        2: ("memory.max", "memory.current", "inactive_file"),
    }[version]
    (directory / names[0]).write_text(f"{limit}\n")
    (directory / names[1]).write_text(f"{used}\n")
    (directory / "memory.stat").write_text(f"anon 5\n{names[2]} {cached}\n")


def test_without_limits_it_is_the_memory_of_the_machine(no_limits):
    found, limit = _memory.free_memory()
    assert limit == ""
    assert found == pytest.approx(psutil.virtual_memory().available, rel=0.2)


@pytest.mark.parametrize(
    ("version", "where", "membership"),
    [
        (2, "mine/inner", "0::/mine/inner\n"),
        (2, "mine", "0::/mine/inner\n"),  # the group around ours
        (2, "", "0::/not/mounted/here\n"),  # as in a container
        (2, "unified/mine", "4:memory:/\n0::/mine\n"),
        (1, "memory/mine", "5:devices:/\n4:cpu,memory:/mine\n0::/\n"),
        (1, "memory", "4:memory:/docker/1234\n"),
    ],
)
def test_limits_of_groups(no_limits, version, where, membership):
    """The groups around ours count, and files that are kept in memory do not."""
    root, write = no_limits
    write(membership)
    directory = root / where if where else root
    _group(directory, GIB, 3 * GIB // 4, GIB // 8, version=version)
    found, limit = _memory.free_memory()
    assert found == 3 * GIB // 8
    assert limit == f" under the memory limit of the cgroup {directory}"
    check_memory(found, "This", "use less")
    message = f"^This needs 0.5 GiB of memory, but only 0.375 GiB is free{limit}; use less\\.$"
    with pytest.raises(InsufficientMemoryError, match=message):
        check_memory(GIB // 2, "This", "use less")


@pytest.mark.parametrize("text", ["max", str(2**63 - 4096)])
def test_groups_without_a_limit(no_limits, text):
    root, write = no_limits
    write("0::/mine\n")
    _group(root / "mine", text, 5, 5, version=2)
    assert _memory.free_memory()[1] == ""


def test_a_group_that_is_over_its_limit_has_nothing_left(no_limits):
    root, write = no_limits
    write("0::/mine\n")
    _group(root / "mine", GIB, 2 * GIB, 0, version=2)
    assert _memory.free_memory()[0] == 0


LIMITED = """
import resource, psutil
import numpy as np
from skquantum import QSVC, QuantumKernelRidge, VQC
from skquantum.kernels import FidelityKernel
from skquantum.exceptions import InsufficientMemoryError
def refused(call):
    try:
        call()
    except InsufficientMemoryError as error:
        print(error)
    except BaseException as error:
        print("raised", type(error), error)
    else:
        print("done")
X = np.random.default_rng(0).normal(size=(12, 22))
y = np.arange(12) % 2
more = np.random.default_rng(0).normal(size=(7000, 2))
compiled = FidelityKernel("zz", engine="compiled")
limit = psutil.Process().memory_info().vms + 400 * 2**20
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
refused(lambda: QSVC(kernel="zz").fit(X, y))
refused(lambda: QSVC(kernel=compiled).fit(X[:1].repeat(2, 0), [0, 1]))
refused(lambda: QuantumKernelRidge(kernel="angle").fit(more, more[:, 0]))
refused(lambda: VQC("zz", max_iter=1).fit(X, y))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS is enforced on Linux")
def test_nothing_starts_that_rlimit_as_would_end():
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LIMITED], capture_output=True, text=True, check=True
    )
    lines = run.stdout.splitlines()
    assert len(lines) == 4
    for line, what in zip(
        lines, ["Encoding", "Encoding", "A kernel matrix", "Training"], strict=True
    ):
        assert line.startswith(what)
        assert "GiB is free under RLIMIT_AS=" in line
        assert "(ulimit -v); use fewer" in line

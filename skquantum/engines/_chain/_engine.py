"""Settings of the chain engine."""

import numpy as np

from skquantum._runtime import n_workers
from skquantum._validation import Integral, Interval, StrOptions
from skquantum.engines._base import OVERHEAD, Engine

__all__ = ["ChainEngine"]

# Measured: feature maps take 50 to 100.
BYTES_PER_QUBIT = 256
BYTES_PER_PARAMETER = 64
# Vectors and coefficients of a tile.
BYTES_PER_THREAD = 32 * 2**20


class ChainEngine(Engine):
    """Exact fidelities of shallow circuits on hundreds of qubits.

    The overlap of two rows is contracted across the circuit, from qubit to qubit, and no state is
    ever computed.

    Parameters
    ----------
    max_states : int, default=4096
        Largest boundary between two qubits that is accepted.
    precision : {"double", "single"}, default="double"
        Floating-point precision from end to end.
    shots : int or None, default=None
        Number of shots per pair of rows, drawn from the exact fidelity; None for the
        fidelity itself.

    See Also
    --------
    CompiledEngine : Exact states, for any circuit of up to some 25 qubits.

    Notes
    -----
    A layer of commuting two-qubit gates (RZZ, CP, CX-P-CX; or RXX) on neighbours doubles the
    number of states of the boundary, once for each row; the last layers of both rows are one. So r
    such layers take :math:`2^{2 r - 1}` states if the circuit ends with the last of them, and
    :math:`2^{2 r}` if one-qubit gates follow; gates between qubits that are d apart, the d-th
    power of that; a ring, the square. A chain of CX gates between one-qubit gates takes 2 states,
    or 4 if what follows does not commute with it. The time for N rows of n qubits is proportional
    to N², n, and the number of states. ``session.describe()`` says what a circuit takes.

    Qubits are taken in the order of their numbers, or in one that brings those together that share
    gates (reverse Cuthill-McKee), if that is better.

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.kernels import FidelityKernel
    >>> from skquantum.feature_maps import ZZFeatureMap
    >>> X = np.random.default_rng(0).uniform(size=(3, 200))
    >>> feature_map = ZZFeatureMap(entanglement="linear", bandwidth=0.02)
    >>> FidelityKernel(feature_map, engine="chain")(X).round(2)
    array([[1.  , 0.65, 0.66],
           [0.65, 1.  , 0.69],
           [0.66, 0.69, 1.  ]])
    """

    _parameter_constraints: dict = {
        "max_states": [Interval(Integral, 1, None, closed="left")],
        "precision": [StrOptions({"double", "single"})],
        "shots": [Interval(Integral, 1, None, closed="left"), None],
    }

    shares_memory = True

    def __init__(self, *, max_states=4096, precision="double", shots=None):
        self.max_states = max_states
        self.precision = precision
        self.shots = shots

    @property
    def _itemsize(self):
        return 4 if self.precision == "single" else 8

    def row_bytes(self, n_qubits, measurement="compute_uncompute"):
        """Return the memory of one encoded row, estimated before anything is opened.

        Parameters
        ----------
        n_qubits : int
            Width of the circuit.
        measurement : str, default="compute_uncompute"
            Without effect: there is no noise.

        Returns
        -------
        int
            Bytes.
        """
        return BYTES_PER_QUBIT * n_qubits * self._itemsize // 8

    def encoding_bytes(self, circuit, n_rows, *, measurement="compute_uncompute", n_jobs=None):
        n_parameters = sum(len(item.params) for item in circuit.data)
        row = max(self.row_bytes(circuit.num_qubits), BYTES_PER_PARAMETER * n_parameters)
        return n_rows * row + OVERHEAD

    def comparison_bytes(self, n_rows, n_other=None):
        matrix = n_rows * (n_rows if n_other is None else n_other)
        threads = n_workers(None, np.inf, threads=True)
        # the matrix, and where it is below the smallest number
        return 9 * matrix + threads * BYTES_PER_THREAD

    def expectation_bytes(self, circuit, n_outputs, n_rows, *, n_differentiated=0, n_jobs=None):
        n_runs = 1 + 2 * sum(len(item.params) for item in circuit.data) * bool(n_differentiated)
        rows = max(n_rows, n_runs * n_differentiated)
        return rows * (self.row_bytes(circuit.num_qubits) + 16 * n_outputs) + BYTES_PER_THREAD

    def _open(self, circuit):
        # numba takes a while to import; who does not use this engine does not wait for it.
        from skquantum.engines._chain._session import ChainKernelSession, ChainSession

        kind = ChainSession if self.shots is None else ChainKernelSession
        return kind(self, circuit)

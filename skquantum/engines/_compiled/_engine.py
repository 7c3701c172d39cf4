"""Settings of the compiled engine."""

import numpy as np

from skquantum._validation import StrOptions
from skquantum.engines._base import Engine
from skquantum.engines._gram import overlap_bytes

__all__ = ["CompiledEngine"]


class CompiledEngine(Engine):
    """Exact states, expectation values and adjoint gradients, compiled for batches of rows.

    Parameters
    ----------
    precision : {"double", "single"}, default="double"
        Floating-point precision of the amplitudes from end to end: complex128 or complex64.

    See Also
    --------
    AerEngine : The engine over Qiskit Aer.

    Notes
    -----
    A circuit becomes a short program over whole states: runs of diagonal gates and CX become
    one phase polynomial, Hadamard gates one Walsh-Hadamard transform, neighbouring one-qubit
    gates one matrix; ``session.describe()`` shows it. The loops are compiled by numba on first
    use (some seconds, then cached on disk) and run in threads with `n_jobs`.

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.engines import CompiledEngine
    >>> from skquantum.feature_maps import ZZFeatureMap
    >>> session = CompiledEngine().open(ZZFeatureMap(reps=1).build(2))
    >>> np.abs(session.states([[0.1, 0.2]])).round(2)
    array([[0.5, 0.5, 0.5, 0.5]])
    """

    _parameter_constraints: dict = {"precision": [StrOptions({"double", "single"})]}

    shares_memory = True

    def __init__(self, *, precision="double"):
        self.precision = precision

    def row_bytes(self, n_qubits, measurement="compute_uncompute"):
        """Return the memory of one state, known before anything is opened.

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
        return (8 if self.precision == "single" else 16) * 2**n_qubits

    def encoding_bytes(self, circuit, n_rows, *, measurement="compute_uncompute", n_jobs=None):
        from skquantum.engines._compiled._memory import encoding_bytes

        return encoding_bytes(circuit, self._dtype, n_rows, n_jobs)

    def comparison_bytes(self, n_rows, n_other=None):
        return overlap_bytes(n_rows, n_other, np.dtype(self._dtype).itemsize)

    def expectation_bytes(self, circuit, n_outputs, n_rows, *, n_differentiated=0, n_jobs=None):
        from skquantum.engines._compiled._memory import expectation_bytes

        return expectation_bytes(circuit, self._dtype, n_outputs, n_rows, n_differentiated, n_jobs)

    @property
    def _dtype(self):
        return "complex64" if self.precision == "single" else "complex128"

    def _open(self, circuit):
        # numba takes a while to import; who does not use this engine does not wait for it.
        from skquantum.engines._compiled._session import CompiledSession

        return CompiledSession(self, circuit)

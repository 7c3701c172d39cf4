"""Settings of the engine of matrix product states."""

from skquantum._validation import Integral, Interval, Real, StrOptions
from skquantum.engines._aer._memory import product_state_bytes
from skquantum.engines._base import OVERHEAD, Engine

__all__ = ["MPSEngine"]

# Tensors of a bond of about 16.
BYTES_PER_QUBIT = 16 * 2 * 16**2


class MPSEngine(Engine):
    """Matrix product states, for circuits that are wide and too deep for the chain engine.

    Rows are run together, gate by gate, and compared tile by tile.

    Parameters
    ----------
    truncation_threshold : float, default=1e-16
        Weight of the state that may be discarded at a bond whenever a gate acts on it.
    max_bond_dimension : int or None, default=None
        Largest bond that is kept, whatever is discarded; None for no limit.
    simulator : {"batched", "aer"}, default="batched"
        What runs the rows: loops of this package, all rows of a block together, in threads; or
        Qiskit Aer's ``matrix_product_state``, row by row, in processes.
    max_bytes : int, default=1073741824
        A circuit is given up when a gate would need more memory; not by Aer, which is not asked
        in between.
    shots : int or None, default=None
        Number of shots per pair of rows, drawn from the fidelity; None for the fidelity
        itself.

    See Also
    --------
    ChainEngine : Exact and faster, for shallow circuits.

    Notes
    -----
    ``batch.truncation`` of the encoded rows is the weight that each of them has lost, and
    ``batch.error_bound`` how far its state may be from the exact one: a fidelity differs by at
    most twice the sum of those of both rows. A warning says where that bound is above 0.01. The
    largest bound of the rows that an estimator was fitted to is ``model.kernel_.truncation_``.

    Aer does not say what a row has lost. With ``simulator="aer"`` both numbers are what
    `truncation_threshold` lets all gates on two qubits lose at most; with `max_bond_dimension`,
    which may cut off anything, they are nan.

    Examples
    --------
    >>> from skquantum.feature_maps import RXXChainFeatureMap
    >>> from skquantum.kernels import FidelityKernel
    >>> feature_map = RXXChainFeatureMap(reps=4, bandwidth=0.1)
    >>> FidelityKernel(feature_map, engine="mps")([[0.5] * 40, [0.6] * 40]).round(3)
    array([[1.   , 0.938],
           [0.938, 1.   ]])
    """

    _parameter_constraints: dict = {
        "truncation_threshold": [Interval(Real, 0, 1, closed="left")],
        "max_bond_dimension": [Interval(Integral, 1, None, closed="left"), None],
        "simulator": [StrOptions({"batched", "aer"})],
        "max_bytes": [Interval(Integral, 1, None, closed="left")],
        "shots": [Interval(Integral, 1, None, closed="left"), None],
    }

    _irrelevant = frozenset(["max_bytes"])

    def __init__(
        self,
        *,
        truncation_threshold=1e-16,
        max_bond_dimension=None,
        simulator="batched",
        max_bytes=2**30,
        shots=None,
    ):
        self.truncation_threshold = truncation_threshold
        self.max_bond_dimension = max_bond_dimension
        self.simulator = simulator
        self.max_bytes = max_bytes
        self.shots = shots

    @property
    def shares_memory(self):
        """Whether threads run the rows; Aer's settings are those of a process."""
        return self.simulator != "aer"

    def row_bytes(self, n_qubits, measurement="compute_uncompute"):
        """Return the memory of one encoded row, a guess until circuits have been run.

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
        return BYTES_PER_QUBIT * n_qubits

    def encoding_bytes(self, circuit, n_rows, *, measurement="compute_uncompute", n_jobs=None):
        in_aer = product_state_bytes(circuit, n_jobs) if self.simulator == "aer" else 0
        return 3 * n_rows * self.row_bytes(circuit.num_qubits) + in_aer + OVERHEAD

    def expectation_bytes(self, circuit, n_outputs, n_rows, *, n_differentiated=0, n_jobs=None):
        n_runs = 1 + 2 * sum(len(item.params) for item in circuit.data) * bool(n_differentiated)
        rows = max(n_rows, n_runs * n_differentiated)
        states = 64 * self.row_bytes(circuit.num_qubits)
        if self.simulator == "aer":  # all rows are back before anything is measured
            states += rows * self.row_bytes(circuit.num_qubits) + product_state_bytes(
                circuit, n_jobs
            )
        return states + rows * 16 * n_outputs + OVERHEAD

    def _open(self, circuit):
        from skquantum.engines._mps._session import MPSKernelSession, MPSSession

        return (MPSSession if self.shots is None else MPSKernelSession)(self, circuit)

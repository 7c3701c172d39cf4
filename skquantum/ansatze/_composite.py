"""What ansätze that are made of another ansatz have in common."""

from abc import abstractmethod

from skquantum._components import ComponentsMixin
from skquantum.ansatze._base import Ansatz
from skquantum.ansatze._resolve import resolve_ansatz

__all__ = ["CompositeAnsatz"]


class CompositeAnsatz(ComponentsMixin, Ansatz):
    """An ansatz whose parameter `ansatz` is the block it is made of."""

    # resolve_ansatz says it better
    _parameter_constraints: dict = {"ansatz": "no_validation"}

    @abstractmethod
    def _default_block(self):
        """Return the ansatz that None stands for."""

    def _build(self, n_qubits):
        return self._build_beside(n_qubits, ())

    @abstractmethod
    def _build_beside(self, n_qubits, shared):
        """Return the circuit; the block inside may hold parameters of the encoding."""

    def resolve_component(self, name, value):
        if name != "ansatz":
            return value
        if value is None:
            return self._default_block()
        return resolve_ansatz(value)

    def _block(self):
        """Return the ansatz inside."""
        block = self.resolve_component("ansatz", self.ansatz)
        if type(block).attach is not Ansatz.attach:
            raise ValueError(
                f"ansatz={block!r} of {type(self).__name__} defines its own attach method and "
                "cannot be nested; give a plain ansatz, such as 'strongly_entangling'."
            )
        return block

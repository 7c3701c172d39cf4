"""Names of kernels."""

from qiskit import QuantumCircuit
from sklearn.metrics.pairwise import PAIRWISE_KERNEL_FUNCTIONS

from skquantum._validation import Names, closest_name
from skquantum.feature_maps import FEATURE_MAPS, FeatureMap
from skquantum.kernels._callable import CallableKernel
from skquantum.kernels._fidelity import FidelityKernel
from skquantum.kernels._operators import Kernel
from skquantum.kernels._projected import ProjectedKernel

__all__ = ["KERNELS", "resolve_kernel"]

KERNELS = Names("kernel", {"fidelity": FidelityKernel, "projected": ProjectedKernel})


def resolve_kernel(kernel):
    """Return the kernel that a parameter `kernel` means.

    Parameters
    ----------
    kernel : None, str, Kernel, QuantumCircuit, FeatureMap, or kernel of another library
        None means :class:`FidelityKernel`; a name is a key of `KERNELS`, or of
        ``skquantum.feature_maps.FEATURE_MAPS`` for the fidelity kernel of that feature map, which
        circuits and feature maps mean as well; foreign kernels and functions, of two arrays of
        rows or of two rows, are wrapped in :class:`CallableKernel`; an object is returned as it is.

    Returns
    -------
    Kernel
        The object.

    Raises
    ------
    ValueError
        If the name is unknown, or that of a classical kernel.
    TypeError
        If it is something else altogether.

    Examples
    --------
    >>> from skquantum.kernels import resolve_kernel
    >>> resolve_kernel("zz")
    FidelityKernel(feature_map='zz')
    """
    if kernel is None:
        return FidelityKernel()
    if isinstance(kernel, str):
        if kernel in KERNELS:
            return KERNELS[kernel]()
        if kernel in FEATURE_MAPS:
            return FidelityKernel(kernel)
        if kernel in PAIRWISE_KERNEL_FUNCTIONS:
            function = PAIRWISE_KERNEL_FUNCTIONS[kernel].__name__
            raise ValueError(
                f"kernel={kernel!r} is a classical kernel: use the scikit-learn estimator, or pass "
                f"the function, kernel=sklearn.metrics.pairwise.{function}."
            )
        known = [*KERNELS, *FEATURE_MAPS, "precomputed"]
        raise ValueError(f"kernel={kernel!r} is unknown: {closest_name(kernel, known)}.")
    if isinstance(kernel, QuantumCircuit | FeatureMap):
        return FidelityKernel(kernel)
    if isinstance(kernel, Kernel):
        return kernel
    if isinstance(kernel, type) or not (callable(kernel) or hasattr(kernel, "evaluate")):
        remedy = "pass an instance" if isinstance(kernel, type) else "use one of these"
        raise TypeError(f"kernel is {kernel!r}, not a name, a kernel or a callable; {remedy}.")
    return CallableKernel(kernel)

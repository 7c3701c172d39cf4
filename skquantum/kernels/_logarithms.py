"""Logarithms of fidelities, which may be smaller than any float."""

from skquantum._runtime import check_matrix

__all__ = ["LogFidelitiesMixin"]


class LogFidelitiesMixin:
    """What a kernel of fidelities offers where they vanish."""

    def log_fidelities(self, X, Y=None):
        """Return natural logarithms of exact fidelities, without shots, mitigation or repair.

        Fidelities of hundreds of qubits may be smaller than any float; their logarithms are not,
        if the engine is a :class:`~skquantum.engines.ChainEngine`.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples_x, n_features)
            Rows.
        Y : {array-like, sparse matrix} of shape (n_samples_y, n_features) or None, default=None
            Other rows; None means `X`.

        Returns
        -------
        ndarray of shape (n_samples_x, n_samples_y)
            Logarithms; minus infinity for 0.

        Raises
        ------
        ValueError
            If the engine draws or simulates fidelities pair by pair.
        """
        kernel, X = self._ready(X)
        A = kernel.encode(X)
        B = None if Y is None else kernel.encode(kernel._ready(Y)[1])
        if A.drawn or not kernel._session().unit_diagonal:
            raise ValueError(
                f"log_fidelities needs exact fidelities, which {type(kernel.engine_).__name__} "
                "does not offer with these settings; use ChainEngine, or an engine without noise."
            )
        check_matrix(len(A), len(A if B is None else B))
        return A.log_inner(B)

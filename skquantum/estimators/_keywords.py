"""Keywords that belong to a component of an estimator, or to its counterpart."""

from inspect import Parameter, Signature, signature

from skquantum.engines import AerEngine
from skquantum.feature_maps import ReuploadingFeatureMap
from skquantum.kernels import FidelityKernel

__all__ = ["KeywordsMixin"]

# How to pass a keyword that the estimator does not have: the first component that has it.
PARTS = {
    FidelityKernel: "kernel=FidelityKernel({}=...)",
    ReuploadingFeatureMap: "kernel=FidelityKernel(ReuploadingFeatureMap({}=...))",
    AerEngine: "kernel=FidelityKernel(engine=AerEngine({}=...))",
}
ELSEWHERE = {
    "quantum_kernel": "is called kernel here: write {name}(kernel=...)",
    "gamma": (
        "belongs to classical kernels: write "
        "{name}(kernel=FidelityKernel(ReuploadingFeatureMap(bandwidth=...))) for the width of a "
        "quantum kernel"
    ),
    "degree": "belongs to classical kernels, which scikit-learn's own estimators take",
    "coef0": "belongs to classical kernels, which scikit-learn's own estimators take",
}


class KeywordsMixin:
    """Refuse keywords of other classes with what to write instead.

    ``__init__`` keeps its explicit signature, which scikit-learn reads. A class says in
    `_elsewhere` what to write for keywords of its own counterparts.
    """

    _elsewhere: dict = {}

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        # Documentation tools would show the signature of `__new__` otherwise.
        _, *parameters = signature(cls.__init__).parameters.values()
        cls.__signature__ = Signature(parameters)

    def __new__(cls, *args, **kwargs):
        known = cls.__signature__.parameters
        if not any(parameter.kind is Parameter.VAR_KEYWORD for parameter in known.values()):
            for keyword in sorted(kwargs.keys() - known.keys()):
                _explain(cls, keyword)
        return super().__new__(cls)


def _explain(cls, keyword):
    """Raise if `keyword` belongs to another class; otherwise, Python's own error follows."""
    where = (ELSEWHERE | cls._elsewhere).get(keyword)
    for part, form in PARTS.items():
        if where is None and keyword in signature(part).parameters:
            where = f"belongs to a part of the kernel: write {{name}}({form.format(keyword)})"
    if where is not None:
        raise TypeError(
            f"{cls.__name__} has no parameter {keyword!r}, which {where.format(name=cls.__name__)}."
        )

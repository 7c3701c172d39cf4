"""Tuned QSVC beside tuned SVC on the same folds: is it worth it?

    OMP_NUM_THREADS=1 python benchmarks/tuned.py

Every score is a mean over 5 folds. On the training rows of each fold, a grid search with 3 folds
chooses among 4 values of C and 5 widths: gamma of SVC, and the bandwidth of the default feature map
in steps that change the kernel by the same factors. Both get the same folds, rows and number of
candidates. p is that of the corrected resampled t-test (C. Nadeau, Y. Bengio, "Inference for the
generalization error", Mach. Learn. 52, 239 (2003)); no correction for the number of data sets.

The last row is a data set that a circuit has made (V. Havlíček et al., Nature 567, 209 (2019)),
with the kernel of the same circuit. There is no target; the table is in docs/should_i_use_this.rst.
"""

import tempfile
import warnings

import numpy as np
from _timing import header
from accuracy import CLASSIFICATION
from qiskit_machine_learning.datasets import ad_hoc_data
from qiskit_machine_learning.utils import algorithm_globals
from scipy.stats import t as student
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

from skquantum import QSVC
from skquantum.exceptions import ConcentrationWarning
from skquantum.kernels import FidelityKernel

C = [0.1, 1.0, 10.0, 100.0]
WIDTHS = [0.25, 0.5, 1.0, 2.0, 4.0]
OUTER = StratifiedKFold(5, shuffle=True, random_state=0)
INNER = StratifiedKFold(3, shuffle=True, random_state=1)


def p_value(differences, test_share=1 / 4):
    """Return the two-sided p-value of the corrected resampled t-test over folds."""
    n = len(differences)
    error = np.sqrt((1 / n + test_share) * np.var(differences, ddof=1))
    return 2 * student.sf(abs(np.mean(differences)) / error, n - 1) if error else 1.0


def scores(X, y, model, grid):
    """Return the accuracy of a grid search on each outer fold."""
    return cross_val_score(GridSearchCV(model, grid, cv=INNER), X, y, cv=OUTER)


def tuned_svc(X, y):
    """Return scores of SVC on standardised features, where gamma="scale" is 1 / n_features."""
    grid = {"svc__C": C, "svc__gamma": [width**2 / X.shape[1] for width in WIDTHS]}
    return scores(X, y, make_pipeline(StandardScaler(), SVC()), grid)


def tuned_qsvc(X, y):
    """Return scores of QSVC with the default feature map."""
    with tempfile.TemporaryDirectory() as memory:  # one matrix for all C
        kernel = FidelityKernel(engine="compiled", memory=memory)
        grid = {
            "qsvc__C": C,
            "qsvc__kernel__feature_map__bandwidth": [f"{width}*scale" for width in WIDTHS],
        }
        return scores(X, y, make_pipeline(StandardScaler(), QSVC(kernel=kernel)), grid)


def ad_hoc():
    """Return the scores of both on the ad hoc data: two features, as the circuit takes them."""
    algorithm_globals.random_seed = 0
    X, y, *_ = ad_hoc_data(100, 0, n=2, gap=0.3, one_hot=False)
    grid = {"gamma": [width**2 / (2 * X.var()) for width in (0.5, 1.0, 2.0, 4.0, 8.0)], "C": C}
    classical = scores(X, y, SVC(), grid)
    kernel = FidelityKernel("zz", engine="compiled")
    return X, classical, scores(X, y, QSVC(kernel=kernel), {"C": C})


def show(name, X, classical, quantum):
    """Print one row of the table."""
    difference = quantum - classical
    print(
        f"{name:20s}{X.shape[0]:6d}{X.shape[1]:6d}{classical.mean():9.3f}{quantum.mean():9.3f}"
        f"{difference.mean():+9.3f}{p_value(difference):8.2f}",
        flush=True,
    )
    return difference.mean()


def main():
    """Print the table."""
    print(f"{'data':20s}{'rows':>6s}{'feat.':>6s}{'SVC':>9s}{'QSVC':>9s}{'diff.':>9s}{'p':>8s}")
    differences = [
        show(name, X, tuned_svc(X, y), tuned_qsvc(X, y)) for name, (X, y) in CLASSIFICATION.items()
    ]
    print(f"{'mean':50s}{np.mean(differences):+9.3f}")
    show("ad hoc, zz", *ad_hoc())


if __name__ == "__main__":
    header("scikit-learn", "qiskit-machine-learning")
    warnings.simplefilter("ignore", ConcentrationWarning)  # the widest candidates are bound to
    with threadpool_limits(1):
        main()

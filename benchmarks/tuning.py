"""AnnealingSearchCV beside RandomizedSearchCV and Optuna's TPE, on the same grids.

    pip install optuna
    python benchmarks/tuning.py

Every grid is evaluated once, by three folds; the searches then look scores up, so that only their
choices differ. The number is the regret: the best score of the grid minus the best one that was
found, in thousandths, mean and standard error over the seeds. There is no target; the table says
what it says, and the guide repeats it. That the worse half of the scores count alike was chosen on
these grids, with other seeds.
"""

import argparse
import time
import warnings

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.kernel_ridge import KernelRidge
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skquantum import AnnealingSearchCV

try:
    import optuna
except ImportError:
    optuna = None

MODELS = {
    "SVC, breast cancer": (
        make_pipeline(StandardScaler(), SVC()),
        {
            "svc__C": np.logspace(-3, 4, 15),
            "svc__gamma": np.logspace(-5, 1, 13),
            "svc__kernel": ["rbf", "sigmoid", "poly"],
        },
        load_breast_cancer,
    ),
    "KernelRidge, diabetes": (
        make_pipeline(StandardScaler(), KernelRidge()),
        {
            "kernelridge__alpha": np.logspace(-4, 3, 15),
            "kernelridge__gamma": np.logspace(-5, 1, 13),
            "kernelridge__kernel": ["rbf", "laplacian", "poly"],
        },
        load_diabetes,
    ),
    "DecisionTree, wine": (
        DecisionTreeClassifier(random_state=0),
        {
            "max_depth": list(range(1, 11)),
            "min_samples_leaf": list(range(1, 21)),
            "max_features": [1, 2, 3, 5, 8, 13],
            "criterion": ["gini", "entropy"],
        },
        load_wine,
    ),
}


class Lookup(BaseEstimator):
    """A model of any parameters, whose score stands in a table."""

    def __init__(self, table=None, **values):
        self.table = table
        self.values = values

    def get_params(self, deep=True):
        """Return the table and the values."""
        return {"table": self.table, **self.values}

    def set_params(self, **values):
        """Change some of the values."""
        self.values = self.values | values
        return self

    def fit(self, X, y=None):
        """Do nothing."""
        return self

    def score(self, X, y=None):
        """Look up."""
        return self.table[tuple(str(self.values[name]) for name in sorted(self.values))]


class Table(dict):
    """A dict that copies as itself, so that clones are cheap."""

    def __deepcopy__(self, memo):
        return self


def annealing(model, grid, n_iter, seed):
    """Return the best score by AnnealingSearchCV."""
    search = AnnealingSearchCV(model, grid, n_iter=n_iter, cv=ONE, refit=False, random_state=seed)
    return search.fit(ROWS).cv_results_["mean_test_score"].max()


def random(model, grid, n_iter, seed):
    """Return the best score by RandomizedSearchCV."""
    search = RandomizedSearchCV(model, grid, n_iter=n_iter, cv=ONE, refit=False, random_state=seed)
    return search.fit(ROWS).cv_results_["mean_test_score"].max()


def tpe(model, grid, n_iter, seed):
    """Return the best score by Optuna's TPE; numbers in order are integers to it."""

    def objective(trial):
        values = {
            name: values[trial.suggest_int(name, 0, len(values) - 1)]
            if not isinstance(values[0], str)
            else trial.suggest_categorical(name, values)
            for name, values in grid.items()
        }
        return model.set_params(**values).score(None)

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    study.optimize(objective, n_trials=n_iter)
    return study.best_value


ROWS = np.zeros((4, 1))
ONE = [(np.arange(2), np.arange(2, 4))]


def main():
    """Print a table for each model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--budgets", type=int, nargs="+", default=[30, 60, 120])
    options = parser.parse_args()
    searches = {"AnnealingSearchCV": annealing, "RandomizedSearchCV": random}
    if optuna is not None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        searches["optuna TPE"] = tpe
    for title, (model, grid, load) in MODELS.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            full = GridSearchCV(model, grid, cv=3, refit=False).fit(*load(return_X_y=True))
        scores = full.cv_results_["mean_test_score"]
        table = Table()
        for params, score in zip(full.cv_results_["params"], scores, strict=True):
            values = {name.rpartition("__")[2]: value for name, value in params.items()}
            table[tuple(str(values[name]) for name in sorted(values))] = score
        lookup = Lookup(table)
        short = {name.rpartition("__")[2]: values for name, values in grid.items()}
        print(f"\n{title}: {len(scores)} candidates, best {scores.max():.4f}")
        for name, search in searches.items():
            line = f"{name:20}"
            for n_iter in options.budgets:
                start = time.perf_counter()
                found = [
                    search(lookup, short, n_iter, seed) for seed in range(100, 100 + options.seeds)
                ]
                seconds = (time.perf_counter() - start) / options.seeds
                regret = 1000 * (scores.max() - np.array(found))
                error = regret.std(ddof=1) / np.sqrt(len(regret))
                line += f"  {regret.mean():6.1f} +- {error:4.1f} ({seconds:.1f} s)"
            print(line, flush=True)


if __name__ == "__main__":
    main()

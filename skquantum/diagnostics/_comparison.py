"""The result of a comparison of models."""

import numpy as np

from skquantum._lazy import import_optional
from skquantum.diagnostics._resampled import corrected_t_test, holm

__all__ = ["Comparison"]


class Comparison:
    """Scores of a model and of baselines on the same folds, and what follows from them.

    :func:`~skquantum.diagnostics.compare` makes it; print it for a table.

    Parameters
    ----------
    scores : dict of str to array-like of shape (n_splits,)
        Scores by model, fold by fold, the model in question first; larger is better.
    test_size : float
        Number of test rows divided by the number of training rows.
    fit_seconds : dict of str to float or None, default=None
        Mean time of a fit, tuning included, by model.
    scoring : str, default="score"
        What the scores are called.
    alpha : float, default=0.05
        Largest probability of a verdict other than "no difference" where there is none.

    Attributes
    ----------
    model : str
        Name of the model in question.
    baselines : list of str
        Names of the others.
    differences : dict of str to ndarray of shape (n_splits,)
        Score of the model minus that of each baseline.
    p_values : dict of str to float
        Two-sided p-values of the corrected resampled t-test against each baseline
        (:func:`~skquantum.diagnostics.corrected_t_test`), adjusted for the number of baselines by
        Holm's method.
    best_baseline : str
        The one with the highest mean score.
    verdict : {"lead", "no difference", "behind"}
        "lead" if the model is better than every baseline, with all p-values below `alpha`; "behind"
        if some baseline is better, with a p-value below `alpha`; otherwise "no difference", which
        says that these rows and folds show none.

    Examples
    --------
    >>> from skquantum.diagnostics import Comparison
    >>> scores = {"QSVC": [0.9, 0.8, 0.9, 1.0], "svc": [0.9, 0.9, 0.8, 1.0]}
    >>> comparison = Comparison(scores, test_size=1 / 3)
    >>> comparison.verdict
    'no difference'
    >>> comparison
    QSVC and 1 baseline on the same 4 folds (score)
              mean     std  difference  p (Holm)  seconds
    QSVC     0.900   0.082
    svc      0.900   0.082       0.000     1.000
    Verdict: no difference (alpha = 0.05)
    """

    def __init__(self, scores, test_size, *, fit_seconds=None, scoring="score", alpha=0.05):
        self.scores = {name: np.asarray(values, dtype=float) for name, values in scores.items()}
        self.test_size = test_size
        self.fit_seconds = fit_seconds
        self.scoring = scoring
        self.alpha = alpha
        self.model, *self.baselines = self.scores
        if not self.baselines:
            raise ValueError("scores holds one model only; add the scores of a baseline.")
        n_splits = len(self.scores[self.model])
        for name, values in self.scores.items():
            if values.shape != (n_splits,):
                raise ValueError(
                    f"{name} has scores of shape {values.shape}, and {self.model} of {n_splits} "
                    "folds; pass one score for each of the same folds."
                )
            if not np.isfinite(values).all():
                fold = np.flatnonzero(~np.isfinite(values))[0]
                raise ValueError(
                    f"The score of {name} is {values[fold]} in fold {fold}; use another scoring, "
                    "or folds in which it is defined."
                )
        of_model = self.scores[self.model]
        self.differences = {name: of_model - self.scores[name] for name in self.baselines}
        single = [corrected_t_test(self.differences[name], test_size)[1] for name in self.baselines]
        self.p_values = dict(zip(self.baselines, holm(single).tolist(), strict=True))

    @property
    def best_baseline(self):
        return max(self.baselines, key=lambda name: self.scores[name].mean())

    @property
    def verdict(self):
        differs = {name for name in self.baselines if self.p_values[name] < self.alpha}
        better = {name for name in self.baselines if self.differences[name].mean() > 0}
        if differs & better == set(self.baselines):
            return "lead"
        return "behind" if differs - better else "no difference"

    def to_dict(self):
        """Return everything as plain numbers, text and lists, for JSON.

        Returns
        -------
        dict
            With the keys "verdict", "alpha", "scoring", "test_size", "best_baseline" and "models",
            one entry for each model, the one in question first.
        """
        return {
            "verdict": self.verdict,
            "alpha": self.alpha,
            "scoring": self.scoring,
            "test_size": self.test_size,
            "best_baseline": self.best_baseline,
            "models": {
                name: {**self._row(name), "scores": values.tolist()}
                for name, values in self.scores.items()
            },
        }

    def to_frame(self):
        """Return the table as a data frame.

        Returns
        -------
        pandas.DataFrame
            One row for each model, with "mean", "std", "difference", "p_value" and "fit_seconds".

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        pandas = import_optional("pandas", "bench", "Comparison.to_frame")
        rows = [self._row(name) for name in self.scores]
        return pandas.DataFrame(rows, index=list(self.scores), dtype=float)

    def _row(self, name):
        """Return the numbers of a model, None where there is none."""
        values = self.scores[name]
        differences = self.differences.get(name)
        return {
            "mean": float(values.mean()),
            "std": float(values.std(ddof=1)),
            "difference": None if differences is None else float(differences.mean()),
            "p_value": self.p_values.get(name),
            "fit_seconds": None if self.fit_seconds is None else self.fit_seconds[name],
        }

    def __str__(self):
        width = max(map(len, self.scores))
        n_baselines, n_folds = len(self.baselines), len(self.scores[self.model])
        lines = [
            f"{self.model} and {n_baselines} baseline{'s' * (n_baselines > 1)} on the same "
            f"{n_folds} folds ({self.scoring})",
            f"{'':{width}}{'mean':>10}{'std':>8}{'difference':>12}{'p (Holm)':>10}{'seconds':>9}",
        ]
        formats = {"mean": "10.3f", "std": "8.3f", "difference": "12.3f", "p_value": "10.3f"}
        formats["fit_seconds"] = "9.2g"
        for name in self.scores:
            cells = [
                " " * int(form.split(".")[0]) if value is None else f"{value:{form}}"
                for value, form in zip(self._row(name).values(), formats.values(), strict=True)
            ]
            lines.append(f"{name:{width}}{''.join(cells)}".rstrip())
        return "\n".join([*lines, f"Verdict: {self.verdict} (alpha = {self.alpha:g})"])

    __repr__ = __str__

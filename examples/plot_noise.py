"""
Device noise: mitigation and repair of a kernel matrix
======================================================

The ad hoc data is made with the ZZ feature map, so its exact kernel hardly makes a mistake. Here
the kernel is counted on a device whose two-qubit gates fail far more often than today's: two
qubits suffer as deeper circuits do, and a row's fidelity with itself falls below a half.
``mitigation="split"`` reads off the diagonal how much of each state survives and undoes the loss;
``repair="clip"`` removes the negative eigenvalues that this leaves. The distance to the ideal
matrix that remains is mostly not from shots: errors of gates are only roughly the uniform loss
that is undone.

To a support vector machine, such noise is mostly a factor in front of the kernel, as a smaller C
would be. The last fit divides C by that factor, and shows how much comes back without mitigation.

Run it with ``python examples/plot_noise.py``; the picture is saved beside this file.
"""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error
from qiskit_machine_learning.datasets import ad_hoc_data
from qiskit_machine_learning.utils import algorithm_globals

from skquantum import QSVC
from skquantum.engines import AerEngine
from skquantum.kernels import FidelityKernel
from skquantum.metrics import spread_to_noise

SHOTS = 4000


def main(seed=0):
    """Train with the ideal, the noisy and the mitigated kernel, compare and draw them."""
    algorithm_globals.random_seed = seed
    X_train, y_train, X_test, y_test = ad_hoc_data(
        training_size=20, test_size=100, n=2, gap=0.3, one_hot=False
    )  # sizes are per class, and rows come sorted by class

    device = AerEngine(shots=SHOTS, noise_model=device_noise())
    kernels = {
        "ideal": FidelityKernel("zz"),
        "noisy": FidelityKernel("zz", engine=device, random_state=seed),
        "mitigated and repaired": FidelityKernel(
            "zz", engine=device, mitigation="split", repair="clip", random_state=seed
        ),
    }
    models = {name: QSVC(kernel=kernel).fit(X_train, y_train) for name, kernel in kernels.items()}
    matrices = {name: model.kernel_(X_train) for name, model in models.items()}
    distances = {name: np.linalg.norm(K - matrices["ideal"]) for name, K in matrices.items()}
    accuracies = {name: model.score(X_test, y_test) for name, model in models.items()}

    print(f"{len(X_train)} training rows, {len(X_test)} test rows, {SHOTS} shots per entry")
    for name in models:
        print(
            f"{name:22s} C = 1.0   test accuracy {accuracies[name]:.3f}   "
            f"Frobenius distance to the ideal {distances[name]:.2f}"
        )
    # On average this part of an entry survives; the rest falls evenly on the 4 bitstrings.
    diagonal = matrices["noisy"].diagonal().mean()
    survival = (diagonal - 1 / 4) / (1 - 1 / 4)
    rescaled = QSVC(C=1 / survival, kernel=kernels["noisy"]).fit(X_train, y_train)
    accuracy = rescaled.score(X_test, y_test)
    print(f"{'noisy':22s} C = {rescaled.C:.1f}   test accuracy {accuracy:.3f}")

    ratio = spread_to_noise(matrices["noisy"], SHOTS)
    shift = models["mitigated and repaired"].kernel_.psd_shift_
    print(f"noisy: mean of the diagonal {diagonal:.3f}, spread over shot noise {ratio:.1f}")
    print(f"mitigated: smallest eigenvalue {-shift:.3f} before repair (psd_shift_ {shift:.3f})")

    picture = Path(__file__).with_suffix(".png")
    draw(matrices, distances, accuracies, picture)
    print("picture:", picture)


def device_noise():
    """Return two-qubit gates that fail often, and a readout that misses more ones than zeros."""
    noise_model = NoiseModel(basis_gates=["rz", "sx", "cx"])
    noise_model.add_all_qubit_quantum_error(depolarizing_error(0.2, 2), ["cx"])
    noise_model.add_all_qubit_readout_error(ReadoutError([[0.97, 0.03], [0.06, 0.94]]))
    return noise_model


def draw(matrices, distances, accuracies, path):
    """Draw the training matrices, whose rows are sorted by class, on one colour scale."""
    figure, axes = plt.subplots(1, 3, figsize=(12, 4.5), sharey=True, layout="constrained")
    for ax, (name, K) in zip(axes, matrices.items(), strict=True):
        image = ax.imshow(K, cmap="viridis", vmin=0, vmax=1)
        for line in ax.axhline, ax.axvline:
            line(len(K) / 2 - 0.5, color="white", linewidth=1)
        ax.set(
            title=f"{name}\ntest accuracy {accuracies[name]:.3f}\n"
            f"Frobenius distance to the ideal {distances[name]:.2f}",
            xlabel="row",
        )
    axes[0].set_ylabel("row, sorted by class")
    figure.colorbar(image, ax=axes, label="kernel", extend="max", shrink=0.8)
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main()

"""The ground state of two coupled spins: the variational eigensolver beside exact diagonalisation.

Written for qiskit-algorithms, this was ``VQE(estimator, ansatz, SLSQP(maxiter=300))`` and
``compute_minimum_eigenvalue(H)``.
"""

import matplotlib.pyplot as plt
from qiskit.circuit.library import n_local
from qiskit.quantum_info import SparsePauliOp

from skquantum import VQE

H = SparsePauliOp(["ZZ", "ZI", "IZ", "XX"], [-1.0, 0.5, 0.5, 0.2])
ansatz = n_local(2, ["ry", "rz"], "cx", reps=2)
model = VQE(ansatz, optimizer="slsqp", max_iter=300, engine="aer", random_state=0).fit(H)
(exact,) = model.exact_energies()
print(f"energy {model.energy_:.9f}, exact {exact:.9f}, {model.n_iter_} iterations")
print("five samples:", model.sample(5, random_state=0).tolist())

figure, axes = plt.subplots(figsize=(6, 3.5))
axes.plot(range(1, model.n_iter_ + 1), model.loss_curve_, marker=".", label="VQE")
axes.axhline(exact, color="black", linestyle="--", label="exact")
axes.set(xlabel="iteration", ylabel="energy", title="-ZZ + ZI/2 + IZ/2 + XX/5")
axes.legend()
figure.tight_layout()
figure.savefig(__file__.replace(".py", ".png"), dpi=150)

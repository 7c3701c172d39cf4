"""Devices behind estimators: any estimator of Qiskit's primitives as an engine."""

from skquantum.engines._estimator._engine import EstimatorEngine

__all__ = ["EstimatorEngine"]

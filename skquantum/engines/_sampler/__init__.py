"""Devices, which give nothing but counts: any sampler of Qiskit's primitives as an engine."""

from skquantum.engines._sampler._engine import SamplerEngine

__all__ = ["SamplerEngine"]

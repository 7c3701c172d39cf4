"""Reading circuits: what every other part of the package has to know of them."""

from skquantum._circuits._fingerprint import array_text, circuit_text, is_standard

__all__ = ["array_text", "circuit_text", "is_standard"]

"""Numbers by which rows are known, whatever stands around them."""

from hashlib import blake2b, sha256

import numpy as np

__all__ = ["digest", "mixed", "row_keys"]


def digest(array):
    """Return a text of 64 digits that depends on the bits of an array only."""
    return sha256(np.ascontiguousarray(array)).hexdigest()


def row_keys(array):
    """Return a number for every row of an array that depends on its bits only, as uint64."""
    keys = np.empty(len(array), dtype=np.uint64)
    for number, row in enumerate(array):
        digest = blake2b(np.ascontiguousarray(row).tobytes(), digest_size=8).digest()
        keys[number] = int.from_bytes(digest, "little")
    return mixed(keys + np.uint64(1))


def mixed(numbers):
    """Scramble 64-bit numbers, as the generator SplitMix64 does (Steele, Lea, Flood 2014)."""
    numbers = np.atleast_1d(numbers) + np.uint64(0x9E3779B97F4A7C15)  # scalars would warn
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))

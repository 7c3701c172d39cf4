"""Linear algebra over two elements: vectors are sets of bits, held in integers."""

__all__ = ["Basis", "expressed", "intersection", "restricted"]


class Basis:
    """An echelon basis that remembers which of the given vectors its members are made of."""

    def __init__(self, vectors=()):
        self._rows = {}  # number of the highest bit -> (vector, set of given vectors)
        self._given = 0
        for vector in vectors:
            self.add(vector)

    def __len__(self):
        return len(self._rows)

    def reduced(self, vector):
        """Return what is left of a vector, and the given vectors that were taken off."""
        used = 0
        left = 0  # bits without a row
        while vector:
            top = vector.bit_length()
            row = self._rows.get(top)
            if row is None:
                left |= 1 << (top - 1)
                vector ^= 1 << (top - 1)
            else:
                vector ^= row[0]
                used ^= row[1]
        return left, used

    def add(self, vector):
        """Add a vector; say whether it is independent of the others."""
        number = self._given
        self._given += 1
        left, used = self.reduced(vector)
        if left:
            self._rows[left.bit_length()] = left, used ^ (1 << number)
        return bool(left)

    def vectors(self):
        """Return the members of the basis, those with the lowest bits first."""
        return [self._rows[top][0] for top in sorted(self._rows)]


def expressed(vector, basis):
    """Return which vectors of an independent list add up to `vector`."""
    left, used = basis.reduced(vector)
    if left:
        raise ArithmeticError("The vector is not in the span of the basis.")
    return used


def intersection(vectors, other):
    """Return a basis of what a list of independent vectors spans in common with a basis.

    Vectors of the list that are in the other span come first, as they are.

    Parameters
    ----------
    vectors : list of int
        Independent.
    other : Basis
        Of the other space.

    Returns
    -------
    list of int
        Independent vectors.
    """
    found, rest = [], []
    for vector in vectors:
        left, _ = other.reduced(vector)
        if left:
            rest.append((left, vector))
        else:
            found.append(vector)
    rows = {}
    for left, vector in rest:
        while left and left.bit_length() in rows:
            row = rows[left.bit_length()]
            left, vector = left ^ row[0], vector ^ row[1]
        if left:
            rows[left.bit_length()] = left, vector
        else:
            found.append(vector)
    return found


def restricted(vectors, gone):
    """Return a basis of what vectors span without the bits of `gone`."""
    rows, found = {}, []
    for vector in vectors:
        out = vector & gone
        while out and out.bit_length() in rows:
            vector ^= rows[out.bit_length()]
            out = vector & gone
        if out:
            rows[out.bit_length()] = vector
        else:
            found.append(vector)
    return Basis(found).vectors()

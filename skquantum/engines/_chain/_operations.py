"""A program on boundary vectors, run for tiles of pairs of rows; compiled by numba."""

from skquantum.engines._chain import _fused, _loops
from skquantum.engines._chain._loops import splat, store
from skquantum.engines._jit import contracted

__all__ = ["BOTH", "CODES", "FIELDS", "run_site", "sweep"]

# Fields of an operation.
FIELDS = ("code", "side", "base", "form", "size", "old_size", "mask", "members", "index", "summed")
# Whose coefficients: the row's of x, that of y, or their products.
BOTH = 2
CODES = {
    "multiply": 0,
    "butterfly": 1,
    "mix": 2,
    "twist": 3,
    "scale": 4,
    "gather": 5,
    "rescale": 6,
    "link": 7,
    "layers": 8,
}


@contracted
def run_site(
    operations, begin, end, lists, v, first, other, room, n_blocks,
    x, stride, each, y, pairs, exponents, row, back,
):  # fmt: skip
    """Run the operations of a site on vectors; return in which row the result begins.

    `other` is where there is room for another vector; `back` runs the transposed operations, the
    last one first, but for products of coefficients.
    """
    n_steps = end - begin
    for number in range(2 * n_steps if back else n_steps):
        k = begin + number if number < n_steps else begin + 2 * n_steps - 1 - number
        code = operations[k, 0]
        if back and (number < n_steps) != (code == 0):
            continue
        side = operations[k, 1]
        base = operations[k, 2]
        form = operations[k, 3]
        size = operations[k, 4]
        mask = operations[k, 6]
        members = operations[k, 7]
        index = operations[k, 8]
        if side == 0:
            w, stride_w, each_w = x, stride, each
        elif side == 1:
            w, stride_w, each_w = y, n_blocks, 1
        else:
            w, stride_w, each_w = pairs, n_blocks, 1
        if code == 0:
            _loops.multiply(pairs, mask, x, stride, each, y, n_blocks, base, size, form == 1)
        elif code == 1:
            _loops.butterfly(
                v, first, n_blocks, room, lists, members, size >> 1, mask, w, stride_w, each_w, base
            )
        elif code == 2:
            _loops.mix(
                v, first, n_blocks, room, lists, members, size >> 1, mask,
                w, stride_w, each_w, base, form == 1,
            )  # fmt: skip
        elif code == 3:
            _loops.twist(
                v, first, n_blocks, room, lists, members, size >> 1, w, stride_w, each_w, base
            )
        elif code == 4:
            _loops.scale(
                v, first, n_blocks, room, lists, index, size, w, stride_w, each_w, base, form == 1
            )
        elif code == 5:
            summed = operations[k, 9]
            if back:
                _loops.scatter(
                    v, first, other, n_blocks, room, operations[k, 5], lists, members, index, size,
                    summed, w, stride_w, each_w, base, form,
                )  # fmt: skip
            else:
                _loops.gather(
                    v, first, other, n_blocks, room, lists, members, index, size, summed,
                    w, stride_w, each_w, base, form,
                )  # fmt: skip
            first, other = other, first
        elif code == 7:
            _fused.link(v, first, n_blocks, room, x, stride, each, y, base, mask)
        elif code == 8:
            _fused.layers(
                v, first, n_blocks, room, lists, members, index, x, stride, each, y,
                base, side, mask, operations[k, 5], operations[k, 9],
            )  # fmt: skip
        else:
            _loops.rescale(v, first, n_blocks, room, size, exponents, row)
    return first


@contracted
def sweep(operations, starts, lists, v, room, n_blocks, x, wide, y, pairs, exponents, out):
    """Contract the overlaps of some rows with the rows of a tile.

    `v` has shape (4 * n_rows * n_blocks * room, LANES), `x` (n_rows, n_numbers), `exponents`
    (n_rows, n_blocks, LANES), and `out`, which takes the overlaps, (n_rows, 2, n_blocks, LANES).
    """
    n_rows = len(x)
    length = 2 * n_blocks * room
    one = splat(y, 1.0)
    zero = splat(y, 0.0)
    now = 0  # where in the room of a row its vector begins
    for i in range(n_rows):
        for block in range(n_blocks):
            store(v, 2 * (i * length + block * room), one)
            store(v, 2 * (i * length + block * room) + 1, zero)
    exponents[:] = 0
    for site in range(len(starts) - 1):
        result = now
        for i in range(n_rows):
            for number in range(starts[site, 1], starts[site + 1, 1]):
                store(wide, number, splat(wide, x[i, number]))
            begin = 2 * i * length
            end = run_site(
                operations, starts[site, 0], starts[site + 1, 0], lists, v,
                begin + now, begin + length - now, room, n_blocks,
                wide, 1, 0, y, pairs, exponents, i, False,
            )  # fmt: skip
            result = end - begin
        now = result
    for i in range(n_rows):
        for block in range(n_blocks):
            for part in range(2):
                for lane in range(_loops.LANES):
                    row = 2 * (i * length + block * room) + now + part
                    out[i, part, block, lane] = v[row, lane]

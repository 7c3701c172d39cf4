"""Vectors of LANES numbers for numba: explicit SIMD.

LLVM vectorises a loop over an array by itself only if it can prove that no store changes a later
load, which it cannot for the strided passes over a state. A vector that is loaded, computed with
and stored as one value needs no such proof.

Every operation is rounded as it is written: products and sums are fused by `fma` and nowhere else,
so that a number does not depend on the loop, or on the lane, that it is computed in.
"""

import operator

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.errors import TypingError
from numba.extending import intrinsic, models, overload, register_jitable, register_model

__all__ = [
    "LANES",
    "any_beyond",
    "convert",
    "flip",
    "fma",
    "gather",
    "join",
    "load",
    "scatter",
    "splat",
    "split",
    "store",
]

LANES = 8


class _Lanes(types.Type):
    """The numba type of LANES floating-point numbers in a row."""

    def __init__(self, dtype):
        self.dtype = dtype
        super().__init__(name=f"Lanes({dtype})")


@register_model(_Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, dmm, fe_type):
        number = ir.DoubleType() if fe_type.dtype == types.float64 else ir.FloatType()
        super().__init__(dmm, fe_type, ir.VectorType(number, LANES))


def _shuffled(builder, a, b, places):
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(ir.IntType(32), LANES), places))


def _splatted(builder, kind, scalar):
    undefined = ir.Constant(kind, ir.Undefined)
    one = builder.insert_element(undefined, scalar, ir.IntType(32)(0))
    return _shuffled(builder, one, undefined, [0] * LANES)


def _check_layout(array):
    if array.layout != "C":
        raise TypingError("vectors are loaded from and stored to C-ordered arrays only")


def _pointer(context, builder, array_type, array, row):
    data = context.make_array(array_type)(context, builder, array).data
    row = builder.mul(row, row.type(LANES))
    vector = context.get_value_type(_Lanes(array_type.dtype))
    return builder.bitcast(builder.gep(data, [row]), vector.as_pointer()), vector


@intrinsic
def load(typingctx, array, row):
    """Load array[row, :] of a C-ordered array of shape (n, LANES)."""
    _check_layout(array)

    def codegen(context, builder, signature, args):
        row = context.cast(builder, args[1], signature.args[1], types.intp)
        pointer, _ = _pointer(context, builder, signature.args[0], args[0], row)
        return builder.load(pointer, align=array.dtype.bitwidth // 8)

    return _Lanes(array.dtype)(array, row), codegen


@intrinsic
def store(typingctx, array, row, value):
    """Store a vector to array[row, :]."""
    _check_layout(array)

    def codegen(context, builder, signature, args):
        row = context.cast(builder, args[1], signature.args[1], types.intp)
        pointer, _ = _pointer(context, builder, signature.args[0], args[0], row)
        builder.store(args[2], pointer, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(array, row, value), codegen


@intrinsic
def splat(typingctx, array, number):
    """Return a vector of equal numbers, of the precision of `array`."""
    vector = _Lanes(array.dtype)

    def codegen(context, builder, signature, args):
        scalar = context.cast(builder, args[1], signature.args[1], array.dtype)
        return _splatted(builder, context.get_value_type(vector), scalar)

    return vector(array, number), codegen


@intrinsic
def convert(typingctx, array, value):
    """Return a vector in the precision of `array`."""
    vector = _Lanes(array.dtype)

    def codegen(context, builder, signature, args):
        kind = context.get_value_type(vector)
        if value.dtype == array.dtype:
            return args[1]
        if value.dtype == types.float64:
            return builder.fptrunc(args[1], kind)
        return builder.fpext(args[1], kind)

    return vector(array, value), codegen


def _register(python_operator, instruction):
    @intrinsic
    def compute(typingctx, a, b):
        def codegen(context, builder, signature, args):
            return getattr(builder, instruction)(*args)

        return a(a, b), codegen

    @overload(python_operator)
    def typed(a, b):
        if isinstance(a, _Lanes) and a == b:
            return lambda a, b: compute(a, b)
        return None


_register(operator.add, "fadd")
_register(operator.sub, "fsub")
_register(operator.mul, "fmul")


@intrinsic
def _negative(typingctx, a):
    def codegen(context, builder, signature, args):
        return builder.fneg(args[0])

    return a(a), codegen


@overload(operator.neg)
def _negated(a):
    if isinstance(a, _Lanes):
        return lambda a: _negative(a)
    return None


def _called(builder, name, kind, args):
    """Return what a function of LLVM makes of vectors of one kind."""
    bits = 64 if kind.element == ir.DoubleType() else 32
    signature = ir.FunctionType(kind, [kind] * len(args))
    name = f"{name}.v{LANES}f{bits}"
    return builder.call(cgutils.get_or_insert_function(builder.module, signature, name), args)


@intrinsic
def fma(typingctx, a, b, c):
    """Return a * b + c, rounded once if the processor can do so."""

    def codegen(context, builder, signature, args):
        return _called(builder, "llvm.fmuladd", context.get_value_type(a), args)

    return a(a, b, c), codegen


@intrinsic
def any_beyond(typingctx, value, limit):
    """Say whether any number of a vector in double precision is beyond +-limit."""

    def codegen(context, builder, signature, args):
        kind = context.get_value_type(value)
        sizes = _called(builder, "llvm.fabs", kind, args[:1])
        beyond = builder.fcmp_ordered(">", sizes, _splatted(builder, kind, args[1]))
        bits = ir.IntType(LANES)
        return builder.icmp_unsigned("!=", builder.bitcast(beyond, bits), bits(0))

    return types.boolean(value, types.float64), codegen


def _place(builder, places, first, lane, change):
    """Return places[first + lane] ^ change."""
    pointer = builder.gep(places, [builder.add(first, first.type(lane))])
    return builder.xor(builder.load(pointer), change)


def _scattered(context, builder, signature, args):
    """Return the data of the array, and the places of all lanes."""
    array, places, first, change = args[:4]
    data = context.make_array(signature.args[0])(context, builder, array).data
    places = context.make_array(signature.args[1])(context, builder, places).data
    first = context.cast(builder, first, signature.args[2], types.intp)
    change = context.cast(builder, change, signature.args[3], types.intp)
    return data, [_place(builder, places, first, lane, change) for lane in range(LANES)]


@intrinsic
def gather(typingctx, array, places, first, change):
    """Load the numbers of an array at places[first + lane] ^ change, counted from its beginning."""
    _check_layout(array)
    vector = _Lanes(array.dtype)

    def codegen(context, builder, signature, args):
        data, found = _scattered(context, builder, signature, args)
        value = ir.Constant(context.get_value_type(vector), ir.Undefined)
        for lane, place in enumerate(found):
            number = builder.load(builder.gep(data, [place]))
            value = builder.insert_element(value, number, ir.IntType(32)(lane))
        return value

    return vector(array, places, first, change), codegen


@intrinsic
def scatter(typingctx, array, places, first, change, value):
    """Store a vector where `gather` loads it from."""
    _check_layout(array)

    def codegen(context, builder, signature, args):
        data, found = _scattered(context, builder, signature, args)
        for lane, place in enumerate(found):
            number = builder.extract_element(args[4], ir.IntType(32)(lane))
            builder.store(number, builder.gep(data, [place]))
        return context.get_dummy_value()

    return types.void(array, places, first, change, value), codegen


# -- bits of the number of a lane -----------------------------------------------------------------


def _chosen(places):
    """Return a function that takes a vector from two others, at places between 0 and 2 LANES."""

    @intrinsic
    def choose(typingctx, a, b):
        def codegen(context, builder, signature, args):
            return _shuffled(builder, *args, places)

        return a(a, b), codegen

    return choose


def _of_one(bit):
    return _chosen([lane ^ 1 << bit for lane in range(LANES)])


def _of_two(bit, value):
    return _chosen([place for place in range(2 * LANES) if place >> bit & 1 == value])


def _of_halves(bit, half):
    """Undo `_of_two`: find the places of one half of 2 LANES numbers."""
    places = [[z for z in range(2 * LANES) if z >> bit & 1 == value] for value in (0, 1)]
    both = places[0] + places[1]
    return _chosen([both.index(z) for z in range(half * LANES, (half + 1) * LANES)])


_flip_0, _flip_1, _flip_2 = map(_of_one, range(3))
_zeros_0, _zeros_1, _zeros_2 = (_of_two(bit, 0) for bit in range(3))
_ones_0, _ones_1, _ones_2 = (_of_two(bit, 1) for bit in range(3))
_first_0, _first_1, _first_2 = (_of_halves(bit, 0) for bit in range(3))
_second_0, _second_1, _second_2 = (_of_halves(bit, 1) for bit in range(3))


@register_jitable
def flip(a, mask):
    """Return the vector with the number of lane k in lane k ^ mask."""
    if mask & 1:
        a = _flip_0(a, a)
    if mask & 2:
        a = _flip_1(a, a)
    if mask & 4:
        a = _flip_2(a, a)
    return a


@register_jitable
def split(a, b, bit):
    """Return those of the numbers in two vectors in whose place a bit is 0, and the others."""
    if bit == 0:
        return _zeros_0(a, b), _ones_0(a, b)
    if bit == 1:
        return _zeros_1(a, b), _ones_1(a, b)
    return _zeros_2(a, b), _ones_2(a, b)


@register_jitable
def join(a, b, bit):
    """Undo `split`."""
    if bit == 0:
        return _first_0(a, b), _second_0(a, b)
    if bit == 1:
        return _first_1(a, b), _second_1(a, b)
    return _first_2(a, b), _second_2(a, b)

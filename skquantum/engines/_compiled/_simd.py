"""Vectors of LANES numbers for numba: explicit SIMD.

LLVM vectorises a loop over an array by itself only if it can prove that no store changes a later
load, which it cannot for the strided passes over a state. A vector that is loaded, computed with
and stored as one value needs no such proof.
"""

import operator

from llvmlite import ir
from numba import types
from numba.core.errors import TypingError
from numba.extending import intrinsic, models, overload, register_model

__all__ = ["LANES", "convert", "load", "splat", "store"]

LANES = 8

# Allows a * b + c to become one fused instruction.
_FLAGS = ("contract", "nsz")


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
        kind = context.get_value_type(vector)
        one = builder.insert_element(ir.Constant(kind, ir.Undefined), scalar, ir.IntType(32)(0))
        mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        return builder.shuffle_vector(one, ir.Constant(kind, ir.Undefined), mask)

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
            return getattr(builder, instruction)(*args, flags=_FLAGS)

        return a(a, b), codegen

    @overload(python_operator)
    def typed(a, b):
        if isinstance(a, _Lanes) and a == b:
            return lambda a, b: compute(a, b)
        return None


_register(operator.add, "fadd")
_register(operator.sub, "fsub")
_register(operator.mul, "fmul")

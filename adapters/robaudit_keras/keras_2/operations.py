"""Functions of TensorFlow that models of Keras 2 call as if they were layers.

They become layers of Keras 3 where there are such, since a model of layers can be saved as
HDF5 again.
"""

import re
from collections.abc import Callable
from numbers import Real
from typing import Any

import keras
from keras import layers

from robaudit_keras.keras_2.configuration import UntranslatableError

CLASSES = ("TFOpLambda", "SlicingOpLambda")

_HARMLESS = re.compile(r"(math|nn|__operators__)\.\w+")
_ALSO_HARMLESS = {
    "cast",
    "clip_by_value",
    "concat",
    "expand_dims",
    "identity",
    "image.resize",
    "ones_like",
    "reshape",
    "reverse",
    "squeeze",
    "stack",
    "transpose",
    "zeros_like",
}


def is_harmless(function: object) -> bool:
    """Tell whether a function of TensorFlow computes and does nothing else.

    >>> is_harmless("math.truediv"), is_harmless("io.write_file")
    (True, False)
    """
    name = function if isinstance(function, str) else ""
    return name in _ALSO_HARMLESS or _HARMLESS.fullmatch(name) is not None


def apply(function: str, first: Any, others: dict[str, Any], called: str) -> Any:
    """Compute a function of tensors of Keras 3.

    ``first`` is a tensor, a list of such, or a constant; ``others`` are the function's other
    arguments, by name. The layer that computes it is called ``called``. Raises
    UntranslatableError for what is not known here.
    """
    kind = function.rpartition(".")[2]
    given = {key: value for key, value in others.items() if key != "name"}
    if not is_harmless(function) or kind not in _FUNCTIONS:
        raise UntranslatableError(f"Keras 3 has no equal for tf.{function}")
    try:
        result = _FUNCTIONS[kind](first, **given)
    except TypeError as error:  # arguments that are not foreseen
        raise UntranslatableError(f"tf.{function} with {sorted(given)}") from error
    before = _origins([first, others])
    for identity, operation in _origins(result).items():
        if identity not in before and isinstance(operation, layers.Layer):
            operation.name = called  # one that Keras makes up may be that of another layer
    return result


def _origins(tensors: Any) -> dict[int, Any]:
    """Give what computes tensors, by its identity."""
    operations = [
        one._keras_history.operation  # noqa: SLF001 - where Keras keeps its graph
        for one in keras.tree.flatten(tensors)
        if _is_tensor(one)
    ]
    return {id(operation): operation for operation in operations}


def _is_tensor(value: Any) -> bool:
    return isinstance(value, keras.KerasTensor)


def _constant(value: Any, change: Callable[[float], float] = float) -> Any:
    """Give a number, or one a channel."""
    if isinstance(value, list):
        return [_constant(one, change) for one in value]
    if not isinstance(value, Real):
        raise UntranslatableError("arithmetic with an array")
    return change(float(value))


def _rescale(x: Any, scale: Any, offset: Any) -> Any:
    dtype = keras.backend.standardize_dtype(x.dtype)
    if not keras.backend.is_float_dtype(dtype):
        raise UntranslatableError(f"arithmetic on {dtype} numbers")
    return layers.Rescaling(scale, offset, dtype=dtype)(x)


def _add(x: Any, y: Any) -> Any:
    if _is_tensor(x) and _is_tensor(y):
        return layers.Add(dtype=x.dtype)([x, y])
    tensor, constant = (x, y) if _is_tensor(x) else (y, x)
    return _rescale(tensor, 1.0, _constant(constant))


def _bias_add(x: Any, bias: Any) -> Any:
    return _add(x, bias)


def _subtract(x: Any, y: Any) -> Any:
    if _is_tensor(x) and _is_tensor(y):
        return layers.Subtract(dtype=x.dtype)([x, y])
    if _is_tensor(x):
        return _rescale(x, 1.0, _constant(y, lambda one: -one))
    return _rescale(y, -1.0, _constant(x))


def _multiply(x: Any, y: Any) -> Any:
    if _is_tensor(x) and _is_tensor(y):
        return layers.Multiply(dtype=x.dtype)([x, y])
    tensor, constant = (x, y) if _is_tensor(x) else (y, x)
    return _rescale(tensor, _constant(constant), 0.0)


def _divide(x: Any, y: Any) -> Any:
    if _is_tensor(y):
        return keras.ops.divide(x, y)
    return _rescale(x, _constant(y, lambda one: 1 / one), 0.0)


def _activation(name: str) -> Callable[[Any], Any]:
    def activate(x: Any) -> Any:
        return layers.Activation(name, dtype=x.dtype)(x)

    return activate


def _leaky_relu(x: Any, alpha: float = 0.2) -> Any:
    return layers.LeakyReLU(alpha, dtype=x.dtype)(x)


def _softmax(x: Any, axis: int | None = None) -> Any:
    return layers.Softmax(-1 if axis is None else axis, dtype=x.dtype)(x)


def _concat(tensors: Any, axis: int) -> Any:
    return layers.Concatenate(axis, dtype=tensors[0].dtype)(tensors)


def _mean(x: Any, axis: Any = None, keepdims: bool | None = None) -> Any:
    if len(x.shape) == 4 and axis == [1, 2]:
        pool = layers.GlobalAveragePooling2D(
            data_format="channels_last", keepdims=bool(keepdims), dtype=x.dtype
        )
        return pool(x)
    return keras.ops.mean(x, axis=axis, keepdims=bool(keepdims))


def _reshape(x: Any, shape: Any) -> Any:
    if not isinstance(shape, list) or shape[0] not in (-1, None):
        raise UntranslatableError("tf.reshape across the batch")
    return layers.Reshape(shape[1:], dtype=x.dtype)(x)


def _slice(x: Any, slice_spec: Any) -> Any:
    return x[tuple(map(_part_of_slice, slice_spec))]


def _part_of_slice(part: Any) -> Any:
    if isinstance(part, int):
        return part
    if isinstance(part, dict) and part.get("class_name") == "__ellipsis__":
        return ...
    if isinstance(part, dict) and part.keys() == {"start", "stop", "step"}:
        sizes = [part["start"], part["stop"], part["step"]]
        if all(isinstance(size, int | None) for size in sizes):
            return slice(*sizes)
    raise UntranslatableError("a slice by tensors")


def _identity(x: Any) -> Any:
    return x


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{
        name: _activation(name)
        for name in ("elu", "relu", "relu6", "selu", "sigmoid", "silu", "softplus", "swish", "tanh")
    },
    "add": _add,
    "bias_add": _bias_add,
    "cast": keras.ops.cast,
    "concat": _concat,
    "divide": _divide,
    "getitem": _slice,
    "identity": _identity,
    "leaky_relu": _leaky_relu,
    "mul": _multiply,
    "multiply": _multiply,
    "reduce_mean": _mean,
    "reshape": _reshape,
    "softmax": _softmax,
    "sub": _subtract,
    "subtract": _subtract,
    "truediv": _divide,
}

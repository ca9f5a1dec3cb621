"""The tensors of a model, wherever in it they are, and how many bytes they are of."""

import math
from collections.abc import Iterator
from typing import Any

import onnx
from onnx import TensorProto, helper

_WIDTHS = {"4": 4, "2": 2}
_TEXT = 32
"""How many bytes a runtime keeps for a text, however short it is."""

MOST_AXES = 64
"""More than any runtime has; to multiply the sizes of a million of them takes hours."""

_NAMES = {"attribute", "domain", "input", "name", "op_type", "output", "overload"}
"""Fields by which the parts of a model find one another."""

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


def tensors_in(message: Any) -> Iterator[TensorProto]:
    """Walk all tensors inside a message of ONNX's, by the fields that are set in it.

    No list of places has to be kept that way: of graphs in branches of functions, of sparse
    weights, of attributes, or of what a later version of the format adds. Raises ValueError
    for a name that is no text: readers differ in what they make of it.
    """
    waiting = [message]
    while waiting:
        each = waiting.pop()
        if isinstance(each, TensorProto):
            yield each
        for field, value in each.ListFields():
            if field.name in _NAMES and field.type == field.TYPE_STRING:
                names = [value] if isinstance(value, str | bytes) else value
                strange = next((name for name in names if isinstance(name, bytes)), None)
                if strange is not None:
                    raise ValueError(f"the name {strange!r:.80} is no text")
            elif field.type == field.TYPE_MESSAGE:
                waiting.extend([value] if hasattr(value, "ListFields") else value)


def is_external(tensor: TensorProto) -> bool:
    """Tell whether the numbers of a tensor lie in another file."""
    return bool(tensor.data_location == TensorProto.EXTERNAL or tensor.external_data)


def bits_of(kind: int) -> int:
    """Give how many bits a number of a type of ONNX's takes; 8 for a type that is not known.

    >>> bits_of(TensorProto.FLOAT), bits_of(TensorProto.INT4)
    (32, 4)
    """
    name = TensorProto.DataType.Name(kind) if kind in TensorProto.DataType.values() else ""
    if kind == TensorProto.STRING:
        return 8 * _TEXT
    narrow = next((width for end, width in _WIDTHS.items() if _is_narrow(name, end)), None)
    if narrow is not None:
        return narrow
    try:
        return int(8 * helper.tensor_dtype_to_np_dtype(kind).itemsize)
    except (KeyError, TypeError):
        return 8


def bytes_of(kind: int, sizes: list[int]) -> int:
    """Give how many bytes an array of a type and shape takes."""
    return -(-math.prod(sizes) * bits_of(kind) // 8)


def misfit(tensor: TensorProto) -> str | None:
    """Say how a tensor holds more or less than its shape says, ``None`` where it does not."""
    sizes, kind = list(tensor.dims), tensor.data_type
    if len(sizes) > MOST_AXES:
        return f"has {len(sizes)} axes"
    if min(sizes, default=0) < 0:
        return f"has the shape {_shown(sizes)}"
    if is_external(tensor) or kind == TensorProto.UNDEFINED:
        return None
    if tensor.HasField("raw_data") and kind != TensorProto.STRING:
        held, declared = len(tensor.raw_data), bytes_of(kind, sizes)
    else:
        try:
            field = helper.tensor_dtype_to_field(kind)
        except KeyError:
            return None
        held, declared = len(getattr(tensor, field)), _entries(kind, math.prod(sizes))
    return None if held == declared else f"is of shape {_shown(sizes)}, and holds {held}"


def readable(count: int) -> str:
    """Write a number of bytes as people do.

    >>> readable(2**30), readable(1500)
    ('1 GiB', '1.46 KiB')
    """
    power = min(len(_UNITS) - 1, max(0, (max(count, 1).bit_length() - 1) // 10))
    if count >= 1000 * 1024**power:
        return f"more than 1000 {_UNITS[power]}"
    return f"{count / 1024**power:.3g} {_UNITS[power]}"


def _is_narrow(name: str, end: str) -> bool:
    return name in (f"INT{end}", f"UINT{end}") or (end == "4" and name == "FLOAT4E2M1")


def _entries(kind: int, count: int) -> int:
    """Give how many entries of a list of numbers hold so many of a type."""
    if kind in (TensorProto.COMPLEX64, TensorProto.COMPLEX128):
        return 2 * count
    return -(-count * bits_of(kind) // 8) if bits_of(kind) < 8 else count


def _shown(sizes: list[int]) -> str:
    return f"({', '.join(map(str, sizes[:8]))}{', ...' if len(sizes) > 8 else ''})"


def type_of(tensor: TensorProto) -> onnx.TypeProto:
    """Give the type that a constant has as a value of a graph."""
    return helper.make_tensor_type_proto(tensor.data_type, list(tensor.dims))

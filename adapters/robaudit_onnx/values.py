"""What is known of a value of a graph before anything runs: its type, perhaps its numbers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TypeProto, helper, numpy_helper
from onnx.shape_inference import infer_node_outputs

from robaudit_onnx.graph import attributes_of, input_of
from robaudit_onnx.tensors import bytes_of

Array = npt.NDArray[Any]

FAR_TOO_MANY = 2**40
"""More places than any array has; beyond, what computes with sizes may go wrong itself."""

_LARGEST = 2**62

_MOST_SIZES = 2**10
"""How many numbers an array may have that tells sizes."""

_SIZES = {"ConstantOfShape": 0, "Expand": 1, "Tile": 1}
"""Operators that are told sizes, or how often to repeat, by an input."""

_MICROSOFTS = "com.microsoft"
_SAME = {"Pad", "Range"}
"""Operators of onnxruntime's own that do as the standard ones of the same name."""


@dataclass(frozen=True)
class Value:
    """A value of a graph.

    ``type`` has its sizes where they are known; ``array`` its numbers, where they are and are
    few; ``constant`` says that it does not depend on the input; ``parts`` are the values that
    a sequence has, where that is known.
    """

    type: TypeProto
    array: Array | None = None
    constant: bool = False
    parts: "tuple[Value, ...] | None" = None

    @property
    def sizes(self) -> list[int | None] | None:
        """The size of each axis, ``None`` for an open one; ``None`` where no axis is known."""
        if not self.type.tensor_type.HasField("shape"):
            return None
        return [
            size.dim_value if size.HasField("dim_value") else None
            for size in self.type.tensor_type.shape.dim
        ]

    @property
    def count(self) -> int:
        """How many numbers it has at least; far too many where the sizes are nonsense."""
        known = [size for size in self.sizes or () if size is not None]
        return FAR_TOO_MANY if min(known, default=0) < 0 else math.prod(known)

    @property
    def bytes(self) -> int:
        """How many bytes it takes at least."""
        if self.parts is not None:
            return sum(part.bytes for part in self.parts)
        if self.type.WhichOneof("value") != "tensor_type" or self.sizes is None:
            return 0
        return bytes_of(self.type.tensor_type.elem_type, [self.count])


UNKNOWN = Value(TypeProto())


def of_sizes(kind: int, sizes: Sequence[int | None] | None, *, constant: bool = False) -> Value:
    """Give a value of which no more than type and sizes are known."""
    return Value(helper.make_tensor_type_proto(kind, sizes), constant=constant)


def of_array(array: Any, *, constant: bool = True) -> Value:
    """Give a value of which all is known."""
    array = np.asarray(array)
    if array.dtype.kind in "OSUT":
        return of_sizes(onnx.TensorProto.STRING, array.shape, constant=constant)
    kind = helper.np_dtype_to_tensor_dtype(array.dtype)
    return Value(helper.make_tensor_type_proto(kind, array.shape), array, constant)


def inferred(
    node: onnx.NodeProto, values: Mapping[str, Value], opsets: Sequence[onnx.OperatorSetIdProto]
) -> list[Value]:
    """Tell what a node gives, of which ``values`` are the inputs by name: one value an output."""
    given = [values.get(name, UNKNOWN) for name in node.input if name]
    constant = all(value.constant for value in given)
    if node.op_type in ("Shape", "Size") and given:
        return [_measured(node, given[0])]
    wanted = _told(node, values)
    if wanted is not None:
        return [of_sizes(onnx.TensorProto.UINT8, [wanted], constant=constant)]
    domain = "" if node.domain == _MICROSOFTS and node.op_type in _SAME else node.domain
    version = next((each.version for each in opsets if _usual(each.domain) == _usual(domain)), None)
    try:
        schema = onnx.defs.get_schema(node.op_type, version or 1, _usual(domain))
        types = infer_node_outputs(
            schema,
            _with_domain(node, _usual(domain)),
            {name: values[name].type for name in node.input if name},
            {
                name: numpy_helper.from_array(array)
                for name in node.input
                if name and (array := values[name].array) is not None and array.size <= _MOST_SIZES
            },
            None,
            list(opsets),
        )
    except Exception:  # noqa: BLE001 - a node that is wrong, or of another's, which nobody knows
        types = {}
    return [Value(types.get(name, TypeProto()), constant=constant) for name in node.output]


def _told(node: onnx.NodeProto, values: Mapping[str, Value]) -> int | None:
    """Give how many places an operator is told to make, where that is more than any array has.

    Inference computes in 64 bits, and would come to any number.
    """
    if node.op_type == "Range" and len(node.input) == 3:
        return _length(*(values.get(name, UNKNOWN).array for name in node.input))
    place = _SIZES.get(node.op_type)
    array = None if place is None else values.get(input_of(node, place), UNKNOWN).array
    if array is None or not 0 < array.size <= _MOST_SIZES or array.min() <= 0:
        return None
    total = math.prod(map(int, array.ravel()))
    return min(total, _LARGEST) if total > FAR_TOO_MANY else None


def _length(start: Array | None, limit: Array | None, delta: Array | None) -> int | None:
    if start is None or limit is None or delta is None:
        return None
    try:
        count = (float(limit.ravel()[0]) - float(start.ravel()[0])) / float(delta.ravel()[0])
        return min(int(count), _LARGEST) if count > FAR_TOO_MANY else None
    except (ArithmeticError, IndexError, TypeError, ValueError):
        return None


def _measured(node: onnx.NodeProto, value: Value) -> Value:
    """Tell what Shape or Size give, which do not need the numbers of what they measure."""
    sizes = value.sizes
    if sizes is None or None in sizes:
        rank = None if sizes is None or node.op_type == "Size" else len(sizes)
        return of_sizes(onnx.TensorProto.INT64, [rank] if node.op_type == "Shape" else [])
    if node.op_type == "Size":
        return of_array(np.array(min(value.count, FAR_TOO_MANY), np.int64))
    attributes = attributes_of(node)
    part = sizes[attributes.get("start", 0) : attributes.get("end", len(sizes))]
    return of_array(np.array(part, np.int64))


def _usual(domain: str) -> str:
    return "" if domain == "ai.onnx" else domain


def _with_domain(node: onnx.NodeProto, domain: str) -> onnx.NodeProto:
    if node.domain == domain:
        return node
    copy = onnx.NodeProto()
    copy.CopyFrom(node)
    copy.domain = domain
    return copy

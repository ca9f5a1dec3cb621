"""The little numbers that shapes are made of, computed before anything of a model runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

from robaudit_onnx.values import Array, Value, of_array

_MOST = 2**18
"""How many numbers an array may have to be computed with."""

_ALWAYS = 2**10
"""Arrays as small as this are computed with, however many there are."""

_MOST_TOGETHER = 2**24

_COMPUTED = {
    *("Abs", "Add", "And", "ArgMax", "ArgMin", "Cast", "CastLike", "Ceil", "Clip", "Concat"),
    *("ConstantOfShape", "CumSum", "Div", "Equal", "Expand", "Flatten", "Floor", "Gather"),
    *("GatherElements", "GatherND", "Greater", "GreaterOrEqual", "Identity", "Less"),
    *("LessOrEqual", "Max", "Mean", "Min", "Mod", "Mul", "Neg", "NonZero", "Not", "OneHot", "Or"),
    *("Pow", "Range", "Reciprocal", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd"),
    *("ReduceSum", "Reshape", "Round", "ScatterElements", "ScatterND", "Sign", "Slice", "Split"),
    *("Sqrt", "Squeeze", "Sub", "Sum", "Tile", "Transpose", "Trilu", "Unsqueeze", "Where", "Xor"),
}
"""Operators that take no more room than what they read and give."""

_SLOW = {"CumSum", "GatherElements", "GatherND", "OneHot", "ScatterElements", "ScatterND", "Trilu"}
"""Of these, those that go from number to number here."""


@dataclass
class Calculator:
    """Computes small arrays, and keeps count of how much it has computed."""

    opsets: Mapping[str, int]
    used: int = 0

    def allows(self, count: int) -> bool:
        """Tell whether an array of so many numbers may be read, or computed."""
        return count <= _ALWAYS or (count <= _MOST and self.used + count <= _MOST_TOGETHER)

    def computed(
        self, node: onnx.NodeProto, arrays: Mapping[str, Array | None], outputs: Sequence[Value]
    ) -> list[Value]:
        """Add to what is known of a node's outputs their numbers, where these are few.

        ``arrays`` are its inputs by name. Whatever is not sure to stay small is left as it is.
        """
        counts = [_most(node, value, arrays) for value in outputs]
        read = sum(array.size for array in arrays.values() if array is not None)
        total = read + sum(count or 0 for count in counts)
        plain = node.domain in ("", "ai.onnx") and node.op_type in _COMPUTED
        slow = node.op_type in _SLOW and total > _ALWAYS
        if not plain or slow or None in counts or not self.allows(total):
            return list(outputs)
        self.used += total
        try:
            with np.errstate(all="ignore"):
                run = ReferenceEvaluator(node, opsets=dict(self.opsets)).run(None, dict(arrays))
        except Exception:  # noqa: BLE001 - of a node that is wrong, which the runtime will say
            return list(outputs)
        return [
            of_array(array, constant=value.constant)
            for array, value in zip(run, outputs, strict=False)
        ]


def _most(node: onnx.NodeProto, value: Value, arrays: Mapping[str, Array | None]) -> int | None:
    """Give how many numbers an output can have; ``None`` where nobody knows."""
    if value.array is not None:
        return None
    if node.op_type == "NonZero":
        return sum(array.size * array.ndim for array in arrays.values() if array is not None)
    return None if value.sizes is None or None in value.sizes else value.count

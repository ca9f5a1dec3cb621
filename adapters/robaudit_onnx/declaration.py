"""What an ONNX file says of the pixels that it takes, beside its graph and in it."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
import onnx
from onnx import TensorProto, helper

from robaudit.types import Declaration
from robaudit_onnx.graph import SHAPE_ONLY, attributes_of, constant_tensors, input_of, number_of

_RANGES = {
    "NominalRange_0_255": (0.0, 255.0),
    "Normalized_0_1": (0.0, 1.0),
    "Normalized_1_1": (-1.0, 1.0),
    "NominalRange_16_235": (16.0, 235.0),
}
"""What ``Image.NominalPixelRange`` may say in the metadata, by the standard."""

_DIGITS = 6
"""A step of 1/255 is kept in single precision: no more of the ends of a range is meant."""


def declaration_of(model: onnx.ModelProto, input_name: str) -> Declaration | None:
    """Read what a model says of its input in its metadata, and in how it quantises what it gets.

    The second is asked only for what the first do not say. Gamma and the denotations of
    dimensions are not looked at: the one is hardly ever true, and the others say nothing
    that shapes do not.
    """
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    pixel_format = metadata.get("Image.BitmapPixelFormat", "")[:3].lower()
    channels: Literal["rgb", "bgr"] | None = None
    if pixel_format in ("rgb", "bgr"):
        channels = "bgr" if pixel_format == "bgr" else "rgb"
    said, quantised = _RANGES.get(metadata.get("Image.NominalPixelRange", "")), None
    if said is None:
        quantised = _quantised_range(model.graph, input_name)
    sources = [
        source
        for source, found in (
            ("Image.BitmapPixelFormat in its metadata", channels),
            ("Image.NominalPixelRange in its metadata", said),
            ("the QuantizeLinear of its input", quantised),
        )
        if found is not None
    ]
    if not sources:
        return None
    return Declaration(" and ".join(sources), input_range=said or quantised, channels=channels)


def _quantised_range(graph: onnx.GraphProto, input_name: str) -> tuple[float, float] | None:
    """Give the lowest and the highest number that is left of an input that is quantised at once.

    Where several operators read the input, and do so in different ways, or where scale and
    zero point are not constant, there is none.
    """
    tensors = constant_tensors(graph)
    same, ranges = {input_name}, set()
    for node in graph.node:
        if not same & set(node.input):
            continue
        if node.op_type in SHAPE_ONLY - {"Cast", "CastLike"}:
            same.update(node.output)
        elif node.op_type == "QuantizeLinear" and node.input[0] in same:
            ranges.add(_representable(node, tensors))
        else:
            return None
    return ranges.pop() if len(ranges) == 1 else None


def _representable(
    node: onnx.NodeProto, tensors: Mapping[str, TensorProto]
) -> tuple[float, float] | None:
    """Give the ends of what a QuantizeLinear can represent."""
    scale = number_of(tensors, input_of(node, 1))
    zero = number_of(tensors, input_of(node, 2), default=0.0)
    tensor = tensors.get(input_of(node, 2))
    code = tensor.data_type if tensor else attributes_of(node).get("output_dtype")
    kind = helper.tensor_dtype_to_np_dtype(code or TensorProto.UINT8)
    if not scale or zero is None or not np.issubdtype(kind, np.integer):
        return None
    lowest, highest = np.iinfo(kind).min, np.iinfo(kind).max
    low, high = ((end - zero) * scale for end in (lowest, highest))
    return float(f"{low:.{_DIGITS}g}"), float(f"{high:.{_DIGITS}g}")

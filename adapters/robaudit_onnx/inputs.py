"""Which input of a graph takes the image, and of what shape."""

from pathlib import Path

import onnx

from robaudit import OpenOptions
from robaudit.errors import NotAuditableError, UsageError
from robaudit.opening import possible_shapes
from robaudit_onnx.graph import all_nodes
from robaudit_onnx.tensors import MOST_AXES


def only_input(model: onnx.ModelProto, path: Path) -> onnx.ValueInfoProto:
    """Find the one input that is no weight and is used; drop the others from the graph.

    Old files list their weights as inputs too, which keeps onnxruntime from
    treating them as constants.
    """
    weights = {tensor.name for tensor in model.graph.initializer}
    used = {name for node in all_nodes(model.graph) for name in node.input}
    inputs = [v for v in model.graph.input if v.name not in weights and v.name in used]
    if len(inputs) != 1:
        listed = ", ".join(f"{v.name} {_shown(v)}" for v in inputs)
        raise NotAuditableError(
            f"{path} has {len(inputs)} inputs" + (f": {listed}" if listed else ""),
            expected="one, the image",
        )
    if inputs[0].type.WhichOneof("value") != "tensor_type":
        kind = str(inputs[0].type.WhichOneof("value")).removesuffix("_type").replace("_", " ")
        raise NotAuditableError(
            f"{path}: its input {inputs[0].name} is no tensor but a value of type {kind}",
            expected="a tensor, the image",
        )
    only = onnx.ValueInfoProto()
    only.CopyFrom(inputs[0])
    del model.graph.input[:]
    model.graph.input.append(only)
    # Up to IR version 3 weights had to be inputs; version 4 changed just that.
    model.ir_version = max(model.ir_version, 4)
    return only


def input_shapes(
    value: onnx.ValueInfoProto, options: OpenOptions, path: Path
) -> tuple[int | None, list[tuple[int, ...]]]:
    """Give the batch that the graph insists on, if any, and what one input's shape may be.

    Sizes that the graph leaves open come from the user, or else from the data.
    """
    tensor = value.type.tensor_type
    sizes = [dim.dim_value if dim.dim_value > 0 else None for dim in tensor.shape.dim]
    if not 2 <= len(sizes) <= MOST_AXES:
        raise NotAuditableError(
            f"{path} takes an input of shape {_shown(value)}",
            expected="a batch of images, such as (N, 3, 32, 32)",
        )
    batch, declared = sizes[0], sizes[1:]
    fitting = possible_shapes(options, declared)
    if not fitting:
        wanted = options.input_shape or (options.spec and options.spec.shape)
        raise UsageError(
            f"{path} takes an input of shape {_shown(value)}"
            + (f", which {wanted} does not fit" if wanted else ""),
            expected="all sizes but the first",
            advice="Give them, e.g. `input_shape=(3, 224, 224)`.",
        )
    return batch, fitting


def _shown(value: onnx.ValueInfoProto) -> str:
    dims = value.type.tensor_type.shape.dim
    if len(dims) > MOST_AXES:
        return f"of {len(dims)} axes"
    return "(" + ", ".join(str(d.dim_value or d.dim_param or "?") for d in dims) + ")"

"""A graph that computes points on rays and runs a model on them, all in one.

    points = clip(samples[sample] + distance * directions[direction], low, high)

Banks of samples and directions stay where the model runs; only their rows'
numbers and the distances go in, and only scores come out.
"""

from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from robaudit.types import Bound, FloatArray
from robaudit_onnx.graph import names_taken
from robaudit_onnx.runtime import Runner

_CLIP_TAKES_INPUTS = 11
_MAX_BROADCASTS = 8


@dataclass(frozen=True)
class RayInputs:
    """Names of the inputs of such a graph.

    ``samples`` and ``directions`` are banks (n, D) of float32; ``sample`` and
    ``direction`` (n,) are rows of them in int32, ``distance`` (n, 1) is float32.
    """

    samples: str
    directions: str
    sample: str
    direction: str
    distance: str


@dataclass(frozen=True)
class Box:
    """Where points are clipped to: ``low`` and ``high`` (D,) float32, infinite for no clipping."""

    low: FloatArray
    high: FloatArray

    @property
    def is_infinite(self) -> bool:
        """Tell whether nothing is clipped."""
        return bool((self.low == -np.inf).all() and (self.high == np.inf).all())

    @property
    def is_uniform(self) -> bool:
        """Tell whether all pixels have the same bounds."""
        return bool((self.low == self.low[0]).all() and (self.high == self.high[0]).all())


def make_box(low: Bound, high: Bound, shape: tuple[int, ...]) -> Box:
    """Spread bounds, numbers or arrays of ``shape``, over the pixels of one input."""
    low, high = (np.broadcast_to(np.asarray(b, np.float32), shape).ravel() for b in (low, high))
    return Box(low, high)


def with_rays(
    model: onnx.ModelProto, runner: Runner, shape: tuple[int, ...], box: Box
) -> tuple[onnx.ModelProto, RayInputs]:
    """Copy the model that ``runner`` runs, fed with points on rays instead of its input.

    ``shape`` is that of one input. Points are computed in float32, operation by
    operation as NumPy does it, then brought to the model's type. Only operators of
    the model's own opset are used. Raises KeyError for a model that imports no
    standard operators.
    """
    fused = onnx.ModelProto()
    fused.CopyFrom(model)
    graph = fused.graph
    prefix = _free_prefix(graph)
    inputs = RayInputs(
        *(
            f"{prefix}{name}"
            for name in ("samples", "directions", "sample", "direction", "distance")
        )
    )
    opset = {opset.domain or "ai.onnx": opset.version for opset in model.opset_import}["ai.onnx"]
    points, constants = _points(prefix, inputs, box, opset)
    constants[f"{prefix}shape"] = np.array([-1, *shape])
    kind = helper.np_dtype_to_tensor_dtype(runner.dtype)
    points += [
        helper.make_node("Cast", [points[-1].output[0]], [f"{prefix}cast"], to=kind),
        helper.make_node("Reshape", [f"{prefix}cast", f"{prefix}shape"], [runner.input_name]),
    ]
    nodes = [*points, *graph.node]
    outputs = [output for output in graph.output if output.name == runner.output_name]
    del graph.node[:], graph.input[:], graph.output[:]
    graph.node.extend(nodes)
    graph.input.extend(_declared(inputs, len(box.low)))
    graph.output.extend(outputs)
    graph.initializer.extend(numpy_helper.from_array(a, name) for name, a in constants.items())
    return fused, inputs


def _points(
    prefix: str, inputs: RayInputs, box: Box, opset: int
) -> tuple[list[onnx.NodeProto], dict[str, np.ndarray]]:
    """Make the operators whose last gives the points (n, D), and the constants they need."""
    gathered, scaled, start, moved = (
        f"{prefix}{name}" for name in ("gathered", "scaled", "start", "moved")
    )
    nodes = [
        helper.make_node("Gather", [inputs.directions, inputs.direction], [gathered], axis=0),
        helper.make_node("Mul", [gathered, inputs.distance], [scaled]),
        helper.make_node("Gather", [inputs.samples, inputs.sample], [start], axis=0),
        helper.make_node("Add", [scaled, start], [moved]),
    ]
    low, high, above, clipped = (f"{prefix}{name}" for name in ("low", "high", "above", "clipped"))
    if box.is_infinite:
        return nodes, {}
    if box.is_uniform and opset < _CLIP_TAKES_INPUTS:
        ends = float(box.low[0]), float(box.high[0])
        nodes.append(helper.make_node("Clip", [moved], [clipped], min=ends[0], max=ends[1]))
        return nodes, {}
    if box.is_uniform:
        nodes.append(helper.make_node("Clip", [moved, low, high], [clipped]))
        return nodes, {low: box.low[0], high: box.high[0]}
    constants = {low: box.low[None], high: box.high[None]}
    if opset < _MAX_BROADCASTS:  # zeros for each ray, to which bounds can be added
        zero, zeros = f"{prefix}zero", f"{prefix}zeros"
        constants[zero] = np.zeros((1, 1), dtype=np.float32)
        nodes.append(helper.make_node("Mul", [inputs.distance, zero], [zeros]))
        nodes += [helper.make_node("Add", [zeros, b], [f"{b}_each"]) for b in (low, high)]
        low, high = f"{low}_each", f"{high}_each"
    nodes.append(helper.make_node("Max", [moved, low], [above]))
    nodes.append(helper.make_node("Min", [above, high], [clipped]))
    return nodes, constants


def _declared(inputs: RayInputs, dimension: int) -> list[onnx.ValueInfoProto]:
    """Declare the inputs of a graph over inputs of ``dimension`` numbers."""
    index, single = TensorProto.INT32, TensorProto.FLOAT
    return [
        helper.make_tensor_value_info(inputs.samples, single, [None, dimension]),
        helper.make_tensor_value_info(inputs.directions, single, [None, dimension]),
        helper.make_tensor_value_info(inputs.sample, index, [None]),
        helper.make_tensor_value_info(inputs.direction, index, [None]),
        helper.make_tensor_value_info(inputs.distance, single, [None, 1]),
    ]


def _free_prefix(graph: onnx.GraphProto) -> str:
    """Find what no name in a graph begins with."""
    names = names_taken(graph)
    prefix = "ray_"
    while any(name.startswith(prefix) for name in names):
        prefix += "_"
    return prefix

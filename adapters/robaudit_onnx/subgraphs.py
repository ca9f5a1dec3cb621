"""What If, Loop and Scan give, by the graphs inside them: as `made_sizes` walks them."""

from collections.abc import MutableMapping, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
import onnx
from onnx import TypeProto

from robaudit_onnx.graph import attributes_of, input_of
from robaudit_onnx.values import UNKNOWN, Value, of_array, of_sizes

_ROUNDS = 64
"""How often the body of a loop is gone through, until nothing changes any more."""

Known = MutableMapping[str, Value]


class Walk(Protocol):
    """What walks a graph: see `made_sizes`."""

    folded: int

    @property
    def tired(self) -> bool:
        """Whether loops are to be gone through only once."""

    def graph(self, graph: onnx.GraphProto, known: Known) -> None:
        """Walk a graph, and add what it makes to what is known."""

    def inside(self, graph: onnx.GraphProto, known: Known, given: Sequence[Value]) -> list[Value]:
        """Walk the graph inside a node, with what it is given; give its outputs."""

    def refuse(self, what: str, size: int) -> None:
        """Raise NotAuditableError where something takes more bytes than it may."""


def control_flow(walk: Walk, node: onnx.NodeProto, known: Known) -> list[Value]:
    """Walk the graphs inside a node, and tell what the node gives."""
    graphs = {each.name: each.g for each in node.attribute if each.HasField("g")}
    if node.op_type == "If":
        return _either(walk, node, known, graphs)
    body = graphs.get("body")
    if body is not None and node.op_type in ("Loop", "Scan"):
        return (_loop if node.op_type == "Loop" else _scan)(walk, node, known, body)
    for graph in graphs.values():
        walk.inside(graph, known, [])
    return []


def _either(
    walk: Walk, node: onnx.NodeProto, known: Known, graphs: dict[str, onnx.GraphProto]
) -> list[Value]:
    """Give what the branch that is taken gives; where that is not known, the larger of two."""
    branches = {name: walk.inside(graph, known, []) for name, graph in graphs.items()}
    condition = known.get(input_of(node, 0), UNKNOWN).array
    if condition is not None and condition.size == 1:
        return branches.get("then_branch" if condition.ravel()[0] else "else_branch", [])
    pairs = zip(*branches.values(), strict=False)
    return [replace(max(pair, key=lambda value: value.bytes), array=None) for pair in pairs]


def _loop(walk: Walk, node: onnx.NodeProto, known: Known, body: onnx.GraphProto) -> list[Value]:
    """Go through a loop until it ends, or changes nothing any more; then through its last round."""
    inputs = [known.get(name, UNKNOWN) for name in node.input]
    trips = _number(inputs[0]) if inputs else None
    carried = [replace(value, constant=False) for value in inputs[2:]]
    folded, before, rounds = walk.folded, carried, 0
    scanned: list[Value] = []
    ended = False
    while not (ended or rounds in {trips, _ROUNDS} or (rounds and walk.tired)):
        walk.folded = folded
        before = carried
        outputs = _round(walk, body, known, rounds, carried)
        carried, scanned = outputs[1 : 1 + len(carried)], outputs[1 + len(carried) :]
        rounds += 1
        ended = outputs[:1] != [] and _number(outputs[0]) == 0
        if _same(before, carried):
            break
    left = 0 if ended or trips is None else trips - rounds
    for value, last in zip(carried, before, strict=False):
        grown = value.bytes + left * max(0, value.bytes - last.bytes)
        walk.refuse(f"what {node.op_type} {node.name!r:.80} carries on", grown)
    if left and not walk.tired:
        walk.folded = folded
        _round(walk, body, known, rounds + left - 1, carried)
    times = trips if left or trips == rounds else rounds if ended else None
    if left and not _same(before, carried):
        carried = [Value(_without_sizes(value.type)) for value in carried]
    return [*carried, *(_repeated(walk, node, value, times, 0) for value in scanned)]


def _round(
    walk: Walk, body: onnx.GraphProto, known: Known, number: int, carried: Sequence[Value]
) -> list[Value]:
    counted = of_array(np.array(number, np.int64), constant=False)
    going_on = of_array(np.array(True), constant=False)
    return walk.inside(body, known, [counted, going_on, *carried])


def _scan(walk: Walk, node: onnx.NodeProto, known: Known, body: onnx.GraphProto) -> list[Value]:
    """Go through the body of a Scan once: what it carries on keeps its shape."""
    attributes = attributes_of(node)
    inputs = [known.get(name, UNKNOWN) for name in node.input]
    several = min(max(0, attributes.get("num_scan_inputs", 0)), len(inputs))
    states = [replace(value, array=None, constant=False) for value in inputs[: -several or None]]
    axes = attributes.get("scan_input_axes") or [0] * several
    slices, times = [], None
    for value, axis in zip(inputs[len(states) :], axes, strict=False):
        sizes = value.sizes
        if sizes and -len(sizes) <= axis < len(sizes):
            times = sizes.pop(axis)
            slices.append(of_sizes(value.type.tensor_type.elem_type, sizes))
        else:
            slices.append(UNKNOWN)
    outputs = walk.inside(body, known, [*states, *slices])
    scanned = outputs[len(states) :]
    places = attributes.get("scan_output_axes") or [0] * len(scanned)
    return [
        *outputs[: len(states)],
        *(
            _repeated(walk, node, value, times, axis)
            for value, axis in zip(scanned, places, strict=False)
        ),
    ]


def _repeated(
    walk: Walk, node: onnx.NodeProto, value: Value, times: int | None, axis: int
) -> Value:
    """Give what a value becomes that is stacked once a round."""
    sizes = value.sizes
    walk.refuse(f"what {node.op_type} {node.name!r:.80} stacks", value.bytes * (times or 1))
    if sizes is None:
        return Value(_without_sizes(value.type))
    sizes.insert(axis if axis >= 0 else len(sizes) + 1 + axis, times)
    return of_sizes(value.type.tensor_type.elem_type, sizes)


def _number(value: Value) -> int | None:
    array = value.array
    return int(array.ravel()[0]) if array is not None and array.size == 1 else None


def _same(first: Sequence[Value], second: Sequence[Value]) -> bool:
    return len(first) == len(second) and all(
        a.type == b.type
        and (a.array is None) == (b.array is None)
        and (a.array is None or b.array is None or np.array_equal(a.array, b.array))
        for a, b in zip(first, second, strict=True)
    )


def _without_sizes(kind: TypeProto) -> TypeProto:
    copy = TypeProto()
    copy.CopyFrom(kind)
    copy.tensor_type.ClearField("shape")
    return copy

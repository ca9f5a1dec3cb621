"""Little ONNX files that would make far more than they are."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

node = helper.make_node
Nodes = Sequence[onnx.NodeProto]
MANY = 2**20


def whole(name: str, *numbers: int) -> onnx.TensorProto:
    """Make a constant of whole numbers, (n,)."""
    return numpy_helper.from_array(np.array(numbers, np.int64), name)


def number(name: str, value: object) -> onnx.NodeProto:
    """Make a node that gives one number."""
    return node("Constant", [], [name], value=numpy_helper.from_array(np.array(value)))


def classifier(
    nodes: Nodes,
    constants: Sequence[onnx.TensorProto] = (),
    functions: Sequence[onnx.FunctionProto] = (),
    opset: int = 17,
) -> onnx.ModelProto:
    """Make a linear classifier of inputs (N, 4) that adds to its scores the sum of ``bomb``.

    ``nodes`` give what is called so.
    """
    weights = numpy_helper.from_array(np.ones((4, 3), np.float32), "weights")
    last = [
        node("Cast", ["bomb"], ["bomb_as_float"], to=TensorProto.FLOAT),
        node("ReduceSum", ["bomb_as_float"], ["sum"], keepdims=0),
        node("MatMul", ["x", "weights"], ["plain"]),
        node("Add", ["plain", "sum"], ["scores"]),
    ]
    graph = helper.make_graph(
        [*nodes, *last],
        "bomb",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 4])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["N", 3])],
        [weights, *constants],
    )
    domains = [("", opset), *{(function.domain, 1) for function in functions}]
    return helper.make_model(
        graph,
        functions=functions,
        opset_imports=[helper.make_operatorsetid(*pair) for pair in domains],
        ir_version=8,
    )


def ones(name: str, shape: str, value: float = 1.0) -> onnx.NodeProto:
    """Make a node that fills an array of a shape."""
    filled = numpy_helper.from_array(np.array([value], np.float32))
    return node("ConstantOfShape", [shape], [name], value=filled)


def doubled(steps: int, start: str = "start") -> list[onnx.NodeProto]:
    """Make nodes that put an array beside itself, again and again."""
    names = [start, *(f"twice_{step}" for step in range(steps - 1)), "bomb"]
    return [node("Concat", [before] * 2, [after], axis=0) for before, after in pairwise(names)]


def graph_of(nodes: Nodes, inputs: Sequence[onnx.ValueInfoProto], *outputs: str) -> onnx.GraphProto:
    """Make a graph that lies inside a node."""
    given = [onnx.ValueInfoProto(name=name) for name in outputs]
    return helper.make_graph(nodes, "inner", inputs, given)


def body(nodes: Nodes, *outputs: str, carried: int = 1) -> onnx.GraphProto:
    """Make the body of a loop: it carries ``state`` on."""
    states = ["state"][:carried]
    inputs = [
        helper.make_tensor_value_info("round", TensorProto.INT64, []),
        helper.make_tensor_value_info("going", TensorProto.BOOL, []),
        *(onnx.ValueInfoProto(name=name) for name in states),
    ]
    going_on = node("Identity", ["going"], ["going_on"])
    return graph_of([going_on, *nodes], inputs, "going_on", *outputs)


def _through(operator: str, *inputs: str, **settings: Any) -> onnx.NodeProto:
    return node(operator, list(inputs), ["bomb"], **settings)


def _function(name: str, inner: Nodes) -> onnx.FunctionProto:
    opsets = [helper.make_operatorsetid("", 17), helper.make_operatorsetid("own", 1)]
    return helper.make_function("own", name, ["a"], ["b"], inner, opsets)


def calls_that_double(steps: int) -> onnx.ModelProto:
    """Make functions that each call the next one twice."""
    functions = [
        _function(
            f"f{step}",
            [
                node(f"f{step + 1}", ["a"], ["c"], domain="own"),
                node(f"f{step + 1}", ["c"], ["b"], domain="own"),
            ],
        )
        for step in range(steps)
    ]
    functions.append(_function(f"f{steps}", [node("Neg", ["a"], ["b"])]))
    return classifier([_through("f0", "x", domain="own")], functions=functions)


def call_of_itself() -> onnx.ModelProto:
    """Make a function that calls itself."""
    function = _function("f", [node("f", ["a"], ["b"], domain="own")])
    return classifier([_through("f", "x", domain="own")], functions=[function])


def _in_function() -> onnx.ModelProto:
    inside = [
        node("Constant", [], ["size"], value=whole("", MANY, MANY)),
        node("ConstantOfShape", ["size"], ["big"]),
        node("ReduceSum", ["big"], ["total"], keepdims=0),
        node("Add", ["a", "total"], ["b"]),
    ]
    outer = _function("outer", [node("inner", ["a"], ["b"], domain="own")])
    functions = [outer, _function("inner", inside)]
    return classifier([_through("outer", "x", domain="own")], functions=functions)


def _in_branch() -> onnx.ModelProto:
    inside = [node("Expand", ["one", "size"], ["big"])]
    small = [node("Identity", ["one"], ["small"])]
    branches = {"then_branch": graph_of(inside, [], "big")}
    branches |= {"else_branch": graph_of(small, [], "small")}
    choice = [number("one", np.float32(1)), number("taken", np.bool_(False))]
    constants = [whole("size", MANY, MANY)]
    return classifier([*choice, _through("If", "taken", **branches)], constants)


def _loop(times: int, inner: onnx.GraphProto, first: onnx.NodeProto) -> onnx.ModelProto:
    start = [number("times", np.int64(times)), number("true", np.bool_(True)), first]
    return classifier([*start, _through("Loop", "times", "true", "state", body=inner)])


def _loop_that_doubles() -> onnx.ModelProto:
    inner = body([node("Concat", ["state", "state"], ["grown"], axis=0)], "grown")
    return _loop(40, inner, number("state", np.ones(1, np.float32)))


def _loop_that_counts() -> onnx.ModelProto:
    """Make a loop whose last round of many makes an array of as many places."""
    nodes = [
        number("axes", np.array([0], np.int64)),
        node("Unsqueeze", ["round", "axes"], ["size"]),
        ones("made", "size"),
        node("ReduceSum", ["made"], ["next"], keepdims=0),
    ]
    return _loop(2**35, body(nodes, "next"), number("state", np.float32(1)))


def _loop_that_grows() -> onnx.ModelProto:
    nodes = [node("Concat", ["state", "row"], ["grown"], axis=0)]
    row = number("row", np.ones(1024, np.float32))
    return _loop(2**22, body([row, *nodes], "grown"), number("state", np.ones(1, np.float32)))


def _loop_that_stacks() -> onnx.ModelProto:
    inner = body([number("row", np.ones(1024, np.float32))], "row", carried=0)
    start = [number("times", np.int64(2**22)), number("true", np.bool_(True))]
    return classifier([*start, _through("Loop", "times", "true", body=inner)])


def _scan() -> onnx.ModelProto:
    inside = [node("Expand", ["slice", "size"], ["wide"])]
    inner = graph_of(inside, [onnx.ValueInfoProto(name="slice")], "wide")
    start = [number("many", np.ones(MANY // 16, np.float32))]
    scan = _through("Scan", "many", body=inner, num_scan_inputs=1)
    return classifier([*start, scan], [whole("size", MANY // 16)])


def _many_that_stay() -> onnx.ModelProto:
    """Make constants of which each is small enough, and all are needed at once."""
    made = [ones(f"part_{each}", "size") for each in range(64)]
    joined = node("Sum", [f"part_{each}" for each in range(64)], ["bomb"])
    return classifier([*made, joined], [whole("size", 2**25)])


def _sequences(*, stacked: bool) -> onnx.ModelProto:
    """Make a tower of which each step goes through a sequence of ten of the one below."""
    nodes = [node("SequenceEmpty", [], ["none"])]
    names = ["x", *(f"joined_{step}" for step in range(12)), "bomb"]
    for step, (before, after) in enumerate(pairwise(names)):
        nodes += [
            node("SequenceConstruct", [before] * 9, [f"held_{step}"]),
            node("SequenceInsert", [f"held_{step}", before], [f"more_{step}"]),
            node("ConcatFromSequence", [f"more_{step}"], [after], axis=0, new_axis=int(stacked)),
        ]
    return classifier(nodes)


def _sparse() -> onnx.ModelProto:
    values = numpy_helper.from_array(np.ones(1, np.float32), "bomb")
    sparse = helper.make_sparse_tensor(values, whole("places", 0), [2**40])
    model = classifier([])
    model.graph.sparse_initializer.append(sparse)
    return model


BOMBS: dict[str, Callable[[], onnx.ModelProto]] = {
    "ConstantOfShape": lambda: classifier([ones("bomb", "s")], [whole("s", MANY, MANY)]),
    "a size beyond 64 bits": lambda: classifier([ones("bomb", "s")], [whole("s", *[MANY] * 4)]),
    "Expand": lambda: classifier(
        [_through("Expand", "w", "s")], [whole("w", 1), whole("s", 2**40)]
    ),
    "Tile": lambda: classifier([_through("Tile", "w", "s")], [whole("w", 1), whole("s", 2**40)]),
    "Tile beyond 64 bits": lambda: classifier(
        [_through("Tile", "w", "s")], [whole("w", 1, 1, 1, 1), whole("s", 2**62 + 1)]
    ),
    "Range": lambda: classifier(
        [
            *(
                number(name, np.int64(value))
                for name, value in zip("lhs", (0, 2**40, 1), strict=True)
            ),
            _through("Range", "l", "h", "s"),
        ]
    ),
    "Pad": lambda: classifier([_through("Pad", "w", "s")], [whole("w", 1), whole("s", 0, 2**40)]),
    "Resize": lambda: classifier(
        [
            ones("image", "s"),
            number("scales", np.array([1, 1, 2**18, 2**18], np.float32)),
            _through("Resize", "image", "", "scales", mode="nearest"),
        ],
        [whole("s", 1, 1, 4, 4)],
    ),
    "OneHot": lambda: classifier(
        [number("depth", np.int64(2**40)), _through("OneHot", "w", "depth", "pair")],
        [whole("w", 1), whole("pair", 0, 1)],
    ),
    "ConvTranspose": lambda: classifier(
        [
            ones("image", "s"),
            ones("kernel", "s"),
            _through("ConvTranspose", "image", "kernel", strides=[2**20, 2**20]),
        ],
        [whole("s", 1, 1, 4, 4)],
    ),
    "random numbers": lambda: classifier([_through("RandomNormal", shape=[MANY, MANY])]),
    "a tower": lambda: classifier(doubled(40), [whole("start", 1)]),
    "a product of sums": lambda: classifier(
        [
            ones("many", "s"),
            node("ReduceSum", ["many"], ["count"], keepdims=1),
            node("Cast", ["count"], ["size"], to=TensorProto.INT64),
            node("Mul", ["size", "size"], ["sizes"]),
            ones("bomb", "sizes"),
        ],
        [whole("s", 2**17)],
    ),
    "an outer product": lambda: classifier(
        [ones("row", "s"), ones("column", "t"), _through("MatMul", "column", "row")],
        [whole("s", 1, MANY), whole("t", MANY, 1)],
    ),
    "a function": _in_function,
    "a branch that is not taken": _in_branch,
    "a loop that doubles": _loop_that_doubles,
    "a loop that counts": _loop_that_counts,
    "a loop that grows": _loop_that_grows,
    "a loop that stacks": _loop_that_stacks,
    "a scan": _scan,
    "many that stay": _many_that_stay,
    "a sparse tensor": _sparse,
    "sequences": lambda: _sequences(stacked=False),
    "sequences of more and more axes": lambda: _sequences(stacked=True),
    "the input, expanded": lambda: classifier(
        [_through("Expand", "x", "s")], [whole("s", MANY, 1, MANY, 1, 4)]
    ),
    "the input, multiplied": lambda: classifier(
        [
            node("Shape", ["x"], ["shape"]),
            node("Mul", ["shape", "s"], ["sizes"]),
            _through("Expand", "x", "sizes"),
        ],
        [whole("s", 2**38, 1)],
    ),
}
"""What makes far more of a few bytes than any machine has."""

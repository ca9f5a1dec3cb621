"""What the graph of a SavedModel says of chance and of statistics of the batch."""

import re
from collections.abc import Iterator
from typing import Any

from robaudit.phrases import printable
from robaudit_keras.modes import Modes

_RANDOM = re.compile(
    r"(Stateless|Stateful)?(Random|Truncated|Parameterized|Standard|Uniform)\w*"
    r"|(Stateless)?Multinomial\w*"
)
_MOMENTS = re.compile(r"/moments/mean/reduction_indices$")
_PARTS = re.compile(r"RandomShuffleQueue\w*|StatelessRandomGet\w*")


def modes_of_graph(signature: Any) -> Modes:
    """Look for random numbers, and batch normalisation in training mode, in what a signature runs.

    Functions that it calls are looked into, others that the file has are not.
    """
    random = batch = None
    nodes = list(_nodes(signature.graph.as_graph_def()))
    across = {
        node.name
        for node in nodes
        if node.op == "Const" and _MOMENTS.search(node.name) and 0 in _numbers_in(node)
    }
    for node in nodes:
        if _RANDOM.fullmatch(node.op) and not _PARTS.fullmatch(node.op):
            random = random or f"its graph draws random numbers ({_label(node)})"
        if node.op.startswith("FusedBatchNorm") and node.attr["is_training"].b:
            batch = batch or f"{_label(node)} is in training mode"
        if node.op == "Mean" and across & {name.partition(":")[0] for name in node.input}:
            layer = printable(node.name.partition("/moments/")[0])
            batch = batch or f"{layer} normalises by the mean of the batch (training mode)"
    return Modes(random, batch)


def _numbers_in(node: Any) -> list[int]:
    from tensorflow import make_ndarray  # noqa: PLC0415 - the other backends do without

    numbers: list[int] = make_ndarray(node.attr["value"].tensor).reshape(-1).tolist()
    return numbers


def _label(node: Any) -> str:
    return printable(f"{node.op} {node.name!r}")


def _nodes(graph: Any) -> Iterator[Any]:
    """Walk the nodes of a graph and of the functions that it calls."""
    functions = {function.signature.name: function for function in graph.library.function}
    waiting, seen = list(graph.node), set()
    while waiting:
        node = waiting.pop()
        yield node
        for name in _called(node):
            if name in functions and name not in seen:
                seen.add(name)
                waiting.extend(functions[name].node_def)


def _called(node: Any) -> Iterator[str]:
    yield node.op  # as TensorFlow 1 calls functions
    for value in node.attr.values():
        yield value.func.name
        yield from (function.name for function in value.list.func)

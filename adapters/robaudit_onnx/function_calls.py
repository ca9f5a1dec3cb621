"""What becomes of a model whose functions are put in the place of their calls.

Runtimes do so before they do anything else, and functions that call others twice each double
what there is with every one of them.
"""

from collections.abc import Iterable
from pathlib import Path

import onnx

from robaudit.errors import NotAuditableError
from robaudit_onnx.graph import nodes_within

_MOST_NODES = 200_000
_MOST_BYTES = 2**30

_Name = tuple[str, str, str]
_Size = tuple[int, int]
"""Nodes, and bytes."""


def refuse_endless_functions(model: onnx.ModelProto, path: Path) -> None:
    """Raise NotAuditableError where functions call themselves, or become too many nodes."""
    sizes: dict[_Name, _Size | None] = {}
    functions = {_name(function): function for function in model.functions}

    def size(name: _Name) -> _Size:
        if name in sizes:
            known = sizes[name]
            if known is None:
                raise _refusal(path, f"the function {name[1]!r:.80} calls itself")
            return known
        sizes[name] = None
        function = functions[name]
        sizes[name] = total = with_calls(function.node, function.ByteSize())
        return total

    def with_calls(nodes: Iterable[onnx.NodeProto], held: int) -> _Size:
        count = 0
        for node in nodes_within(nodes):
            count += 1
            called = (node.domain, node.op_type, node.overload)
            if called in functions:
                inner = size(called)
                count, held = count + inner[0], held + inner[1]
        return count, held

    if len(functions) < len(model.functions):
        raise _refusal(path, "two functions have the same name")
    try:
        own = sum(1 for _ in nodes_within(model.graph.node))
        nodes, held = with_calls(model.graph.node, 0)
    except RecursionError as error:
        raise _refusal(path, "functions call one another too deeply") from error
    if nodes > max(_MOST_NODES, own) or held > _MOST_BYTES:
        raise _refusal(path, f"with its functions in the place of their calls it has {nodes} nodes")


def _name(function: onnx.FunctionProto) -> _Name:
    return function.domain, function.name, function.overload


def _refusal(path: Path, found: str) -> NotAuditableError:
    return NotAuditableError(
        f"{path}: {found}",
        expected=f"functions that end, and become at most {_MOST_NODES} nodes",
        advice="Export the model without functions of its own.",
    )

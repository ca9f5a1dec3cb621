"""What a TorchScript program uses, as the graphs say that torch compiled it to."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import torch


def compiled(archive: bytes) -> tuple[list[Any], Any]:
    """Let torch read a program; give all functions that it compiled for that, and the module.

    Functions are methods and hooks of modules and of other classes, and whatever they call.
    """
    unit = torch._C.CompilationUnit()  # noqa: SLF001 - torch.jit.load keeps its own
    module = torch._C.import_ir_module_from_buffer(  # noqa: SLF001
        unit, archive, torch.device("cpu"), {}, False
    )
    return unit.get_functions(), module


def used_by(archive: bytes) -> set[str]:
    """Name the operators of all functions of a program, and in words what is no operator.

    That is objects of classes that are not the program's own, and where the program says of an
    object what torch believes untried: of another class, it would read what lies beside it.
    """
    functions, module = compiled(archive)
    found: set[str] = set()
    taken: dict[str, dict[str, Any]] = defaultdict(dict)
    for function in functions:
        found |= {name for value in function.graph.inputs() for name in _foreign(value.type())}
        for node in nodes_in(function.graph):
            found.add(node.kind())
            for kind in (value.type() for value in node.outputs()):
                found |= {*_foreign(kind), *_believed(node, kind)}
                if node.kind() == "prim::GetAttr":
                    taken[next(node.inputs()).type().annotation_str][node.s("name")] = kind
    return found | set(_exchanged(module, taken))


def nodes_in(block: Any) -> list[Any]:
    """List the nodes of a graph or block, and of the blocks in it."""
    found = []
    for node in block.nodes():
        found.append(node)
        for inner in node.blocks():
            found += nodes_in(inner)
        for name in node.attributeNames():
            if node.kindOf(name) == "g":
                found += nodes_in(node.g(name))
    return found


def _foreign(kind: Any) -> Iterator[str]:
    """Name a type that has to do with classes of libraries, which are not written in graphs."""
    if "torch.classes" in kind.annotation_str:
        yield kind.annotation_str


def _believed(node: Any, kind: Any) -> Iterator[str]:
    """Name where objects come from places whose word for their class torch takes."""
    if not _holds_objects(kind):
        return
    if node.kind() == "prim::unchecked_cast":
        yield f"a cast to {kind.annotation_str}"
    if node.kind() == "prim::Constant":
        yield f"a constant {kind.annotation_str}"
    if node.kind() == "prim::GetAttr" and not _is_object(kind):
        yield f"objects in {kind.annotation_str}"


def _is_object(kind: Any) -> bool:
    return kind.kind() in ("ClassType", "InterfaceType")


def _holds_objects(kind: Any) -> bool:
    if kind.kind() == "FunctionType":
        return False
    return _is_object(kind) or any(map(_holds_objects, kind.containedTypes()))


def _exchanged(held: Any, taken: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Name attributes that are taken from objects, and are not of the class that is declared."""
    for name, kind in taken.get(held._type().annotation_str, {}).items():  # noqa: SLF001
        if _is_object(kind):
            value = held.getattr(name)
            actual = getattr(value, "_type", None)
            if actual is None or not actual().isSubtypeOf(kind):
                yield f"something else as a {kind.annotation_str}"
            else:
                yield from _exchanged(value, taken)

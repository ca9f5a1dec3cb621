"""The child process that is the first to read a stranger's TorchScript.

Reading such a file, torch compiles the source text in it, and runs some of it: the defaults of
arguments, the constants of classes. So it is read here, where nothing can be opened, and
written anew by torch from the graphs that it was compiled to, until that changes nothing any
more: torch writes values, so what is left to be computed by a reader would change. What the
graphs of all functions in that copy use is named to the parent, and only the copy is read there.

Standard input is an archive. Standard output is one line of JSON, ``{"operators": [...]}`` and
then the copy; or ``{"danger": "..."}``, for what it is refused, or ``{"error": "..."}``, what
torch says of a damaged one. As arguments come the limits, bytes and seconds.
"""

import encodings.cp437  # noqa: F401 - for names in archives, as long as it can be opened
import json
import os
import sys
from typing import Any, BinaryIO

import torch

from robaudit.errors import is_out_of_memory
from robaudit_torch.archives import DangerError, read_members
from robaudit_torch.confinement import confine

_TELLING = ("aten::warn", "prim::Print")
"""What only talks to the terminal: left out of the copy."""

_ROUNDS = 5
"""The first leaves out what talks, the second what that needed; the third finds them settled."""


def main(memory: int, seconds: int) -> None:
    """Read, write anew and name, from standard input to standard output."""
    torch.set_num_threads(1)
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as report:
        nowhere = os.open(os.devnull, os.O_RDWR)
        archive = sys.stdin.buffer.read()
        for standard in (0, 1, 2):  # what a script prints stays here
            os.dup2(nowhere, standard)
        try:
            confine(memory=memory, seconds=seconds)
        except OSError as error:
            _answer(report, {"danger": f"cannot be looked at safely here ({error})"})
            return
        try:
            copy = settled_copy(archive)
            _answer(report, {"operators": sorted(operators_in(copy))}, copy)
        except DangerError as danger:
            _answer(report, {"danger": str(danger)})
        except Exception as error:  # noqa: BLE001 - is told
            words = " ".join(str(error).split())
            if is_out_of_memory(error):
                _answer(report, {"danger": f"takes more than {memory} bytes to look at"})
            elif "Unknown builtin op" in words:
                _answer(report, {"danger": f"uses what torch itself does not have ({words:.80})"})
            else:
                _answer(report, {"error": words[:2000]})


def settled_copy(archive: bytes) -> bytes:
    """Let torch write a program that it writes again in the same words after it was read.

    Raises DangerError for one that is not so after a few rounds.
    """
    for _ in range(_ROUNDS):
        before, archive = archive, quiet_copy(archive)
        if _texts(before) == _texts(archive):
            return archive
    raise DangerError("is another program each time it is read")


def _texts(archive: bytes) -> dict[str, bytes]:
    members = read_members(archive)
    return {name.partition("/")[2]: members[name] for name in members if name.endswith(".py")}


def quiet_copy(archive: bytes) -> bytes:
    """Let torch read a program, leave out what it tells the terminal, and write it again."""
    functions, module = _read(archive)
    for function in functions:
        for node in _nodes(function.graph):
            if node.kind() in _TELLING:
                node.destroy()
    copy: bytes = module.save_to_buffer({})
    return copy


def operators_in(archive: bytes) -> set[str]:
    """Name what all functions of a program use: operators, and classes that are not its own.

    Functions are those that torch compiled to read it: methods and hooks of modules and of
    other classes, and whatever they call.
    """
    functions, _ = _read(archive)
    found: set[str] = set()
    for function in functions:
        found |= {name for value in function.graph.inputs() for name in _foreign_types(value)}
        for node in _nodes(function.graph):
            found.add(node.kind())
            found |= {name for value in node.outputs() for name in _foreign_types(value)}
    return found


def _read(archive: bytes) -> tuple[list[Any], Any]:
    """Read a program; give all that torch compiled for that, and the module."""
    unit = torch._C.CompilationUnit()  # noqa: SLF001 - torch.jit.load keeps its own
    module = torch._C.import_ir_module_from_buffer(  # noqa: SLF001
        unit, archive, torch.device("cpu"), {}, False
    )
    return unit.get_functions(), module


def _nodes(block: Any) -> list[Any]:
    """List the nodes of a block, and of those in it."""
    found = []
    for node in block.nodes():
        found.append(node)
        for inner in node.blocks():
            found += _nodes(inner)
        for name in node.attributeNames():
            if node.kindOf(name) == "g":
                found += _nodes(node.g(name))
    return found


def _foreign_types(value: Any) -> list[str]:
    """Name the type of a value, where objects of classes of libraries are part of it.

    ``unchecked_cast`` believes what a file says of a value: to say it of an object of a class
    could make torch read what lies beside that.
    """
    kind = value.type().annotation_str
    if "torch.classes" in kind:
        return [kind]
    if value.node().kind() == "prim::unchecked_cast" and "__torch__" in kind:
        return [f"a cast to {kind}"]
    return []


def _answer(report: BinaryIO, head: dict[str, Any], body: bytes = b"") -> None:
    report.write(json.dumps(head).encode() + b"\n" + body)
    report.flush()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

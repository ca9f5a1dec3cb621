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
import io
import json
import os
import sys
import zipfile
from typing import Any, BinaryIO

import torch

from robaudit.errors import is_out_of_memory
from robaudit_torch.archives import DangerError
from robaudit_torch.confinement import confine
from robaudit_torch.script_graphs import compiled, nodes_in, used_by

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
            _answer(report, {"operators": sorted(used_by(copy))}, copy)
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
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:  # weights are not looked at
        names = [name for name in opened.namelist() if name.endswith(".py")]
        return {name.partition("/")[2]: opened.read(name) for name in names}


def quiet_copy(archive: bytes) -> bytes:
    """Let torch read a program, leave out what it tells the terminal, and write it again."""
    functions, module = compiled(archive)
    for function in functions:
        for node in nodes_in(function.graph):
            if node.kind() in _TELLING:
                node.destroy()
    copy: bytes = module.save_to_buffer({})
    return copy


def _answer(report: BinaryIO, head: dict[str, Any], body: bytes = b"") -> None:
    report.write(json.dumps(head).encode() + b"\n" + body)
    report.flush()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

"""TorchScript: opened only after a child process found that all it does is compute.

No text of a file's is taken for harmless. What torch has to read to see what a program does is
bounded and thinned out (`_rebuilt`), read in a child that can open nothing, and written anew
there; what that copy uses is held against a list of operators, and the copy is what is opened
here. See `robaudit_torch.script_child` and `robaudit_torch.confinement`.
"""

import ast
import io
import json
import os
import pickletools
import re
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import torch

from robaudit_torch.archives import DangerError, read_members, refusal, written
from robaudit_torch.operators import computes

_SECONDS = 120
_MEMORY = 2**31
_COPIES = 6
"""How often a child may hold an archive: as bytes, as tensors, and both of its copy."""

_NEEDED = re.compile(
    r"data\.pkl|constants\.pkl|version|byteorder|(data|constants)/\d+|code/[\w/]+\.py", re.ASCII
)
_GLOBALS = re.compile(
    r"__torch__(?!\.torch\.classes\b)(\.[A-Za-z_]\w*)+"
    r"|torch\.jit\._pickle\.(build_\w+|restore_type_tag|IntList|TensorID)"
    r"|torch\._utils\._rebuild_(tensor|tensor_v2|parameter)"
    r"|torch\.(device|\w+Storage)|collections\.OrderedDict|builtins\.complex",
    re.ASCII,
)
"""What pickles of TorchScript may name: the program's own types, tensors and containers."""

_WRITTEN = re.compile(rb"[\n\x20-\x7e]*")
"""The text of programs: torch escapes all else. Readers differ in what other characters mean."""

_OTHER_WAYS = {"STACK_GLOBAL", "INST", "OBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4", "PERSID"}
"""Ways to name or make objects that torch's own pickles do not use."""

_PLAIN = (ast.Constant, ast.Tuple, ast.List, ast.UnaryOp, ast.USub, ast.Name, ast.Load)
_KEPT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "LANG")
_CHILD = ("-P", "-B", "-W", "ignore", "-m", "robaudit_torch.script_child")
_LONGEST_HEAD = 2**20
_LONGEST_TEXT = 2**23
_SPARE = 2**26


def read_script(path: Path, *, trust: bool) -> Any:
    """Read a TorchScript program.

    Raises UsageError for one that could do more than compute, or whose looking at takes too
    long or too much memory, unless it is trusted, and RuntimeError or what zipfile raises for
    a damaged one.
    """
    if trust:
        return torch.jit.load(path, map_location="cpu")
    try:
        operators, copy = _looked_at(_rebuilt(read_members(path)))
        strange = sorted(name for name in operators if not computes(name))
        if strange:
            raise DangerError(f"uses {_few(strange)}")
        copy = _rebuilt(read_members(copy))
    except DangerError as danger:
        raise refusal(path, danger, "operators that compute") from danger
    return torch.jit.load(io.BytesIO(copy), map_location="cpu")


def _rebuilt(members: dict[str, bytes]) -> bytes:
    """Write anew what torch needs of an archive; raise DangerError for what would run.

    Notes, notes for debuggers and inputs that were traced are left out.
    """
    kept = {}
    if len({name.partition("/")[0] for name in members}) > 1:
        raise DangerError("holds several folders")
    for name, content in members.items():
        inner = str(PurePosixPath(*PurePosixPath(name).parts[1:]))
        if not _NEEDED.fullmatch(inner):
            continue
        if inner.endswith(".pkl"):
            _check_pickle(content)
        elif inner.endswith(".py"):
            _check_text(content)
        kept[f"archive/{inner}"] = content
    return written(kept)


def _check_pickle(content: bytes) -> None:
    """Allow tensors, containers and objects of the program's own types."""
    for operation, argument, _ in pickletools.genops(content):
        name = str(argument).replace(" ", ".") if operation.name == "GLOBAL" else ""
        if operation.name in _OTHER_WAYS or (name and not _GLOBALS.fullmatch(name)):
            raise DangerError(f"holds an object of {name or 'a hidden type'!r:.80}")


def _check_text(content: bytes) -> None:
    """Refuse what torch runs while it reads: its own hooks, defaults and constants of classes.

    This alone proves nothing, since torch reads the text in its own way.
    """
    if b"__setstate__" in content or b"__getstate__" in content:
        raise DangerError("defines how its objects are read or written")
    if len(content) > _LONGEST_TEXT:
        raise DangerError(f"holds {len(content)} bytes of program text")
    if not _WRITTEN.fullmatch(content):
        raise DangerError("holds text that torch does not write")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(content.decode("ascii"))
        computed = [ast.unparse(value) for value in _run_when_read(tree) if not _is_plain(value)]
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise DangerError("holds text that is no TorchScript") from error
    if computed:
        raise DangerError(f"computes {computed[0]!r:.80} when it is read")


def _run_when_read(tree: ast.AST) -> Iterator[ast.expr]:
    """Give the defaults of all functions, and what stands outside of functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield from node.args.defaults
            yield from filter(None, node.args.kw_defaults)
        elif isinstance(node, ast.ClassDef | ast.Module):
            for line in node.body:
                match line:
                    case ast.ClassDef() | ast.FunctionDef() | ast.Pass() | ast.Import():
                        pass  # imports, in files of torch's before 1.4, load nothing
                    case ast.Assign(targets=[ast.Subscript(value=ast.Name(id="__annotations__"))]):
                        pass  # the type of an attribute whose name is no identifier
                    case ast.Assign(value=value) | ast.AnnAssign(value=value):
                        if value is not None:
                            yield value
                    case _:
                        raise DangerError(f"has a {type(line).__name__} outside of functions")


def _is_plain(value: ast.expr) -> bool:
    """Tell whether a value is written out, or is one of the constants kept as tensors."""
    if isinstance(value, ast.Attribute):
        return isinstance(value.value, ast.Name) and value.value.id == "CONSTANTS"
    if isinstance(value, ast.Call):
        return ast.unparse(value.func) == "torch.device" and all(map(_is_plain, value.args))
    return all(isinstance(node, _PLAIN) for node in ast.walk(value))


def _looked_at(archive: bytes) -> tuple[list[str], bytes]:
    """Have a child read an archive; give what it uses, and the copy that the child made.

    Raises DangerError where the child did not end as it should, RuntimeError with the words of
    torch where that cannot read the archive.
    """
    most, largest = _COPIES * len(archive) + _MEMORY, 4 * len(archive) + _SPARE
    with (
        tempfile.TemporaryDirectory(prefix="robaudit-") as folder,
        tempfile.TemporaryFile() as file,
    ):
        file.write(archive)
        file.seek(0)
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        found = {"PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))}
        own = {"HOME": folder, "OMP_NUM_THREADS": "1"}
        with subprocess.Popen(  # noqa: S603 - this program
            [sys.executable, *_CHILD, str(most), str(_SECONDS)],
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=kept | found | own,
        ) as child:
            alarm = threading.Timer(_SECONDS, child.kill)
            alarm.start()
            try:
                answer = child.stdout
                assert answer is not None  # noqa: S101 - it is a pipe
                return _understood(answer.readline(_LONGEST_HEAD), answer.read(largest))
            finally:
                alarm.cancel()
                child.kill()


def _understood(head: bytes, copy: bytes) -> tuple[list[str], bytes]:
    if not head.endswith(b"\n"):
        raise DangerError(f"takes more than {_SECONDS} seconds to look at, or ends what reads it")
    answer = json.loads(head)
    if "danger" in answer:
        raise DangerError(str(answer["danger"]))
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return list(map(str, answer["operators"])), copy


def _few(names: list[str], most: int = 5) -> str:
    """Name the first few, in letters that do nothing to a terminal, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return (
        ", ".join(f"{name.encode('unicode_escape').decode():.80}" for name in names[:most]) + more
    )

"""Exported programs that would run code when they are read, or whose guards would.

Each writer makes a file that leaves a folder at ``trace`` where it is run.
"""

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import torch

from tests.support.torch_files import export
from tests.support.traps import Trap


def edit_program(path: Path, edit: Callable[[str, bytes], bytes], **more: bytes) -> None:
    """Rewrite the members of an exported program, and add some."""
    export(path)
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w") as new:
        for name, content in members.items():
            new.writestr(name, edit(name, content))
        for name, content in more.items():
            new.writestr(f"model/{name}", content)


def pickled_samples(path: Path, trace: Path) -> None:
    buffer = io.BytesIO()
    torch.save(((Trap(trace),), {}), buffer)
    edit_program(path, lambda name, old: buffer.getvalue() if "sample_inputs" in name else old)


def pickled_weight(path: Path, trace: Path) -> None:
    buffer = io.BytesIO()
    torch.save(Trap(trace), buffer)

    def edit(name: str, old: bytes) -> bytes:
        if name.endswith("/weight_0"):
            return buffer.getvalue()
        if name.endswith("weights_config.json"):
            return old.replace(b'"use_pickle": false', b'"use_pickle": true')
        return old

    edit_program(path, edit)


def pickled_constant(path: Path, trace: Path) -> None:
    config = {"config": {"c": {"path_name": "opaque_obj_0", "is_param": False, "use_pickle": True}}}

    def edit(name: str, old: bytes) -> bytes:
        return json.dumps(config).encode() if name.endswith("constants_config.json") else old

    edit_program(path, edit, **{"data/constants/opaque_obj_0": pickle.dumps(Trap(trace))})


def in_graph(path: Path, old: str, new: str) -> None:
    def edit(name: str, content: bytes) -> bytes:
        return content.replace(old.encode(), new.encode()) if "/models/" in name else content

    edit_program(path, edit)


def size_that_is_code(path: Path, trace: Path) -> None:
    code = f"__import__('os').mkdir('{trace}')"
    in_graph(path, "Symbol('s", code + " or Symbol('s")


def operator_that_is_any_function(path: Path, _trace: Path) -> None:
    in_graph(path, "torch.ops.aten.relu.default", "torch.os.mkdir")


def operator_that_reads_files(path: Path, _trace: Path) -> None:
    in_graph(path, "torch.ops.aten.relu.default", "torch.ops.aten.from_file.default")


def operator_that_changes_the_program(path: Path, _trace: Path) -> None:
    in_graph(path, "torch.ops.aten.relu.default", "torch.ops.aten.manual_seed.default")


def operator_of_another_library(path: Path, _trace: Path) -> None:
    in_graph(path, "torch.ops.aten.relu.default", "torch.ops.profiler._record_function_enter.x")


def graph_that_is_there_twice(path: Path, _trace: Path) -> None:
    export(path)
    with zipfile.ZipFile(path, "a") as archive:
        (name,) = [name for name in archive.namelist() if "/models/" in name]
        archive.writestr(name.upper(), archive.read(name))


def name_that_is_code(path: Path, trace: Path) -> None:
    in_graph(path, '"name": "relu"', f'"name": "relu\\nimport os; os.mkdir(\'{trace}\')"')


def guard_that_is_code(path: Path, trace: Path) -> None:
    in_graph(path, '"guards_code": []', f"\"guards_code\": [\"__import__('os').mkdir('{trace}')\"]")


HOSTILE = [
    pickled_samples,
    pickled_weight,
    pickled_constant,
    size_that_is_code,
    operator_that_is_any_function,
    operator_that_reads_files,
    operator_that_changes_the_program,
    operator_of_another_library,
    graph_that_is_there_twice,
    name_that_is_code,
]

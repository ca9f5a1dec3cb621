"""Exported programs (``.pt2``): opened without running what a stranger may have put in.

Reading such a file, torch unpickles tensors that say so, evaluates the sizes in
the graph as Python expressions, and looks operators up by any name. So the file
is read here first: a copy that holds nothing but weights and a graph of ATen
operators is what torch gets to see.
"""

import ast
import io
import json
import re
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

import torch

from robaudit_torch.archives import DangerError, read_members, refusal, written
from robaudit_torch.operators import computes
from robaudit_torch.pickles import names_in_archive, refuse_room

_NAME = re.compile(r"[\w.\-]*")
_OPERATOR = re.compile(r"torch\.ops\.aten\.(\w+)\.\w+")
_OF_SIZES = re.compile(
    r"_operator\.(add|sub|mul|floordiv|truediv|mod|neg|getitem|eq|ne|lt|le|gt|ge)"
    r"|torch\.sym_\w+|math\.(ceil|floor|trunc)"
)
_SYMBOL = re.compile(r"[su]\d+")
_FUNCTIONS = {
    *("Abs", "Add", "And", "CeilToInt", "CleanDiv", "Eq", "Equality", "Float", "FloatTrueDiv"),
    *("FloorDiv", "FloorToInt", "GreaterThan", "IntTrueDiv", "Integer", "LessThan", "Max", "Min"),
    *("Mod", "Mul", "Ne", "Not", "Or", "Pow", "PowByNatural", "PythonMod", "Rational"),
    *("StrictGreaterThan", "StrictLessThan", "Symbol", "TruncToInt", "Unequality"),
}
_SYNTAX = (
    *(ast.Expression, ast.Call, ast.keyword, ast.BinOp, ast.UnaryOp, ast.Compare),
    *(ast.operator, ast.unaryop, ast.cmpop, ast.expr_context),
)
_TREE = re.compile(r"[\w\s.\-\[\]{}\",:\\]*")
_TREE_TYPES = {None, "builtins.tuple", "builtins.list", "builtins.dict"}


def read_program(path: Path, *, trust: bool) -> Any:
    """Read an exported program.

    Raises UsageError for one that could run code when it is read, unless it is
    trusted, and whatever torch raises for damaged ones.
    """
    if trust:
        return torch.export.load(path)
    try:
        return torch.export.load(io.BytesIO(_harmless_copy(path)))
    except DangerError as danger:
        expected = "weights and a graph of ATen operators, as torch.export.save writes them"
        raise refusal(path, danger, expected) from danger


def _harmless_copy(path: Path) -> bytes:
    """Copy an archive, member by member, or raise DangerError."""
    members, copy = read_members(path), {}
    if not any(name.endswith("/archive_format") for name in members):
        raise zipfile.BadZipFile("no exported program")  # perhaps the end of one
    for name, content in members.items():
        inner = PurePosixPath(*PurePosixPath(name).parts[1:])
        match inner.parts:
            case ("extra", *_):  # notes, which are read elsewhere
                continue
            case ("models", _) if inner.suffix == ".json":
                copy[name] = json.dumps(_checked_graph(json.loads(content))).encode()
            case ("data", "weights" | "constants", _) if inner.suffix == ".json":
                _check_payload(json.loads(content))
                copy[name] = content
            case ("data", "weights" | "constants", file) if file.startswith(("weight_", "tensor_")):
                copy[name] = content
            case ("data", "sample_inputs", _):
                copy[name] = _checked_samples(content)
            case ("archive_format" | "archive_version" | "byteorder",) | (".data", _):
                copy[name] = content
            case _:
                raise DangerError(f"holds {inner}, which is neither weights nor a graph")
    return written(copy)


def _check_payload(config: Any) -> None:
    for name, entry in config["config"].items():
        if entry["use_pickle"] or not _NAME.fullmatch(name):
            raise DangerError(f"keeps {name!r:.80} as a pickle")


def _checked_samples(content: bytes) -> bytes:
    """Write the example inputs anew, if they are tensors and nothing else."""
    try:
        refuse_room(names_in_archive(io.BytesIO(content)))
        samples = torch.load(io.BytesIO(content), weights_only=True)
    except Exception as error:
        raise DangerError("keeps example inputs that are no plain tensors") from error
    buffer = io.BytesIO()
    torch.save(samples, buffer)
    return buffer.getvalue()


def _checked_graph(value: Any, key: str = "") -> Any:
    """Check every name and expression of a graph; notes and guards, which may be code, go."""
    if key == "metadata":
        return {}
    if key == "guards_code":
        return []
    if isinstance(value, dict):
        for name in value:
            _check(_NAME, name)
        return {name: _checked_graph(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_checked_graph(inner, key) for inner in value]
    if isinstance(value, str):
        _check_text(value, key)
    return value


def _check_text(text: str, key: str) -> None:
    if key == "target":
        operator = _OPERATOR.fullmatch(text)
        if not (computes(f"aten::{operator[1]}") if operator else _OF_SIZES.fullmatch(text)):
            raise DangerError(f"calls {text!r:.80}")
    elif key == "expr_str":
        if not _only_computes(text):
            raise DangerError(f"computes sizes by {text!r:.80}")
    elif key in ("in_spec", "out_spec"):
        _check(_TREE, text)
        _check_tree(json.loads(text))
    elif key != "torch_version":
        _check(_NAME, text)


def _only_computes(expression: str) -> bool:
    """Tell whether an expression of sizes is made of symbols, numbers and known functions."""
    try:
        nodes = list(ast.walk(ast.parse(expression.strip(), mode="eval")))
    except (SyntaxError, ValueError, RecursionError):
        return False
    return all(map(_is_harmless, nodes))


def _is_harmless(node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        return node.id in _FUNCTIONS or _SYMBOL.fullmatch(node.id) is not None
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
        return _SYMBOL.fullmatch(str(node.value)) is not None
    return isinstance(node, (ast.Constant, *_SYNTAX))


def _check(allowed: re.Pattern[str], text: str) -> None:
    if not allowed.fullmatch(text):
        raise DangerError(f"uses the name {text!r:.80}")


def _check_tree(tree: Any) -> None:
    """Allow trees of tuples, lists and dictionaries only."""
    if isinstance(tree, list):
        for inner in tree:
            _check_tree(inner)
    elif isinstance(tree, dict):
        if tree.get("type") not in _TREE_TYPES:
            raise DangerError(f"takes or gives a {tree.get('type')!r:.80}")
        _check_tree(tree.get("children_spec", []))

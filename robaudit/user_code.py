"""Running code that a user names: ``package.module:callable(arguments)``."""

import ast
import hashlib
import importlib
import importlib.util
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from robaudit.errors import UsageError, program_ended

_REFERENCE = re.compile(
    r"(?P<module>[^:()]+):(?P<name>[A-Za-z_][\w.]*)(?P<call>\(.*\))?", re.DOTALL
)
_EXPECTED = "package.module:name or file.py:name, with plain values as arguments: (width=16)"


def is_reference(text: str) -> bool:
    """Tell whether a text names an object in a module.

    >>> is_reference("zoo.networks:small(width=16)"), is_reference("model.onnx")
    (True, False)
    """
    return _REFERENCE.fullmatch(text) is not None


def find_object(reference: str) -> Any:
    """Import what a reference names, and call it where arguments follow.

    The module may be a file, ``networks.py:small``; modules of the folder that
    one works in are found. Raises UsageError for what does not exist or fails.
    """
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise UsageError(repr(reference), expected=_EXPECTED)
    module, names, call = match.groups()
    arguments = None if call is None else _literal_arguments(reference, call)
    try:
        with working_folder_first():
            named = _import(module)
            for name in names.split("."):
                named = getattr(named, name)
            return named if arguments is None else named(*arguments[0], **arguments[1])
    except (Exception, SystemExit) as error:
        raise _failure(reference, error) from error


def call_factory(reference: str) -> Any:
    """Make what a factory makes: what is named, called without arguments if none are given."""
    named = find_object(reference)
    if reference.endswith(")"):
        return named
    if not callable(named):
        raise UsageError(f"{reference} cannot be called", expected="a function or a class")
    try:
        return named()
    except (Exception, SystemExit) as error:
        raise _failure(f"{reference}()", error) from error


def _failure(what: str, error: BaseException) -> UsageError:
    if isinstance(error, SystemExit):
        return program_ended(what, error)
    return UsageError(f"{what} fails ({type(error).__name__}: {error})", expected=_EXPECTED)


def _import(module: str) -> Any:
    if not module.endswith(".py"):
        return importlib.import_module(module)
    path = Path(module)
    # Dataclasses, pickles and compilers look a module up by its name, which hides no other's.
    stem = re.sub(r"\W", "_", path.stem)
    name = f"{stem}_{hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{module} cannot be imported")
    earlier = sys.modules.get(name)
    loaded = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(loaded)
    except BaseException:
        sys.modules.pop(name, None)
        if earlier is not None:  # that of the file before it was edited
            sys.modules[name] = earlier
        raise
    return loaded


def _literal_arguments(reference: str, call: str) -> tuple[list[Any], dict[str, Any]]:
    try:
        parsed = ast.parse(f"f{call}", mode="eval").body
        if not isinstance(parsed, ast.Call):
            raise ValueError("no call")
        return (
            [ast.literal_eval(argument) for argument in parsed.args],
            {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in parsed.keywords},
        )
    except (ValueError, SyntaxError) as error:
        raise UsageError(f"arguments in {reference!r}", expected=_EXPECTED) from error


@contextmanager
def working_folder_first() -> Iterator[None]:
    """Let modules of the folder that one works in be found, before all others.

    What Python compiles of them it does not keep beside them: nothing is written there.
    """
    folder, kept = str(Path.cwd()), sys.dont_write_bytecode
    sys.path.insert(0, folder)
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        sys.dont_write_bytecode = kept
        sys.path.remove(folder)

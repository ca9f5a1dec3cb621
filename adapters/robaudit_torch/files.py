"""Reading files of PyTorch's that nobody vouches for.

Their content says what they are. What would run code when it is read is refused unless the
user trusts it.
"""

import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from robaudit import OpenOptions
from robaudit.errors import NotAuditableError, RobauditError, program_ended
from robaudit.model_files import look_at_file, refuse_excess_of_weights
from robaudit_torch.checkpoints import read_pickled, read_safetensors
from robaudit_torch.declared import parsed
from robaudit_torch.exported import read_program
from robaudit_torch.opened import Opened
from robaudit_torch.scripts import read_script
from robaudit_torch.strangers import what_it_is

_LONGEST_NOTE = 2**20


def read_file(path: Path, options: OpenOptions) -> Opened:
    """Read a file; its suffix and its content say how.

    Raises UsageError for a missing file, for weights without a factory and for
    code without consent, NotAuditableError for an empty or damaged file.
    """
    _, digest = look_at_file(path, "a PyTorch model")
    try:
        return replace(_read(path, options), digest=digest)
    except (RobauditError, MemoryError):
        raise
    except SystemExit as error:
        raise program_ended(str(path), error) from error
    except Exception as error:
        expected = "a file written by torch.export.save, torch.jit.save or torch.save"
        kind = None
        with suppress(Exception):  # it may be damaged in any way
            kind = what_it_is(path)
        if kind is not None:
            raise NotAuditableError(f"{path} is {kind}", expected=expected) from error
        message = " ".join(str(error).split())[:200]
        raise NotAuditableError(
            f"{path} is damaged, or no PyTorch model ({type(error).__name__}: {message})",
            expected=expected,
        ) from error


def _read(path: Path, options: OpenOptions) -> Opened:
    if _is_safetensors(path):
        return read_safetensors(path, options)
    members = _members(path)
    if any(name.endswith("/archive_format") for name in members):
        program = read_program(path, trust=options.trust)
        sizes = _input_sizes(program, path)
        notes = parsed(_notes(path, members))
        return Opened(program.module(), "an exported program", sizes[1:], sizes[0], facts=notes)
    if any(name.endswith("/constants.pkl") for name in members):
        _warn_of_quantised_once()
        module = read_script(path, trust=options.trust)
        return Opened(module, "TorchScript", facts=parsed(_notes(path, members)))
    if members:
        refuse_excess_of_weights(path, "weights as torch.save writes them")
    return read_pickled(path, options)


def _warn_of_quantised_once() -> None:
    """Have torch say once, where warnings are caught, that quantised tensors are of the past.

    Reading TorchScript that holds some, it says so past all of Python's filters.
    """
    with suppress(Exception):
        torch.quantize_per_tensor(torch.zeros(1), 1.0, 0, torch.qint8)


def _is_safetensors(path: Path) -> bool:
    """Tell whether a file begins with a length, and a table in JSON of that length."""
    with path.open("rb") as file:
        length, brace = int.from_bytes(file.read(8), "little"), file.read(1)
    return brace == b"{" and length <= path.stat().st_size - 8


def _members(path: Path) -> list[str]:
    if not zipfile.is_zipfile(path):
        return []
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def _notes(path: Path, members: list[str]) -> Mapping[str, str]:
    """Read what the maker of a program put beside it."""
    with zipfile.ZipFile(path) as archive:
        return {
            name: archive.read(name).decode("utf-8", "replace")
            for name in members
            if "/extra/" in name and archive.getinfo(name).file_size <= _LONGEST_NOTE
        }


def _input_sizes(program: Any, path: Path) -> tuple[int | None, ...]:
    """Read the sizes of a program's only input; ``None`` for those that it leaves open."""
    names = program.graph_signature.user_inputs
    values = {node.name: node.meta.get("val") for node in program.graph.nodes}
    inputs = [values.get(name) for name in names]
    if len(inputs) != 1 or not isinstance(inputs[0], torch.Tensor) or inputs[0].ndim < 2:
        raise NotAuditableError(
            f"{path} has {len(names)} inputs", expected="one, a batch of images"
        )
    return tuple(size if isinstance(size, int) else None for size in inputs[0].shape)

"""Reading files of PyTorch's that nobody vouches for.

Weights are read with ``weights_only=True``. What would run code when it is read,
such as a pickle of a whole module, is refused unless the user trusts it.
"""

import pickle
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from robaudit import OpenOptions
from robaudit.errors import MissingDependencyError, NotAuditableError, RobauditError, UsageError
from robaudit.model_files import look_at_file
from robaudit.user_code import call_factory
from robaudit_torch.exported import read_program
from robaudit_torch.network import Module
from robaudit_torch.saving import AS_IT_IS, Form

_NESTS = ("state_dict", "model_state_dict", "model", "net", "weights")
_SCRIPT_DANGERS = re.compile(
    r"\b(save|from_file|load)\s*\(|\bops\.(?!aten\b|prim\b|quantized\b)\w+"
)


@dataclass(frozen=True)
class Opened:
    """A module, what kind of file it came from, and what that says of its input.

    ``declared`` has the sizes of one input, ``None`` for those left open, and is
    ``None`` itself where nothing is said; ``batch`` is the only number of inputs
    that the module takes, ``digest`` the SHA-256 of the file, ``form`` how it is to be
    saved again.
    """

    module: Module
    kind: str
    declared: tuple[int | None, ...] | None = None
    batch: int | None = None
    digest: str = ""
    form: Form = AS_IT_IS


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
    except Exception as error:
        message = " ".join(str(error).split())[:200]
        raise NotAuditableError(
            f"{path} is damaged, or no PyTorch model ({type(error).__name__}: {message})",
            expected="a file written by torch.export.save, torch.jit.save or torch.save",
        ) from error


def _read(path: Path, options: OpenOptions) -> Opened:
    if path.suffix == ".safetensors":
        return _with_weights(_read_safetensors(path), path, options)
    members = _members(path)
    if path.suffix == ".pt2" or any(name.endswith("/archive_format") for name in members):
        program = read_program(path, trust=options.trust)
        sizes = _input_sizes(program, path)
        return Opened(program.module(), "an exported program", sizes[1:], sizes[0])
    if any(name.endswith("/constants.pkl") for name in members):
        _check_script(path, members, options)
        return Opened(torch.jit.load(path, map_location="cpu"), "TorchScript")
    held = _unpickled(path, options)
    if isinstance(held, torch.nn.Module):
        return Opened(held, "a pickled module", form=Form(pickled=True))
    return _with_weights(held, path, options)


def _members(path: Path) -> list[str]:
    if not zipfile.is_zipfile(path):
        return []
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def _unpickled(path: Path, options: OpenOptions) -> Any:
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        names_code = re.search(r"\bGLOBAL\b|Unsupported", str(error))
        if not isinstance(error, pickle.UnpicklingError) or names_code is None:
            raise
        if options.trust:
            return torch.load(path, map_location="cpu", weights_only=False)
        raise UsageError(
            f"{path} holds more than weights: reading it runs the code that it names",
            expected="weights alone, an exported program (.pt2) or TorchScript",
            advice="If you trust whoever made it with your machine, add --trust-model.",
        ) from error


def _read_safetensors(path: Path) -> dict[str, Any]:
    try:
        from safetensors.torch import load_file  # noqa: PLC0415 - not everyone has it
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            "safetensors is not installed", advice='Install it with: pip install "robaudit[torch]"'
        ) from error
    weights: dict[str, Any] = load_file(path)
    return weights


def _with_weights(held: Any, path: Path, options: OpenOptions) -> Opened:
    """Put weights into the module that the user's factory makes."""
    weights, form = _find_weights(held)
    if weights is None:
        raise NotAuditableError(
            f"{path} holds a {type(held).__name__}", expected="the weights of a model"
        )
    if options.factory is None:
        listed = [f"{name} {tuple(tensor.shape)}" for name, tensor in weights.items()]
        raise UsageError(
            f"{path} holds weights and no network ({', '.join(listed[:4])}"
            + (", ...)" if len(listed) > 4 else ")"),
            expected="what makes the network",
            advice="Name it with --factory package.module:callable, or file.py:callable.",
        )
    module = call_factory(options.factory)
    if not isinstance(module, torch.nn.Module):
        raise UsageError(
            f"{options.factory} makes a {type(module).__name__}", expected="a torch.nn.Module"
        )
    try:
        module.load_state_dict(weights)
    except RuntimeError as error:
        raise UsageError(
            f"the weights in {path} do not fit {options.factory}: "
            + " ".join(str(error).split())[:300],
            expected="the network that they were trained in",
        ) from error
    return Opened(module, "weights", form=form)


def _find_weights(held: Any) -> tuple[dict[str, Any] | None, Form]:
    """Find the tensors in what a file holds: whole checkpoints keep them one level down."""
    nests: list[str] = []
    while isinstance(held, Mapping):
        nest = next((key for key in _NESTS if isinstance(held.get(key), Mapping)), None)
        if nest is None:
            break
        nests.append(nest)
        held = held[nest]
    tensors = isinstance(held, Mapping) and held
    if not tensors or not all(isinstance(value, torch.Tensor) for value in held.values()):
        return None, AS_IT_IS
    prefix = "module." if all(name.startswith("module.") for name in held) else ""
    weights = {name.removeprefix(prefix): value for name, value in held.items()}
    return weights, Form(nests=tuple(nests), prefix=prefix)


def _check_script(path: Path, members: list[str], options: OpenOptions) -> None:
    """Refuse a TorchScript program that reads or writes files, or calls other libraries."""
    if options.trust:
        return
    with zipfile.ZipFile(path) as archive:
        for name in members:
            if name.endswith(".py"):
                danger = _SCRIPT_DANGERS.search(archive.read(name).decode("utf-8", "replace"))
                if danger:
                    raise UsageError(
                        f"{path} is a program that uses {danger[0]}: it may read or write files",
                        expected="operators that compute",
                        advice="If you trust whoever made it, add --trust-model.",
                    )


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

"""Writing a PyTorch module, in the format that the file's suffix names."""

import copy
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from robaudit.errors import OutputError, UsageError
from robaudit_torch.network import Module, Network, copied


@dataclass(frozen=True)
class Form:
    """How a file held a module: whole as a pickle, or its weights, maybe some levels down.

    ``names`` are the file's names of the weights, by the module's own, where these differ;
    ``more`` is what lay among the weights and is none. ``levels`` lead to all that: keys,
    each with what else there was to keep, a mapping or a list. ``metadata`` are the notes
    of a ``.safetensors`` file.
    """

    pickled: bool = False
    names: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    levels: tuple[tuple[str | int, Any], ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)


AS_IT_IS = Form()


def save_module(network: Network, shape: tuple[int, ...], path: Path, form: Form) -> None:
    """Write a network: ``.pt2`` whole, ``.safetensors`` its weights, else as it came.

    ``shape`` is one input's. A TorchScript module is written whole, and so is one that
    came as a pickle; another module's weights only, as a state dict, where ``form``
    says that it lay. Raises OutputError where the file cannot be written.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of formats that torch would rather not write
        try:
            _save(network, shape, path, form)
        except (OSError, RuntimeError) as error:  # torch's own writers raise RuntimeError
            why = " ".join(str(error).split())[:200]
            raise OutputError(f"{path} cannot be written: {why}") from error


def _save(network: Network, shape: tuple[int, ...], path: Path, form: Form) -> None:
    module = network.module
    script = isinstance(module, torch.jit.ScriptModule)
    if script and path.suffix in (".pt2", ".safetensors"):
        raise UsageError(f"TorchScript as {path.name}", expected="a name that ends in .pt")
    if path.suffix == ".pt2":
        _export(network, shape, path)
    elif path.suffix == ".safetensors":
        try:
            from safetensors.torch import save_file  # noqa: PLC0415 - not everyone has it
        except ModuleNotFoundError as error:
            raise UsageError(
                "safetensors is not installed",
                advice='Install it with: pip install "robaudit[torch]".',
            ) from error
        tensors = {  # copies, since the format knows no weights that modules share
            name: value.clone(memory_format=torch.contiguous_format)
            for name, value in _named(module, form).items()
            if isinstance(value, torch.Tensor)
        }
        save_file(tensors, path, {"format": "pt", **form.metadata})
    elif script:
        torch.jit.save(module, str(path))
    else:
        held = copied(module).cpu() if form.pickled else _named(module, form)
        for key, beside in reversed(form.levels):
            level = copy.copy(beside)
            level[key] = held
            held = level
        torch.save(held, path)


def _named(module: Module, form: Form) -> dict[str, Any]:
    """Give a module's weights, and what lay among them, by the names that the file had."""
    state = {
        form.names.get(name, name): value.cpu() if isinstance(value, torch.Tensor) else value
        for name, value in module.state_dict().items()
    }
    return {**form.more, **state}


def _export(network: Network, shape: tuple[int, ...], path: Path) -> None:
    """Export on the CPU, for any number of inputs where the module takes any."""
    count = network.batch or 2
    x = torch.zeros(count, *shape, dtype=network.dtype)
    sizes = None if network.batch else ({0: torch.export.Dim.AUTO},)
    module = copied(network.module).cpu()
    while (inner := _within(module)) is not None:
        module = inner
    torch.export.save(torch.export.export(module, (x,), dynamic_shapes=sizes), path)


def _within(module: Module) -> Module | None:
    """Give what torch.compile or DataParallel wrapped, which take any arguments at all."""
    if isinstance(module, torch.nn.DataParallel):
        return module.module
    return getattr(module, "_orig_mod", None)

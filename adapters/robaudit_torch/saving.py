"""Writing a PyTorch module, in the format that the file's suffix names."""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from robaudit.errors import OutputError, UsageError
from robaudit_torch.network import Network, copied


@dataclass(frozen=True)
class Form:
    """How a file held a module: whole as a pickle, or its weights, maybe some levels down.

    ``nests`` are the keys on the way to the weights, ``prefix`` stood before their names.
    """

    pickled: bool = False
    nests: tuple[str, ...] = ()
    prefix: str = ""


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
            from safetensors.torch import save_model  # noqa: PLC0415 - not everyone has it
        except ModuleNotFoundError as error:
            raise UsageError(
                "safetensors is not installed",
                advice='Install it with: pip install "robaudit[torch]".',
            ) from error
        save_model(module, str(path))
    elif script:
        torch.jit.save(module, str(path))
    elif form.pickled:
        torch.save(copied(module).cpu(), path)
    else:
        weights: Any = {
            form.prefix + name: tensor.cpu() for name, tensor in module.state_dict().items()
        }
        for nest in reversed(form.nests):
            weights = {nest: weights}
        torch.save(weights, path)


def _export(network: Network, shape: tuple[int, ...], path: Path) -> None:
    """Export on the CPU, for any number of inputs where the module takes any."""
    count = network.batch or 2
    x = torch.zeros(count, *shape, dtype=network.dtype)
    sizes = None if network.batch else ({0: torch.export.Dim.AUTO},)
    module = copied(network.module).cpu()
    torch.export.save(torch.export.export(module, (x,), dynamic_shapes=sizes), path)

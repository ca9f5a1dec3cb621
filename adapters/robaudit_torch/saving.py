"""Writing a PyTorch module, in the format that the file's suffix names."""

import warnings
from pathlib import Path

import torch

from robaudit.errors import UsageError
from robaudit_torch.network import Network, copied


def save_module(
    network: Network, shape: tuple[int, ...], path: Path, *, pickled: bool = False
) -> None:
    """Write a network: ``.pt2`` whole, ``.safetensors`` its weights, else as it came.

    ``shape`` is one input's. A TorchScript module is written whole as ``.pt``, and so
    is one that came as a pickle; another module's weights only, as a state dict.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of formats that torch would rather not write
        _save(network, shape, path, pickled)


def _save(network: Network, shape: tuple[int, ...], path: Path, pickled: bool) -> None:
    module = network.module
    script = isinstance(module, torch.jit.ScriptModule)
    if script and path.suffix != ".pt":
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
    elif pickled:
        torch.save(copied(module).cpu(), path)
    else:
        weights = {name: tensor.cpu() for name, tensor in module.state_dict().items()}
        torch.save(weights, path)


def _export(network: Network, shape: tuple[int, ...], path: Path) -> None:
    """Export on the CPU, for any number of inputs where the module takes any."""
    count = network.batch or 2
    x = torch.zeros(count, *shape, dtype=network.dtype)
    sizes = None if network.batch else ({0: torch.export.Dim.AUTO},)
    module = copied(network.module).cpu()
    torch.export.save(torch.export.export(module, (x,), dynamic_shapes=sizes), path)

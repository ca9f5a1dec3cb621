"""The weights that training changes, out of a network and into a copy of it."""

import math

import numpy as np
import torch

from robaudit.types import FloatArray, NamedArrays
from robaudit_torch.network import Module, Network, exact_products
from robaudit_torch.states import named_tensors
from robaudit_torch.training import copied_network, set_mode

_AT_A_TIME = 128


def take_weights(module: Module) -> NamedArrays:
    """Copy weights and statistics that are real numbers; half precision as single."""
    return {
        name: np.array(tensor.detach().to("cpu", _arrays_type(tensor)).numpy())
        for name, tensor in named_tensors(module)
        if tensor.is_floating_point()
    }


def with_weights(network: Network, arrays: NamedArrays, x: FloatArray) -> Network:
    """Copy a network with other weights, and statistics by passes over x (n, *shape)."""
    copy = copied_network(network)
    with torch.no_grad():
        for name, tensor in named_tensors(copy.module):
            if name in arrays:
                tensor.copy_(torch.from_numpy(np.array(arrays[name])).view_as(tensor))
    _recompute_statistics(copy, x)
    return copy


def _arrays_type(tensor: torch.Tensor) -> torch.dtype:
    return torch.float64 if tensor.dtype == torch.float64 else torch.float32


def _recompute_statistics(network: Network, x: FloatArray) -> None:
    """Give layers of batch normalisation the mean statistics of equal batches of x (n, *shape).

    As `torch.optim.swa_utils.update_bn` does, but for layers that a module keeps in evaluation
    mode, as those of a frozen part: that would leave these without any.
    """
    module, batches = network.module, np.array_split(x, math.ceil(len(x) / _AT_A_TIME))
    devices = [network.device] if network.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices), torch.no_grad(), exact_products(network.device):
        torch.manual_seed(0)
        set_mode(module, training=True)
        momenta = {
            layer: layer.momentum
            for layer in module.modules()
            if isinstance(layer, torch.nn.modules.batchnorm._BatchNorm)  # noqa: SLF001
            and layer.training
            and layer.running_mean is not None
        }
        for layer in momenta:
            layer.reset_running_stats()
            layer.momentum = None  # a mean in which each batch counts alike
        for batch in batches if momenta else ():
            network.scores(network.tensor(batch))
        for layer, momentum in momenta.items():
            layer.momentum = momentum
        set_mode(module, training=False)

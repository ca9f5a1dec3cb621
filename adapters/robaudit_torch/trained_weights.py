"""The weights that training changes, out of a network and into a copy of it."""

import math

import numpy as np
import torch

from robaudit.predicting import refuse_other_weights
from robaudit.types import FloatArray, NamedArrays
from robaudit_torch.network import Module, Network, Tensor, exact_products
from robaudit_torch.states import named_tensors
from robaudit_torch.training import copied_network, set_mode

_AT_A_TIME = 128
_STATISTICS = ("running_mean", "running_var")


def take_weights(module: Module) -> NamedArrays:
    """Copy weights and statistics that are real numbers; half precision as single."""
    return {
        name: np.array(tensor.detach().to("cpu", _arrays_type(tensor)).numpy())
        for name, tensor in named_tensors(module)
        if tensor.is_floating_point()
    }


def with_weights(network: Network, arrays: NamedArrays, x: FloatArray) -> Network:
    """Copy a network with other weights, and statistics by passes over x (n, *shape).

    Raises ClassifierError for arrays of other names or shapes.
    """
    copy = copied_network(network)
    own = {name: one for name, one in named_tensors(copy.module) if one.is_floating_point()}
    refuse_other_weights(arrays, {name: tuple(one.shape) for name, one in own.items()})
    with torch.no_grad():
        for name, tensor in own.items():
            tensor.copy_(torch.from_numpy(np.array(arrays[name])))
    _recompute_statistics(copy, x)
    return copy


def _arrays_type(tensor: torch.Tensor) -> torch.dtype:
    return torch.float64 if tensor.dtype == torch.float64 else torch.float32


def _recompute_statistics(network: Network, x: FloatArray) -> None:
    """Give normalisations the mean statistics of equal batches of x (n, *shape).

    A pass in training mode makes ``d r + s`` of a running statistic r, whichever class of layer
    it is of, scripted ones too, whose momentum is fixed: s is what it leaves of 0, and
    ``s / (1 - d)`` the statistic of the batch, of a layer that is called more than once their
    mean as training weighs them. Statistics that a pass does not move stay: those of frozen
    parts, and of modules that were traced or exported in evaluation mode.
    """
    devices = [network.device] if network.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices), torch.no_grad(), exact_products(network.device):
        set_mode(network.module, training=True)
        batches = np.array_split(x, math.ceil(len(x) / _AT_A_TIME))
        moved, counters = _moved_by_a_pass(network, batches[0])
        if moved:
            left = [_left_of(0.0, network, batch, moved, counters) for batch in batches]
            far = [max(1.0, float(one.abs().max())) for one in left[-1]]
            again = _left_of(far, network, batches[-1], moved, counters)
            for place, statistic in enumerate(moved):
                kept = (again[place] - left[-1][place]) / far[place]
                mean = sum(each[place] for each in left) / len(batches)
                statistic.copy_(mean / (1 - kept))
            for counter in counters:
                counter.fill_(len(batches))
        set_mode(network.module, training=False)


def _moved_by_a_pass(network: Network, batch: FloatArray) -> tuple[list[Tensor], list[Tensor]]:
    """Find the running statistics that training on a batch moves, and what counts its batches."""
    tensors = dict(network.module.named_buffers())
    running = [name for name in tensors if name.rpartition(".")[2] in _STATISTICS]
    if not running:
        return [], []
    before = {name: tensor.clone() for name, tensor in tensors.items()}
    _pass(network, batch)
    moved = [name for name in running if not torch.equal(tensors[name], before[name])]
    counters = {f"{name.rpartition('.')[0]}.num_batches_tracked".lstrip(".") for name in moved}
    for name in running:
        tensors[name].copy_(before[name])
    return [tensors[name] for name in moved], [tensors[name] for name in counters & tensors.keys()]


def _left_of(
    start: float | list[float],
    network: Network,
    batch: FloatArray,
    statistics: list[Tensor],
    counters: list[Tensor],
) -> list[Tensor]:
    """Give what a pass in training mode leaves of statistics that are all ``start`` before it."""
    starts = start if isinstance(start, list) else [start] * len(statistics)
    for statistic, number in zip(statistics, starts, strict=True):
        statistic.fill_(number)
    for counter in counters:
        counter.zero_()
    _pass(network, batch)
    return [statistic.to("cpu", torch.float64, copy=True) for statistic in statistics]


def _pass(network: Network, batch: FloatArray) -> None:
    torch.manual_seed(0)
    network.scores(network.tensor(batch))

"""The search's way to a PyTorch module: points are made where it runs, only scores come back."""

from collections.abc import Callable, Iterator
from functools import partial
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import torch

from robaudit.types import Bound, FloatArray, IntArray, Probe, Prober
from robaudit_torch.compiling import CompiledWhereItPays
from robaudit_torch.network import Network, exact_products, to_array

Tensor = Any

_COMPILED = (torch.float32, torch.float64)
"""Half precision is rounded elsewhere by a compiler, and gives other scores."""


class _Banks(NamedTuple):
    """Samples (S, *shape), directions (K, *shape) and the box, on the device."""

    samples: Tensor
    directions: Tensor
    low: Tensor
    high: Tensor


def make_prober(network: Network) -> Prober:
    """Make the prober of a network."""
    # Distances of half precision would be steps of their own; points are made of exact ones.
    exact = torch.promote_types(network.dtype, torch.float32)
    may_pay = network.batch is None and network.dtype in _COMPILED
    compiled = CompiledWhereItPays(_pure_scores(network)) if may_pay else None
    lock = Lock()

    def bind(x: FloatArray, directions: FloatArray, low: Bound, high: Bound) -> Probe:
        with torch.inference_mode():
            banks = _Banks(
                *(network.tensor(values, exact) for values in (x, directions, low, high))
            )
        eager = _EagerScores(network, banks)
        scores: Callable[..., FloatArray] = eager
        if compiled is not None:
            scores = partial(compiled, eager, banks, forget=eager.forget)
        axes = [1] * (x.ndim - 1)

        def rows(numbers: IntArray) -> Tensor:
            return torch.as_tensor(np.asarray(numbers, dtype=np.int64), device=network.device)

        def probe(sample: IntArray, direction: IntArray, distance: FloatArray) -> FloatArray:
            with lock, torch.inference_mode(), exact_products(network.device):
                distances = network.tensor(distance, exact).reshape(-1, *axes)
                return scores(rows(sample), rows(direction), distances)

        return probe

    return bind


def _pure_scores(network: Network) -> Callable[..., Tensor]:
    """Give the scores of points as one function, for a compiler that finds its own room."""

    def scores(banks: _Banks, sample: Tensor, direction: Tensor, distance: Tensor) -> Tensor:
        samples, directions, low, high = banks
        points = torch.clamp(samples[sample] + distance * directions[direction], low, high)
        return network.scores(points.to(network.dtype))

    return scores


class _EagerScores:
    """Computes the scores of points, operation by operation.

    Points are computed in two tensors that are written over each time. Fresh ones of a
    few megabytes are new pages from the system, whose first use takes longer than
    computing the points.
    """

    def __init__(self, network: Network, banks: _Banks) -> None:
        self._network = network
        self._banks = banks
        self._kept: list[Tensor] = []

    def __call__(self, sample: Tensor, direction: Tensor, distance: Tensor) -> FloatArray:
        """Give scores (n, classes) of rows of the banks, and distances (n, 1, ...)."""
        samples, directions, low, high = self._banks
        points, starts = self._room_for(len(sample))
        torch.index_select(directions, 0, direction, out=points)
        torch.index_select(samples, 0, sample, out=starts)
        points.mul_(distance).add_(starts).clamp_(low, high)
        try:
            scores = to_array(self._network.scores(points.to(self._network.dtype)))
        except Exception:
            self.forget()  # if memory ran out, a smaller batch needs it
            raise
        return scores.copy()  # they may be part of the points themselves

    def forget(self) -> None:
        """Give back the room that is kept."""
        self._kept.clear()

    def _room_for(self, count: int) -> Iterator[Tensor]:
        """Give room for so many points, twice.

        Much larger room is given back, but not for a single point that is computed again.
        """
        kept = self._kept
        if not kept or len(kept[0]) < count or len(kept[0]) > 2 * count > 2:
            self.forget()  # before there is more: both may not fit
            samples = self._banks.samples
            kept.extend([samples.new_empty((count, *samples.shape[1:])) for _ in range(2)])
        return (buffer[:count] for buffer in kept)

"""Keras on PyTorch."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from threading import Lock
from typing import Any

import keras
import numpy as np
import torch

from robaudit.types import (
    Array,
    Bound,
    FloatArray,
    IntArray,
    Predict,
    Probe,
    Prober,
    Pull,
    PullBack,
    VectorJacobianProduct,
)
from robaudit_keras.backends import Backend
from robaudit_keras.network import Network
from robaudit_torch.compiling import CompiledWhereItPays
from robaudit_torch.states import put_chance, take_chance


def _predict(network: Network) -> Predict:
    def predict(x: FloatArray) -> FloatArray:
        with network.on_device(), torch.no_grad(), _exact_products():
            return _array(network(_tensor(x, network.dtype)))

    return predict


def _prober(network: Network) -> Prober:
    def pure_scores(banks: Any, sample: Any, direction: Any, distance: Any) -> Any:
        return network(network.points(banks, sample, direction, distance))

    compiled, lock = CompiledWhereItPays(pure_scores), Lock()

    def bind(samples: FloatArray, directions: FloatArray, low: Bound, high: Bound) -> Probe:
        with network.on_device():
            banks = tuple(_tensor(bank, network.exact) for bank in (samples, directions, low, high))

        def eager_scores(*rays: Any) -> FloatArray:
            return _array(pure_scores(banks, *rays))

        def probe(sample: IntArray, direction: IntArray, distance: FloatArray) -> FloatArray:
            with lock, network.on_device(), torch.no_grad(), _exact_products():
                rays = _tensor(sample, "int64"), _tensor(direction, "int64")
                distances = _tensor(distance, network.exact)
                return compiled(eager_scores, banks, *rays, distances)

        return probe

    return bind


def _vjp(network: Network) -> VectorJacobianProduct:
    def forward(x: FloatArray) -> tuple[FloatArray, Pull]:
        with network.on_device(), torch.enable_grad(), _exact_products():
            inputs = _tensor(x, network.dtype).requires_grad_()
            scores = network(inputs)

        def pull(cotangent: FloatArray) -> FloatArray:
            if not scores.requires_grad:  # something inside cuts gradients off
                return np.zeros_like(_array(inputs))
            with network.on_device(), _exact_products():
                weights = _tensor(cotangent, keras.backend.standardize_dtype(scores.dtype))
                (gradient,) = torch.autograd.grad(
                    scores, inputs, weights, retain_graph=True, materialize_grads=True
                )
            return _array(gradient)

        return _array(scores), pull

    return PullBack(forward)


def _tensor(array: FloatArray | IntArray | float, dtype: str) -> Any:
    """Copy an array to the device that Keras is using."""
    return keras.ops.convert_to_tensor(np.array(array, dtype))


def _array(tensor: Any) -> FloatArray:
    array: FloatArray = tensor.detach().cpu().numpy()
    return array


def _exact_products() -> Any:
    """Keep a GPU from rounding the factors of convolutions, so that it agrees with a CPU."""
    if not torch.cuda.is_available():
        return nullcontext()
    return torch.backends.cudnn.flags(enabled=True, allow_tf32=False)


def _devices() -> tuple[str, ...]:
    return ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",)


@contextmanager
def _steady(seed: int) -> Iterator[None]:
    """Seed PyTorch: its dropout does not draw from the seed of Keras' layer."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


def _chance() -> dict[str, Array]:
    return take_chance(torch.device("cuda", number) for number in range(torch.cuda.device_count()))


BACKEND = Backend(_predict, _prober, _vjp, _devices, _steady, _chance, put_chance)

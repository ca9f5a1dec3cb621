"""Keras on JAX, which compiles for each batch size: batches are filled up to a power of two."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from robaudit.types import (
    Bound,
    FloatArray,
    IntArray,
    Predict,
    Probe,
    Prober,
    VectorJacobianProduct,
)
from robaudit_keras.backends import Backend
from robaudit_keras.network import Network


def _predict(network: Network) -> Predict:
    forward, current_weights = _stateless(network)
    compute = jax.jit(forward)

    def predict(x: FloatArray) -> FloatArray:
        with network.on_device():
            return _cut(compute(current_weights(), _filled(x, network.dtype)), len(x))

    return predict


def _prober(network: Network) -> Prober:
    forward, current_weights = _stateless(network)

    def compute(weights: Any, banks: Any, sample: Any, direction: Any, distance: Any) -> Any:
        return forward(weights, network.points(banks, sample, direction, distance))

    compiled = jax.jit(compute)

    def bind(samples: FloatArray, directions: FloatArray, low: Bound, high: Bound) -> Probe:
        with network.on_device():
            banks = tuple(
                jnp.asarray(bank, network.exact) for bank in (samples, directions, low, high)
            )

        def probe(sample: IntArray, direction: IntArray, distance: FloatArray) -> FloatArray:
            with network.on_device():
                scores = compiled(
                    current_weights(),
                    banks,
                    _filled(sample, "int32"),
                    _filled(direction, "int32"),
                    _filled(distance, network.exact),
                )
                return _cut(scores, len(sample))

        return probe

    return bind


def _vjp(network: Network) -> VectorJacobianProduct:
    forward, current_weights = _stateless(network)

    def compute(weights: Any, x: Any, cotangent: Any) -> Any:
        scores, pull = jax.vjp(lambda inputs: forward(weights, inputs), x)
        return pull(cotangent.astype(scores.dtype))[0]

    compiled = jax.jit(compute)

    def vjp(x: FloatArray, cotangent: FloatArray) -> FloatArray:
        with network.on_device():
            inputs = _filled(x, network.dtype)
            return _cut(
                compiled(current_weights(), inputs, _filled(cotangent, network.dtype)), len(x)
            )

    return vjp


def _stateless(network: Network) -> tuple[Callable[[Any, Any], Any], Callable[[], Any]]:
    """Give a network as a function of its weights and a batch, and what tells its weights.

    They are asked for each time: training frees those of the step before.
    """
    model = network.model

    def current_weights() -> Any:
        return tuple(
            [variable.value for variable in variables]
            for variables in (model.trainable_variables, model.non_trainable_variables)
        )

    def forward(weights: Any, x: Any) -> Any:
        # A GPU must not round the factors of products, so that it agrees with a CPU.
        with jax.default_matmul_precision("float32"):
            outputs, _ = model.stateless_call(*weights, x, training=network.training)
        return network.pick(outputs)

    return forward, current_weights


def _filled(array: FloatArray | IntArray, dtype: str) -> Any:
    """Repeat the last row of a batch until the rows are a power of two."""
    size = 1 << (len(array) - 1).bit_length() if len(array) else 0
    rows = np.minimum(np.arange(size), len(array) - 1)
    return jnp.asarray(np.asarray(array)[rows], dtype)


def _cut(filled: Any, rows: int) -> FloatArray:
    return np.array(filled[:rows])


def _devices() -> tuple[str, ...]:
    return (
        ("cpu", "cuda") if any(device.platform == "gpu" for device in jax.devices()) else ("cpu",)
    )


def _steady(_seed: int) -> AbstractContextManager[None]:
    """Do nothing: Keras draws from the seeds of its layers alone."""
    return nullcontext()


BACKEND = Backend(_predict, _prober, _vjp, _devices, _steady)

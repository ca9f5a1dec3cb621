"""Keras on TensorFlow: graphs that are traced once, for batches of any size."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import Any

import numpy as np
import tensorflow as tf

from robaudit.types import (
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
from robaudit_keras.quiet import quietly


def _predict(network: Network) -> Predict:
    compute = _traced(network, network, _batch(network))

    def predict(x: FloatArray) -> FloatArray:
        with network.on_device(), _exact_products():
            return _array(compute(_tensor(x, network.dtype)))

    return predict


def _prober(network: Network) -> Prober:
    many = tf.TensorSpec([None, *network.shape], network.exact)
    signature = tf.TensorSpec(network.shape, network.exact)
    rows, distances = tf.TensorSpec([None], tf.int32), tf.TensorSpec([None], network.exact)

    def compute(banks: Any, sample: Any, direction: Any, distance: Any) -> Any:
        return network(network.points(banks, sample, direction, distance))

    @cache
    def compiled() -> Any:
        return _traced(network, compute, (many, many, signature, signature), rows, rows, distances)

    def bind(samples: FloatArray, directions: FloatArray, low: Bound, high: Bound) -> Probe:
        box = (np.broadcast_to(bound, network.shape) for bound in (low, high))
        with network.on_device():
            banks = tuple(_tensor(bank, network.exact) for bank in (samples, directions, *box))

        def probe(sample: IntArray, direction: IntArray, distance: FloatArray) -> FloatArray:
            with network.on_device(), _exact_products():
                return _array(
                    compiled()(
                        banks,
                        _tensor(sample, "int32"),
                        _tensor(direction, "int32"),
                        _tensor(distance, network.exact),
                    )
                )

        return probe

    return bind


def _vjp(network: Network) -> VectorJacobianProduct:
    compute = _traced(network, network, _batch(network))

    def forward(x: FloatArray) -> tuple[FloatArray, Pull]:
        with network.on_device(), _exact_products():
            inputs = _tensor(x, network.dtype)
            with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
                tape.watch(inputs)
                scores = compute(inputs)

        def pull(cotangent: FloatArray) -> FloatArray:
            with network.on_device(), _exact_products():
                # Where something inside cuts gradients off they are zero, and not nothing.
                gradient = tape.gradient(
                    scores,
                    inputs,
                    output_gradients=tf.cast(_tensor(cotangent, "float64"), scores.dtype),
                    unconnected_gradients=tf.UnconnectedGradients.ZERO,
                )
                return _array(gradient)

        return _array(scores), pull

    return PullBack(forward)


def _traced(network: Network, function: Callable[..., Any], *signature: Any) -> Any:
    """Trace a function once and for all, whatever the size of its batches will be."""
    with quietly(), network.on_device():
        return tf.function(function).get_concrete_function(*signature)


def _batch(network: Network) -> Any:
    return tf.TensorSpec([None, *network.shape], network.dtype)


def _tensor(array: FloatArray | IntArray, dtype: str) -> Any:
    return tf.convert_to_tensor(np.asarray(array, dtype))


def _array(tensor: Any) -> FloatArray:
    array: FloatArray = tensor.numpy()
    return array


@contextmanager
def _exact_products() -> Iterator[None]:
    """Keep a GPU from rounding the factors of products, so that it agrees with a CPU."""
    rounds = tf.config.experimental.tensor_float_32_execution_enabled()
    tf.config.experimental.enable_tensor_float_32_execution(False)
    try:
        yield
    finally:
        tf.config.experimental.enable_tensor_float_32_execution(rounds)


def _devices() -> tuple[str, ...]:
    return ("cpu", "cuda") if tf.config.list_physical_devices("GPU") else ("cpu",)


def _steady(_seed: int) -> AbstractContextManager[None]:
    """Do nothing: Keras draws from the seeds of its layers alone."""
    return nullcontext()


BACKEND = Backend(_predict, _prober, _vjp, _devices, _steady)

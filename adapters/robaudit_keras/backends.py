"""What each backend of Keras does for a classifier: one record of functions a backend."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module

import keras

from robaudit.errors import UsageError
from robaudit.types import Array, Predict, Prober, VectorJacobianProduct
from robaudit_keras.network import Network

_MODULES = {
    "tensorflow": "robaudit_keras.tensorflow_backend",
    "torch": "robaudit_keras.torch_backend",
    "jax": "robaudit_keras.jax_backend",
}


@dataclass(frozen=True)
class Backend:
    """One backend: functions of a network that give what a classifier can do, and its devices.

    ``steady`` seeds what the backend itself draws from, inside, and leaves it as it was;
    ``chance`` gives the state of that, none where it draws from the seeds of layers alone, and
    ``draw_on`` goes back to one that is among some arrays.
    """

    predict: Callable[[Network], Predict]
    prober: Callable[[Network], Prober]
    vjp: Callable[[Network], VectorJacobianProduct]
    devices: Callable[[], tuple[str, ...]]
    steady: Callable[[int], AbstractContextManager[None]]
    chance: Callable[[], Mapping[str, Array]] = dict
    draw_on: Callable[[Mapping[str, Array]], None] = lambda _arrays: None


def current_backend() -> Backend:
    """Give the backend that Keras runs on.

    Raises UsageError for one that is not known here.
    """
    name = keras.backend.backend()
    if name not in _MODULES:
        raise UsageError(
            f"Keras runs on {name}",
            expected="one of " + ", ".join(_MODULES),
            advice="Choose one with KERAS_BACKEND=tensorflow.",
        )
    backend: Backend = import_module(_MODULES[name]).BACKEND
    return backend


def usable_devices() -> tuple[str, ...]:
    """Name the devices that Keras' backend can use here."""
    return current_backend().devices()

"""The state of a training in Keras, as arrays and plain values: nothing of it is pickled."""

import random
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from robaudit.types import Array, State
from robaudit_keras.backends import current_backend
from robaudit_keras.optimizers import build_once


def take_state(model: Any, trainee: Any) -> State | None:
    """Take all that training changes: variables, the optimizer's among them, and generators.

    ``trainee`` is the compiled model around a ``model``, or that itself. Averages of weights and
    the state of what layers draw from are variables like others. ``None`` where some are texts.
    """
    arrays = {name: _plain(_array(variable)) for name, variable in _variables(model, trainee)}
    if any(array.dtype.hasobject for array in arrays.values()):
        return None
    _, words, *place = np.random.get_state()  # noqa: NPY002 - what Keras uses
    version, numbers, gauss = random.getstate()
    arrays |= {"numpy": np.array(words), "python": np.array(numbers, np.uint32)}
    facts = {"numpy": place, "python": [version, gauss]}
    return State({**arrays, **current_backend().chance()}, facts)


def put_state(state: State, model: Any, trainee: Any) -> None:
    """Go back to where a state was taken, of models that are made alike."""
    for name, variable in _variables(model, trainee):
        stored = state.arrays[name]
        kind = _array(variable).dtype
        variable.assign(stored if stored.dtype == kind else stored.view(kind))
    place, (version, gauss) = state.facts["numpy"], state.facts["python"]
    np.random.set_state(("MT19937", state.arrays["numpy"], *place))  # noqa: NPY002
    random.setstate((version, tuple(state.arrays["python"].tolist()), gauss))
    current_backend().draw_on(state.arrays)


def _variables(model: Any, trainee: Any) -> Iterator[tuple[str, Any]]:
    """Give all variables of a model, and those of its optimizer, which is built before."""
    build_once(trainee.optimizer, trainee)
    for part, variables in (("model", model.variables), ("optimizer", trainee.optimizer.variables)):
        for number, variable in enumerate(variables):
            yield f"{part}/{number}", variable


def _array(variable: Any) -> Array:
    return np.array(keras.ops.convert_to_numpy(variable.value))


def _plain(array: Array) -> Array:
    """Give types that NumPy has not, such as bfloat16, as whole numbers of the same bytes."""
    return array if array.dtype.isbuiltin == 1 else array.view(f"u{array.dtype.itemsize}")

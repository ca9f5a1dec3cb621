"""What a model keeps from one call to the next, where that changes its answers.

Layers that remember (``stateful=True``) and those of a user's own that update statistics at
inference make each answer depend on what was asked before: also on what robaudit itself asks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from robaudit.errors import NotAuditableError
from robaudit.opening import trial_inputs
from robaudit.types import FloatArray
from robaudit_keras.program import Program

_FAINT = np.float32(0.1)
"""Inputs times this have other statistics, and lie between 0 and 1 as well."""

Ask = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class KeptState:
    """All real numbers that a model may change while it runs, as they were at one time."""

    variables: Sequence[Any]
    values: Sequence[npt.NDArray[Any]]

    def changed(self) -> list[str]:
        """Name what is another by now."""
        return [
            str(variable.path)
            for variable, value in zip(self.variables, self.values, strict=True)
            if np.array(keras.ops.convert_to_numpy(variable)).tobytes() != value.tobytes()
        ]

    def put_back(self) -> None:
        """Give the model the values that it had."""
        for variable, value in zip(self.variables, self.values, strict=True):
            variable.assign(value)


def state_of(model: Any) -> KeptState:
    """Take down what a model holds; of a graph nothing can be had."""
    if isinstance(model, Program):
        return KeptState((), ())
    held = [*model.weights]
    for layer in model._flatten_layers():  # noqa: SLF001 - the only way to models within others
        if getattr(layer, "stateful", False):  # Keras does not count this among the weights
            held += keras.tree.flatten(getattr(layer, "states", ()))
    real = [each for each in held if keras.backend.is_float_dtype(each.dtype)]
    return KeptState(real, [np.array(keras.ops.convert_to_numpy(each)) for each in real])


def refuse_kept_state(before: KeptState, ask: Ask, shape: tuple[int, ...], name: str) -> None:
    """Raise NotAuditableError for a model whose answers depend on what it was asked before.

    ``before`` is what it held before it was asked anything, to which it goes back. It is refused
    where that has changed and ``ask`` gives the same inputs of a ``shape`` other scores after
    others.
    """
    changed = before.changed()
    if changed and _answers_change(before, ask, shape):
        raise NotAuditableError(
            f"{name} keeps state from one call to the next, and answers by it: at inference "
            f"running it changes {', '.join(changed[:3])}",
            expected="a model that is a function of its input, which running it leaves as it is",
            advice="Make it with stateful=False, or let statistics change in training mode only.",
        )


def _answers_change(before: KeptState, ask: Ask, shape: tuple[int, ...]) -> bool:
    others = trial_inputs(shape)
    x = others[::-1] * _FAINT
    try:
        before.put_back()
        first = ask(x)
        before.put_back()
        ask(others)
        return not np.array_equal(first, ask(x), equal_nan=True)
    finally:
        before.put_back()

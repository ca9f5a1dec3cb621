"""Which output of a model holds the scores."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from robaudit.errors import NotAuditableError, UsageError
from robaudit.types import FloatArray
from robaudit_keras.modes import inference_mode

Outputs = Mapping[str, npt.NDArray[Any]]


def named_outputs(model: Any, x: Any) -> dict[str, npt.NDArray[Any]]:
    """Run a model, by its own code, on a batch: all that it gives, by name."""
    outputs = model(x, training=inference_mode(model))
    flat = keras.tree.flatten(outputs)
    names = sorted(outputs) if isinstance(outputs, dict) else getattr(model, "output_names", ())
    if len(names) != len(flat) or len(set(names)) != len(flat):
        names = [f"output_{index}" for index in range(len(flat))]
    return {
        name: _as_floats(keras.ops.convert_to_numpy(array))
        for name, array in zip(names, flat, strict=True)
    }


def choose_output(outputs: Outputs, batch: int, wanted: str | None, name: str) -> str:
    """Choose the output that holds a score a class, or else one score for two classes.

    ``outputs`` are what ``batch`` inputs gave, ``wanted`` is the name that a user
    gave. Raises NotAuditableError when none fits and UsageError when a choice is left.
    """
    several = [output for output, array in outputs.items() if _holds_scores(array, batch)]
    single = [output for output, array in outputs.items() if _holds_one_score(array, batch)]
    fitting = [*several, *single] if wanted else several or single
    listed = ", ".join(f"{output} {_described(array)}" for output, array in outputs.items())
    if wanted is not None and wanted not in outputs:
        raise UsageError(f"{name} has no output named {wanted}", expected=f"one of {listed}")
    if not (fitting if wanted is None else wanted in fitting):
        raise NotAuditableError(
            f"{name} is no classifier: for {batch} input(s) it gives {listed}",
            expected="one score a class, of shape (N, classes), or one for two classes, (N, 1)",
        )
    if wanted is not None:
        return wanted
    if len(fitting) > 1:
        raise UsageError(
            f"several outputs of {name} may hold the scores: {', '.join(fitting)}",
            expected="the name of one",
            advice=f"Choose with `output='{fitting[0]}'`, for instance.",
        )
    return fitting[0]


def score_rows(outputs: Outputs, chosen: str) -> FloatArray:
    """Bring the chosen output into rows of scores: (n, classes)."""
    scores = outputs[chosen]
    return scores.reshape(len(scores), -1)


def _described(array: npt.NDArray[Any]) -> str:
    numbers = " of complex numbers" if np.issubdtype(array.dtype, np.complexfloating) else ""
    return f"{array.shape}{numbers}"


def _holds_scores(array: npt.NDArray[Any], batch: int) -> bool:
    """Tell whether an output is a vector of at least two real numbers an input."""
    if not np.issubdtype(array.dtype, np.floating) or array.ndim < 2 or len(array) != batch:
        return False
    return len([size for size in array.shape[1:] if size > 1]) == 1


def _holds_one_score(array: npt.NDArray[Any], batch: int) -> bool:
    """Tell whether an output is one real number an input."""
    return (
        np.issubdtype(array.dtype, np.floating)
        and array.ndim >= 1
        and len(array) == batch == array.size
    )


def _as_floats(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Widen numbers that NumPy does not count among its own, such as bfloat16."""
    return array.astype(np.float32) if array.dtype.kind == "V" else array

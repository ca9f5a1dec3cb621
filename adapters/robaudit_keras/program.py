"""Programs: what computes scores, and of which Keras 3 knows no layers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras

from robaudit.errors import UsageError
from robaudit.opening import OpenOptions


class Program(keras.Model):  # type: ignore[misc]  # Keras is untyped here
    """A function of a batch with the face of a model: it can be called, and no more.

    ``source`` is what the function is of, and lives as long; ``takes``, with the batch, and
    ``numbers``, a type's name, are the shape and the type of its input.
    """

    def __init__(
        self, run: Callable[[Any], Any], source: Any, takes: tuple[int | None, ...], numbers: str
    ) -> None:
        super().__init__(name="program")
        self._run, self._source = run, (source,)  # in a tuple, where Keras makes it no layer
        self.takes, self.numbers, self.built = takes, numbers, True

    @property
    def source(self) -> Any:
        """What the function is of."""
        return self._source[0]

    def call(self, x: Any, training: bool = False) -> Any:  # noqa: ARG002 - always inference
        """Run it on a batch: all that it gives."""
        return self._run(x)


def check_program(path: Path, what: str, options: OpenOptions) -> None:
    """Raise UsageError for a program of TensorFlow that is not trusted, or on another backend."""
    if not options.trust:
        raise UsageError(
            f"{path} is {what} that may read and write files",
            expected="a .keras file, which holds layers and no program",
            advice="If you trust whoever made it, allow it with `trust=True`.",
        )
    if keras.backend.backend() != "tensorflow":
        raise UsageError(
            f"{path} is {what}, but Keras runs on {keras.backend.backend()}",
            expected="KERAS_BACKEND=tensorflow",
        )

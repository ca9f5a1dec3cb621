"""A model of Keras, and how to get from its input to its scores on whichever backend."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras

from robaudit.errors import UsageError
from robaudit.types import ScoreKind

_SCOPES = {"cpu": "cpu:0", "cuda": "gpu:0"}


@dataclass(frozen=True)
class Network:
    """A model that nobody else holds, and which of its outputs are the scores.

    ``output`` counts its outputs as `keras.tree.flatten` gives them. ``shape`` and
    ``dtype`` are those of one input; ``device`` is "auto", "cpu" or "cuda". ``single`` says
    what the one score is that a model gives of two classes, and ``training`` is what the
    model is called with: see `inference_mode`.
    """

    model: Any
    output: int
    shape: tuple[int, ...]
    classes: int
    dtype: str
    device: str
    single: ScoreKind | None = None
    training: bool | None = False

    @property
    def exact(self) -> str:
        """The type that points on rays are computed in: half precision has steps of its own."""
        return "float32" if self.dtype in ("float16", "bfloat16") else self.dtype

    def __call__(self, x: Any) -> Any:
        """Give the scores of a batch as a tensor: (n, *shape) -> (n, classes)."""
        return self.pick(self.model(x, training=self.training))

    def pick(self, outputs: Any) -> Any:
        """Take the scores (n, classes) from all that the model gives."""
        scores = keras.tree.flatten(outputs)[self.output]
        if keras.backend.standardize_dtype(scores.dtype) == "bfloat16":  # unknown to NumPy
            scores = keras.ops.cast(scores, "float32")
        if self.single is not None:
            return two_scores_of(scores, self.single)
        return keras.ops.reshape(scores, (keras.ops.shape(scores)[0], self.classes))

    def points(self, banks: tuple[Any, ...], sample: Any, direction: Any, distance: Any) -> Any:
        """Compute points on rays (n, *shape) from banks of samples, directions and their box."""
        samples, directions, low, high = banks
        far = keras.ops.reshape(distance, (-1, *[1] * len(self.shape)))
        points = keras.ops.take(samples, sample, axis=0)
        points = points + far * keras.ops.take(directions, direction, axis=0)
        points = keras.ops.minimum(keras.ops.maximum(points, low), high)
        return keras.ops.cast(points, self.dtype)

    @contextmanager
    def on_device(self) -> Iterator[None]:
        """Place tensors that are made inside this."""
        with on_device(self.device):
            yield


def two_scores_of(scores: Any, kind: ScoreKind) -> Any:
    """Give the scores (n, 2) of two classes that one an input (n,) or (n, 1) tells apart.

    As `robaudit.opening.two_scores` does, on the backend.
    """
    second = keras.ops.reshape(scores, (-1,))
    if kind == "logits":
        first = keras.ops.zeros_like(second)
    elif kind == "log-probabilities":
        first = keras.ops.log1p(-keras.ops.exp(second))
    else:
        first = 1 - second
    return keras.ops.stack([first, second], axis=1)


@contextmanager
def on_device(device: str) -> Iterator[None]:
    """Place models and tensors that are made inside this on "cpu" or "cuda", if one is named."""
    if device not in _SCOPES:
        yield
        return
    with keras.device(_SCOPES[device]):
        yield


def check_device(device: str, usable: tuple[str, ...]) -> None:
    """Raise UsageError for CUDA where the backend has none."""
    if device == "cuda" and "cuda" not in usable:
        raise UsageError(
            f"device cuda, but Keras' backend here, {keras.backend.backend()}, has no GPU",
            expected="a build of it for CUDA, and a GPU",
            advice="Use `device='cpu'`, or choose another backend with KERAS_BACKEND=torch.",
        )

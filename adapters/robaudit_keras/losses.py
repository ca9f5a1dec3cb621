"""With which loss a model of Keras is trained, and what that compares scores with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from robaudit.types import FloatArray, InputSpec, IntArray, ScoreKind
from robaudit_keras.network import Network, two_scores_of

_ONE_HOT = {
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
    "kl_divergence",
    "mean_absolute_error",
    "mean_squared_error",
}
_OF_ONE_SCORE = {
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "hinge",
    "mean_absolute_error",
    "mean_squared_error",
    "squared_hinge",
}
"""Losses that compare one score an input with 0 or 1."""
_SPARSE = "sparse_categorical_crossentropy"


@dataclass(frozen=True)
class Loss:
    """What a model is compiled with, and what labels (n,) become for it."""

    function: Any
    targets: Callable[[IntArray], FloatArray | IntArray]


def choose_loss(network: Network, spec: InputSpec, wanted: Any) -> Loss:
    """Choose the loss that a plan wants, or else a compiled model's own, or the cross-entropy.

    Losses are called with labels (n,), or with one-hot rows (n, classes) where they are
    those of Keras that compare with such, and with scores (n, classes). A model of one
    score for two classes is trained on that score where a loss of Keras compares one
    with 0 or 1.
    """
    loss = wanted or loss_to_save(network, spec)
    name = loss_name(loss)
    if network.single and name in _OF_ONE_SCORE:
        return Loss(loss, lambda labels: labels.astype(network.dtype).reshape(-1, 1))
    rows = np.eye(spec.classes, dtype=network.dtype)
    function = _on_two_scores(loss, network.single) if network.single else loss
    return Loss(function, lambda labels: rows[labels] if name in _ONE_HOT else labels)


def loss_to_save(network: Network, spec: InputSpec) -> Any:
    """Give the loss that a file can hold: a compiled model's own, or the cross-entropy."""
    own = _own_loss(network)
    if own is not None:
        return own
    if network.single in ("logits", "probabilities"):
        return keras.losses.BinaryCrossentropy(from_logits=network.single == "logits")
    return keras.losses.SparseCategoricalCrossentropy(from_logits=spec.scores != "probabilities")


def loss_name(loss: Any) -> str | None:
    """Name a loss by its function; ``None`` for what is no loss of Keras."""
    if isinstance(loss, str):
        loss = keras.losses.get(loss)
    function = getattr(loss, "fn", loss)
    if not getattr(function, "__module__", "").startswith("keras."):
        return None
    return getattr(function, "__name__", None)


def _own_loss(network: Network) -> Any:
    """Give the loss of a compiled model, if what it compares with is known."""
    model = network.model
    outputs = getattr(model, "outputs", None)
    if not model.compiled or (outputs is not None and len(outputs) > 1):
        return None
    known = _OF_ONE_SCORE if network.single else {_SPARSE, *_ONE_HOT}
    return model.loss if loss_name(model.loss) in known else None


def _on_two_scores(loss: Any, kind: ScoreKind) -> Callable[[Any, Any], Any]:
    """Make a loss of two scores one of the score that they are made of."""
    function = keras.losses.get(loss)

    def of_one(labels: Any, score: Any) -> Any:
        return function(labels, two_scores_of(score, kind))

    return of_one

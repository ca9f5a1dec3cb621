"""Going on with the training of a model, on a copy of it, by Keras' own ``fit``."""

import math
from typing import Any

import keras
import numpy as np

from robaudit.errors import ClassifierError
from robaudit.types import FloatArray, InputSpec, IntArray, TrainPlan
from robaudit_keras.backends import current_backend
from robaudit_keras.copying import copy_model, copy_optimizer, steady_chance
from robaudit_keras.network import Network, on_device
from robaudit_keras.quiet import quietly

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
_SPARSE = "sparse_categorical_crossentropy"


def describe_training(network: Network, spec: InputSpec) -> str:
    """Say what a model is trained with: its own settings, or robaudit's."""
    model = network.model
    optimizer = type(model.optimizer).__name__ if model.compiled else "Adam"
    return f"{optimizer}, {_loss_name(_own_loss(network)) or _default_loss(spec).name}"


def train_network(
    network: Network, spec: InputSpec, x: FloatArray, y: IntArray, plan: TrainPlan
) -> Any:
    """Train a copy of a network's model on (x (n, *shape), y (n,)), and give the copy.

    A compiled model's own optimizer and loss are kept, begun afresh. The others
    get Adam and the cross-entropy that fits their scores.
    """
    with quietly(), on_device(network.device):
        copy = copy_model(network.model)
        with steady_chance(plan.seed), current_backend().steady(plan.seed):
            _fit(copy, network, spec, x, y, plan)
    if not all(np.isfinite(weights).all() for weights in copy.get_weights()):
        raise ClassifierError(
            f"training {copy.name} gave weights that are not finite",
            expected="a loss that goes down",
            advice="Train with a smaller learning rate.",
        )
    return copy


def _fit(
    copy: Any, network: Network, spec: InputSpec, x: FloatArray, y: IntArray, plan: TrainPlan
) -> None:
    random = np.random.default_rng(plan.seed)
    _seed_layers(copy, random)
    own, loss = network.model, _own_loss(network)
    optimizer = own.optimizer if own.compiled else keras.optimizers.Adam()
    trainee = _plain_scores(copy, network)
    trainee.compile(
        optimizer=copy_optimizer(optimizer, plan.learning_rate), loss=loss or _default_loss(spec)
    )
    labels = np.eye(spec.classes, dtype=network.dtype)[y] if _loss_name(loss) in _ONE_HOT else y
    batches = _Batches(x.astype(network.dtype), labels, plan.batch_size, random)
    trainee.fit(batches, epochs=plan.epochs, shuffle=False, verbose=0)


class _Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras is untyped here
    """Batches in an order that a generator of the plan's draws, another for each epoch."""

    def __init__(
        self, x: FloatArray, y: FloatArray | IntArray, size: int, random: np.random.Generator
    ) -> None:
        super().__init__()
        self._x, self._y, self._size, self._random = x, y, size, random
        self._order = random.permutation(len(x))

    def __len__(self) -> int:
        return math.ceil(len(self._x) / self._size)

    def __getitem__(self, index: int) -> tuple[FloatArray, FloatArray | IntArray]:
        rows = self._order[index * self._size : (index + 1) * self._size]
        return self._x[rows], self._y[rows]

    def on_epoch_end(self) -> None:
        self._order = self._random.permutation(len(self._x))


def _plain_scores(copy: Any, network: Network) -> Any:
    """Give the copy, or a model around it that gives (n, classes) and nothing else."""
    outputs = getattr(copy, "outputs", None)
    if outputs is None or (len(outputs) == 1 and len(outputs[0].shape) == 2):
        return copy
    scores = keras.layers.Reshape((network.classes,))(outputs[network.output])
    return keras.Model(copy.inputs, scores)


def _own_loss(network: Network) -> Any:
    """Give the loss of a compiled model, if what it compares with is known."""
    model = network.model
    outputs = getattr(model, "outputs", None)
    if not model.compiled or (outputs is not None and len(outputs) > 1):
        return None
    known = {_SPARSE, *_ONE_HOT}
    return model.loss if _loss_name(model.loss) in known else None


def _loss_name(loss: Any) -> str | None:
    """Name a loss by its function; ``None`` for what is no loss of Keras."""
    if isinstance(loss, str):
        loss = keras.losses.get(loss)
    function = getattr(loss, "fn", loss)
    if not getattr(function, "__module__", "").startswith("keras."):
        return None
    return getattr(function, "__name__", None)


def _default_loss(spec: InputSpec) -> Any:
    return keras.losses.SparseCategoricalCrossentropy(from_logits=spec.scores != "probabilities")


def _seed_layers(model: Any, random: np.random.Generator) -> None:
    """Seed what dropout and its like draw from."""
    for variable in model.variables:
        if variable.name == "seed_generator_state":
            drawn = random.integers(0, 2**31, tuple(variable.shape))
            variable.assign(drawn.astype(variable.dtype))

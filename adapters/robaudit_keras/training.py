"""Going on with the training of a model, on a copy of it, batch by batch."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import keras
import numpy as np

from robaudit import Classifier
from robaudit.errors import ClassifierError
from robaudit.training import shuffled_batches
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
_LAYERS = 1
"""Sets what layers draw apart from the order of batches, which is drawn from the seed alone."""


@dataclass(frozen=True)
class Views:
    """How a network is seen while it is trained: as it is just now, and as it will stay.

    ``live`` makes a classifier whose weights are those of the moment that it is
    asked, ``kept`` one that owns its weights.
    """

    live: Callable[[Network], Classifier]
    kept: Callable[[Network], Classifier]


def describe_training(network: Network, spec: InputSpec) -> str:
    """Say what a model is trained with: its own settings, or robaudit's."""
    model = network.model
    optimizer = type(model.optimizer).__name__ if model.compiled else "Adam"
    return f"{optimizer}, {_loss_name(_own_loss(network)) or _default_loss(spec).name}"


def train_network(
    network: Network, spec: InputSpec, x: FloatArray, y: IntArray, plan: TrainPlan, views: Views
) -> Network:
    """Train a copy of a network on (x (n, *shape), y (n,)), and give the copy.

    A compiled model's own optimizer and loss are kept, begun afresh, unless the
    plan has others. The rest get Adam and the cross-entropy that fits their scores.
    Losses are called with labels (n,), or with one-hot rows (n, classes) where they
    are those of Keras that compare with such.
    """
    with quietly(), on_device(network.device):
        learner = replace(network, model=copy_model(network.model))
        with steady_chance(plan.seed), current_backend().steady(plan.seed):
            _seed_layers(learner.model, np.random.default_rng([plan.seed, _LAYERS]))
            step = _compiled(learner, network, spec, plan)

            def kept() -> Classifier:
                copy = copy_model(learner.model)
                return views.kept(replace(learner, model=_to_be_saved(copy, network, spec, plan)))

            _train_batches(learner, step, x, y, plan, views.live, kept)
        _to_be_saved(learner.model, network, spec, plan)
    return learner


def _compiled(
    learner: Network, network: Network, spec: InputSpec, plan: TrainPlan
) -> Callable[[FloatArray, IntArray], Any]:
    """Compile the model of a learner, and give what trains it on a batch."""
    if not learner.model.trainable_variables:
        raise ClassifierError("a model without trainable weights", expected="some to train")
    own = network.model
    optimizer = keras.optimizers.get(plan.optimizer or (own.optimizer if own.compiled else "adam"))
    loss = plan.loss or _own_loss(network)
    trainee = _plain_scores(learner.model, network)
    trainee.compile(
        optimizer=copy_optimizer(optimizer, plan.learning_rate), loss=loss or _default_loss(spec)
    )
    rows = np.eye(spec.classes, dtype=network.dtype)
    one_hot = _loss_name(loss) in _ONE_HOT

    def step(inputs: FloatArray, labels: IntArray) -> None:
        trainee.train_on_batch(inputs.astype(network.dtype), rows[labels] if one_hot else labels)

    return step


def _train_batches(
    learner: Network,
    step: Callable[[FloatArray, IntArray], Any],
    x: FloatArray,
    y: IntArray,
    plan: TrainPlan,
    live: Callable[[Network], Classifier],
    kept: Callable[[], Classifier],
) -> None:
    # Made once, not for each batch: what compiles or traces a model does so once a classifier.
    perturb = plan.perturb and partial(plan.perturb, live(learner))
    for epoch, batches in enumerate(shuffled_batches(len(x), plan), start=1):
        for rows in batches:
            inputs, labels = x[rows], np.asarray(y)[rows]
            step(perturb(inputs, labels) if perturb else inputs, labels)
        if not all(np.isfinite(weights).all() for weights in learner.model.get_weights()):
            raise ClassifierError(
                f"training {learner.model.name} gave weights that are not finite",
                expected="a loss that goes down",
                advice="Train with a smaller learning rate.",
            )
        if plan.after_epoch is not None:
            plan.after_epoch(epoch, kept())


def _to_be_saved(model: Any, network: Network, spec: InputSpec, plan: TrainPlan) -> Any:
    """Put a loss that Keras knows in the place of a user's own, which no file can hold."""
    if model.compiled and model.loss is plan.loss and _loss_name(plan.loss) is None:
        loss = _own_loss(network) or _default_loss(spec)
        model.compile(optimizer=model.optimizer, loss=loss)
    return model


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

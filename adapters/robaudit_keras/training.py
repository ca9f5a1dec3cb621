"""Going on with the training of a model, on a copy of it, batch by batch."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import keras
import numpy as np

from robaudit import Classifier
from robaudit.batches import resumable_batches
from robaudit.errors import ClassifierError
from robaudit.types import FloatArray, InputSpec, IntArray, TrainPlan
from robaudit_keras.backends import current_backend
from robaudit_keras.copying import copy_model, copy_optimizer, steady_chance
from robaudit_keras.losses import Loss, choose_loss, loss_name, loss_to_save
from robaudit_keras.network import Network, on_device
from robaudit_keras.quiet import quietly
from robaudit_keras.states import put_state, take_state

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
    return f"{optimizer}, {loss_name(loss_to_save(network, spec))}"


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
            loss = choose_loss(network, spec, plan.loss)
            trainee = _compiled(learner, network, loss, plan)

            def kept() -> Classifier:
                copy = _to_be_saved(copy_model(learner.model), network, spec, loss)
                return views.kept(replace(learner, model=copy))

            _train_batches(learner, trainee, loss, x, y, plan, views.live, kept)
        _to_be_saved(learner.model, network, spec, loss)
    return learner


def _compiled(learner: Network, network: Network, loss: Loss, plan: TrainPlan) -> Any:
    """Compile the model of a learner, or one around it, and give that."""
    if not learner.model.trainable_variables:
        raise ClassifierError("a model without trainable weights", expected="some to train")
    own = network.model
    optimizer = keras.optimizers.get(plan.optimizer or (own.optimizer if own.compiled else "adam"))
    rate = plan.learning_rate
    if rate is None and plan.optimizer is None and not own.compiled:
        rate = plan.default_learning_rate
    trainee = _plain_scores(learner.model, network)
    trainee.compile(optimizer=copy_optimizer(optimizer, rate), loss=loss.function)
    return trainee


def _train_batches(
    learner: Network,
    trainee: Any,
    loss: Loss,
    x: FloatArray,
    y: IntArray,
    plan: TrainPlan,
    live: Callable[[Network], Classifier],
    kept: Callable[[], Classifier],
) -> None:
    # Made once, not for each batch: what compiles or traces a model does so once a classifier.
    perturb = plan.perturb and partial(plan.perturb, live(learner))
    held = learner.model, trainee
    for epoch, batches in resumable_batches(
        len(x),
        plan,
        lambda: take_state(*held),
        lambda state: put_state(state, *held),
        _rate_of(trainee.optimizer),
    ):
        for rows in batches:
            inputs, labels = x[rows], np.asarray(y)[rows]
            inputs = perturb(inputs, labels) if perturb else inputs
            trainee.train_on_batch(inputs.astype(learner.dtype), loss.targets(labels))
        if not all(np.isfinite(weights).all() for weights in learner.model.get_weights()):
            raise ClassifierError(
                f"training {learner.model.name} gave weights that are not finite",
                expected="a loss that goes down",
                advice="Train with a smaller learning rate.",
            )
        if plan.after_epoch is not None:
            plan.after_epoch(epoch, kept())


def _rate_of(optimizer: Any) -> Callable[[float], None] | None:
    """Give what sets the learning rate of an optimizer; ``None`` for one with its own schedule."""
    if isinstance(
        optimizer.get_config()["learning_rate"],
        dict | keras.optimizers.schedules.LearningRateSchedule,
    ):
        return None
    usual = float(optimizer.learning_rate)

    def set_rate(factor: float) -> None:
        optimizer.learning_rate = factor * usual

    return set_rate


def _to_be_saved(model: Any, network: Network, spec: InputSpec, loss: Loss) -> Any:
    """Put a loss that Keras knows in the place of one that no file can hold."""
    if model.compiled and model.loss is loss.function and loss_name(loss.function) is None:
        model.compile(optimizer=model.optimizer, loss=loss_to_save(network, spec))
    return model


def _plain_scores(copy: Any, network: Network) -> Any:
    """Give the copy, or a model around it that gives what is trained, and nothing else."""
    outputs = getattr(copy, "outputs", None)
    if outputs is None or (len(outputs) == 1 and (network.single or len(outputs[0].shape) == 2)):
        return copy
    scores = outputs[network.output]
    if not network.single:
        scores = keras.layers.Reshape((network.classes,))(scores)
    return keras.Model(copy.inputs, scores)


def _seed_layers(model: Any, random: np.random.Generator) -> None:
    """Seed what dropout and its like draw from."""
    for variable in model.variables:
        if variable.name == "seed_generator_state":
            drawn = random.integers(0, 2**31, tuple(variable.shape))
            variable.assign(drawn.astype(variable.dtype))

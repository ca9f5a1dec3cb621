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
from robaudit_keras.copying import copy_model, steady_chance
from robaudit_keras.losses import Loss, choose_loss, loss_name, loss_to_save
from robaudit_keras.network import Network, on_device
from robaudit_keras.optimizers import copy_optimizer, optimizer_name, scaled, steered
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
    optimizer = optimizer_name(model.optimizer) if model.compiled else "Adam"
    return f"{optimizer}, {loss_name(loss_to_save(network, spec))}"


def train_network(
    network: Network, spec: InputSpec, x: FloatArray, y: IntArray, plan: TrainPlan, views: Views
) -> Network:
    """Train a copy of a network on (x (n, *shape), y (n,)), and give the copy.

    A compiled model's own optimizer and loss are kept, begun afresh, unless the
    plan has others. The rest get Adam and the cross-entropy that fits their scores.
    Losses are called with labels (n,), or with one-hot rows (n, classes) where they
    are those of Keras that compare with such. A plan's schedule multiplies what the
    optimizer's own says, if it has one.
    """
    with quietly(), on_device(network.device):
        learner = replace(network, model=copy_model(network.model))
        with steady_chance(plan.seed), current_backend().steady(plan.seed):
            _seed_layers(learner.model, np.random.default_rng([plan.seed, _LAYERS]))
            loss = choose_loss(network, spec, plan.loss)
            optimizer = _chosen_optimizer(network.model, plan)
            trainee, set_rate = _compiled(learner, network, loss, optimizer, plan)

            def to_be_saved(model: Any) -> Any:
                # Neither the rate that a schedule left, nor a loss that no file can hold.
                if trainee is learner.model:
                    known = loss_name(loss.function) is not None
                    kept_loss = loss.function if known else loss_to_save(network, spec)
                    model.compile(optimizer=copy_optimizer(optimizer), loss=kept_loss)
                return model

            def kept() -> Classifier:
                return views.kept(replace(learner, model=to_be_saved(copy_model(learner.model))))

            _train_batches(learner, trainee, set_rate, loss, x, y, plan, views.live, kept)
        to_be_saved(learner.model)
    return learner


def _chosen_optimizer(own: Any, plan: TrainPlan) -> Any:
    """Copy the optimizer of a plan, or else a model's own, or Adam."""
    chosen = keras.optimizers.get(plan.optimizer or (own.optimizer if own.compiled else "adam"))
    rate = plan.learning_rate
    if rate is None and plan.optimizer is None and not own.compiled:
        rate = plan.default_learning_rate
    return copy_optimizer(chosen, rate)


def _compiled(
    learner: Network, network: Network, loss: Loss, optimizer: Any, plan: TrainPlan
) -> tuple[Any, Callable[[float], None] | None]:
    """Compile the model of a learner, or one around it; give it and what sets its learning rate."""
    if not learner.model.trainable_variables:
        raise ClassifierError("a model without trainable weights", expected="some to train")
    trainee = _plain_scores(learner.model, network)
    own, set_rate = steered(optimizer) if plan.schedule else (copy_optimizer(optimizer), None)
    trainee.compile(optimizer=scaled(own, trainee), loss=loss.function)
    return trainee, set_rate


def _train_batches(
    learner: Network,
    trainee: Any,
    set_rate: Callable[[float], None] | None,
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
        set_rate,
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

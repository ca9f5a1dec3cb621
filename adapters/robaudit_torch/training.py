"""Going on with the training of a PyTorch module."""

import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch

from robaudit import Classifier, TrainPlan
from robaudit.batches import resumable_batches
from robaudit.errors import ClassifierError
from robaudit.types import FloatArray, IntArray, ScoreKind
from robaudit_torch.network import Module, Network, Tensor, copied
from robaudit_torch.states import put_state, take_state

_LEARNING_RATE = 1e-3
_SMALLEST_PROBABILITY = 1e-12
_ROUNDING = 0.02
"""How far above 1 probabilities in half precision may sum up."""


@dataclass(frozen=True)
class Views:
    """How a network is seen while it is trained: as it is just now, and as it will stay.

    ``live`` makes a classifier that is good until the next step, ``kept`` one that
    owns its weights.
    """

    live: Callable[[Network], Classifier]
    kept: Callable[[Network], Classifier]


def trained_copy(
    network: Network, scores: ScoreKind, x: FloatArray, y: IntArray, plan: TrainPlan, views: Views
) -> Network:
    """Train a copy of a network on (x (n, *shape), y (n,)).

    Unless the plan says otherwise the optimizer is Adam and the loss the
    cross-entropy, by the kind of scores. Layers such as dropout and batch
    normalisation are in training mode meanwhile, where the module has one: an
    exported program has only the mode that it was exported in.
    """
    learner = copied_network(network)
    parameters = [parameter for parameter in learner.module.parameters() if parameter.requires_grad]
    train_parameters(learner, parameters, scores, x, y, plan, views)
    return learner


def train_parameters(
    learner: Network,
    parameters: Sequence[Any],
    scores: ScoreKind,
    x: FloatArray,
    y: IntArray,
    plan: TrainPlan,
    views: Views,
) -> None:
    """Train parameters of a network where they are; it is in evaluation mode afterwards.

    PyTorch's random numbers are drawn from the plan's seed meanwhile.
    """
    devices = [learner.device] if learner.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(plan.seed)
        _train(learner, parameters, scores, x, y, plan, views)


def _train(
    learner: Network,
    parameters: Sequence[Any],
    scores: ScoreKind,
    x: FloatArray,
    y: IntArray,
    plan: TrainPlan,
    views: Views,
) -> None:
    if not parameters:
        raise ClassifierError("a module without trainable weights", expected="some to train")
    if plan.optimizer is None:
        rate = plan.learning_rate or plan.default_learning_rate or _LEARNING_RATE
        optimizer = torch.optim.Adam(parameters, lr=rate)
    else:
        optimizer = plan.optimizer(parameters)
    measure = plan.loss or partial(cross_entropy_of, scores)
    held = learner.module, optimizer
    usual = [group["lr"] for group in optimizer.param_groups]

    def set_rate(factor: float) -> None:
        for group, rate in zip(optimizer.param_groups, usual, strict=True):
            group["lr"] = factor * rate

    for epoch, batches in resumable_batches(
        len(x),
        plan,
        lambda: take_state(*held, learner.device),
        lambda state: put_state(state, *held),
        set_rate,
    ):
        for rows in batches:
            inputs = x[rows]
            if plan.perturb is not None:
                inputs = plan.perturb(views.live(learner), inputs, y[rows])
            labels = torch.as_tensor(np.asarray(y)[rows], dtype=torch.int64, device=learner.device)
            optimizer.zero_grad()
            set_mode(learner.module, training=True)
            with torch.enable_grad():
                measure(learner.scores(learner.tensor(inputs)), labels).backward()
            optimizer.step()
            set_mode(learner.module, training=False)
        if not all(parameter.isfinite().all() for parameter in parameters):
            raise ClassifierError(
                "training gave weights that are not finite",
                expected="a loss that goes down",
                advice="Train with a smaller learning rate.",
            )
        if plan.after_epoch is not None:
            plan.after_epoch(epoch, views.kept(copied_network(learner)))


def cross_entropy_of(scores: ScoreKind, values: Tensor, labels: Tensor) -> Tensor:
    """Compute the mean cross-entropy of scores (n, classes) of some kind with labels (n,).

    Some networks end in softmax in evaluation mode alone: in training they give logits.
    """
    if scores == "logits" or (scores == "probabilities" and not _are_shares(values)):
        return torch.nn.functional.cross_entropy(values, labels)
    if scores == "probabilities":
        values = values.clamp_min(_SMALLEST_PROBABILITY).log()
    return torch.nn.functional.nll_loss(values, labels)


def _are_shares(values: Tensor) -> bool:
    values = values.detach()
    return bool((values >= 0).all() and (values.sum(dim=1) <= 1 + _ROUNDING).all())


def copied_network(network: Network) -> Network:
    """Copy a network with its module."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of copying TorchScript
        module = copied(network.module)
    return replace(network, module=module)


def set_mode(module: Module, *, training: bool) -> None:
    """Put a module into training or evaluation mode, if it has more than one."""
    try:
        module.train(training)
    except NotImplementedError:  # exported programs
        return
    except Exception:  # noqa: BLE001 - its method of that name may be another, or its flag fixed
        for part in module.modules():
            with suppress(Exception):
                part.training = training

"""Going on with the training of a PyTorch module."""

import warnings
from collections.abc import Iterator

import numpy as np
import torch

from robaudit.errors import ClassifierError
from robaudit.types import FloatArray, IntArray, ScoreKind, TrainPlan
from robaudit_torch.network import Module, Network, Tensor, copied

_LEARNING_RATE = 1e-3
_SMALLEST_PROBABILITY = 1e-12


def trained_copy(
    network: Network, scores: ScoreKind, x: FloatArray, y: IntArray, plan: TrainPlan
) -> Module:
    """Train a copy of a network's module on (x (n, *shape), y (n,)) with Adam.

    The loss is the cross-entropy, by the kind of scores. Layers such as dropout
    and batch normalisation are in training mode meanwhile, where the module has
    one: an exported program has only the mode that it was exported in.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of copying TorchScript
        module = copied(network.module)
    parameters = [one for one in module.parameters() if one.requires_grad]
    if not parameters:
        raise ClassifierError("a module without trainable weights", expected="some to train")
    optimiser = torch.optim.Adam(parameters, lr=plan.learning_rate or _LEARNING_RATE)
    learner = Network(module, network.device, network.dtype, network.output, network.batch)
    devices = [network.device] if network.device.type == "cuda" else []
    set_mode(module, training=True)
    with torch.random.fork_rng(devices=devices), torch.enable_grad():
        torch.manual_seed(plan.seed)
        for rows in _batches(len(x), plan):
            labels = torch.as_tensor(np.asarray(y)[rows], dtype=torch.int64, device=network.device)
            optimiser.zero_grad()
            loss(learner.scores(learner.tensor(x[rows])), labels, scores).backward()
            optimiser.step()
    set_mode(module, training=False)
    return module


def loss(found: Tensor, labels: Tensor, scores: ScoreKind) -> Tensor:
    """Mean cross-entropy of scores (n, classes) with labels (n,)."""
    if scores == "logits":
        return torch.nn.functional.cross_entropy(found, labels)
    if scores == "probabilities":
        found = found.clamp_min(_SMALLEST_PROBABILITY).log()
    return torch.nn.functional.nll_loss(found, labels)


def set_mode(module: Module, *, training: bool) -> None:
    """Put a module into training or evaluation mode, if it has more than one."""
    try:
        module.train(training)
    except NotImplementedError:  # exported programs
        return


def _batches(count: int, plan: TrainPlan) -> Iterator[IntArray]:
    """Shuffle the rows of each pass into batches; one row left over joins the batch before.

    Batch normalisation cannot be trained on a single input.
    """
    random = np.random.default_rng(plan.seed)
    for _ in range(plan.epochs):
        ends = list(range(plan.batch_size, count, plan.batch_size))
        if ends and count - ends[-1] == 1:
            ends.pop()
        yield from np.split(random.permutation(count), ends)

"""Weights of modules: statistics of batch normalisation anew, and what is left as it was."""

import numpy as np
import pytest
import torch
from torch import nn

import robaudit
from robaudit import Classifier, InputSpec
from robaudit.types import Weights
from robaudit_torch.trained_weights import take_weights

X = np.random.default_rng(0).normal(2, 3, (300, 4)).astype(np.float32)
SPEC = InputSpec((4,), 2, low=-20, high=20)


def normalised(*, frozen: bool = False) -> nn.Module:
    """Normalise four numbers, and weigh them; a frozen part keeps its statistics."""

    class Network(nn.Sequential):
        def train(self, mode: bool = True) -> "Network":
            super().train(mode)
            if frozen:
                self[0].eval()
            return self

    torch.manual_seed(0)
    return Network(nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 2))


def weights_of(classifier: Classifier) -> Weights:
    assert classifier.weights is not None
    return classifier.weights


def test_statistics_are_the_means_of_batches_of_the_data() -> None:
    """Of three equal batches, as if each had been seen once; counts of batches are no weights."""
    classifier = robaudit.load(normalised(), spec=SPEC)
    arrays = weights_of(classifier).take()
    assert "0.num_batches_tracked" not in arrays
    taken = weights_of(weights_of(classifier).put(arrays, X)).take()
    np.testing.assert_allclose(taken["0.running_mean"], X.mean(axis=0), rtol=1e-5)
    variances = np.mean([part.var(axis=0, ddof=1) for part in np.array_split(X, 3)], axis=0)
    np.testing.assert_allclose(taken["0.running_var"], variances, rtol=1e-5)
    np.testing.assert_array_equal(taken["2.weight"], arrays["2.weight"])


def test_a_frozen_part_keeps_its_statistics() -> None:
    module = normalised(frozen=True)
    module[0].running_mean.fill_(1.5)
    classifier = robaudit.load(module, spec=SPEC)
    made = weights_of(classifier).put(weights_of(classifier).take(), X)
    assert weights_of(made).take()["0.running_mean"].tolist() == [1.5] * 4
    np.testing.assert_array_equal(made.predict(X), classifier.predict(X))


def test_the_momentum_and_the_mode_are_as_they_were() -> None:
    classifier = robaudit.load(normalised(), spec=SPEC)
    made = weights_of(classifier).put(weights_of(classifier).take(), X)
    np.testing.assert_array_equal(made.predict(X), made.predict(X))
    assert made.train is not None
    plan = robaudit.TrainPlan(batch_size=300)
    trained = weights_of(made.train(X, np.zeros(300, int), plan)).take()
    np.testing.assert_allclose(trained["0.running_mean"], X.mean(axis=0), rtol=1e-4)


def test_half_precision_is_taken_as_single() -> None:
    module = nn.Linear(4, 2).to(torch.bfloat16)
    arrays = take_weights(module)
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.float32)}
    wanted = module.weight.detach().float().numpy()
    np.testing.assert_array_equal(arrays["weight"], wanted)


class InstancesAsOne(nn.Module):
    """Normalise four numbers as a row of one channel an input."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.InstanceNorm1d(1, track_running_stats=True)
        self.weigh = nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.weigh(self.norm(x.unsqueeze(1)).squeeze(1))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_scripted_layers_get_statistics_as_others_do() -> None:
    """Though their momentum is fixed, and they are of no class of Python's."""
    made = []
    for module in (normalised(), torch.jit.script(normalised().eval())):
        classifier = robaudit.load(module, spec=SPEC)
        taken = {**weights_of(classifier).take()}
        made.append(weights_of(classifier).put(taken, X))
    eager, scripted = (weights_of(one).take() for one in made)
    for name in ("0.running_mean", "0.running_var"):
        np.testing.assert_array_equal(scripted[name], eager[name])
    np.testing.assert_allclose(scripted["0.running_mean"], X.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(made[1].predict(X), made[0].predict(X), rtol=1e-5)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_traced_layers_keep_their_statistics() -> None:
    """They normalise by them in training, too."""
    module = normalised().eval()
    module[0].running_mean.fill_(1.5)
    classifier = robaudit.load(torch.jit.trace(module, torch.ones(2, 4)), spec=SPEC)
    made = weights_of(classifier).put(weights_of(classifier).take(), X)
    assert weights_of(made).take()["0.running_mean"].tolist() == [1.5] * 4
    np.testing.assert_array_equal(made.predict(X), classifier.predict(X))


def test_statistics_of_instances_are_means_over_them() -> None:
    classifier = robaudit.load(InstancesAsOne(), spec=SPEC)
    made = weights_of(classifier).put(weights_of(classifier).take(), X)
    taken = weights_of(made).take()
    np.testing.assert_allclose(taken["norm.running_mean"], X.mean(), rtol=1e-5)
    variance = X.var(axis=1, ddof=1).mean()
    np.testing.assert_allclose(taken["norm.running_var"], variance, rtol=1e-5)


def test_the_mean_of_a_layer_without_momentum_goes_on_from_what_it_has_seen() -> None:
    module = normalised()
    module[0].momentum = None
    classifier = robaudit.load(module, spec=SPEC)
    made = weights_of(classifier).put(weights_of(classifier).take(), X)
    np.testing.assert_allclose(weights_of(made).take()["0.running_mean"], X.mean(axis=0), rtol=1e-5)

"""Weights of modules: statistics of batch normalisation anew, and what is left as it was."""

import numpy as np
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

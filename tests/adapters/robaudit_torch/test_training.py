"""Training PyTorch modules: with whose settings, what it shows, and what it leaves alone."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from robaudit import Classifier, Images, OpenOptions, TrainPlan, load
from robaudit.errors import ClassifierError
from robaudit.hardening.abilities import check_trainable
from tests.support.digit_inputs import SPEC
from tests.support.networks import small

random = np.random.default_rng(0)
LABELS = np.arange(12) % 10
SHAPE = OpenOptions(input_shape=(1, 8, 8))


def test_training_gives_a_new_classifier_and_batch_normalisation_learns(digits: Images) -> None:
    classifier = load(small(), spec=SPEC)
    assert digits.labels is not None
    x, y = digits.unit_pixels(slice(0, 301)).transpose(0, 3, 1, 2), digits.labels[:301]
    before = classifier.predict(x)
    assert classifier.train is not None
    plan = TrainPlan(epochs=8, batch_size=50, learning_rate=0.01)  # one image is left over
    after, again = classifier.train(x, y, plan), classifier.train(x, y, plan)
    np.testing.assert_array_equal(classifier.predict(x), before)
    np.testing.assert_array_equal(after.predict(x), again.predict(x))
    assert (after.predict(x).argmax(axis=1) == y).mean() > 0.9
    assert after.fingerprint != classifier.fingerprint
    np.testing.assert_array_equal(after.predict(x), after.predict(x))


def test_training_does_not_disturb_the_users_random_numbers(x: np.ndarray) -> None:
    classifier = load(small(), spec=SPEC)
    assert classifier.train is not None
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    classifier.train(x, np.arange(12) % 10, TrainPlan())
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize(
    ("tail", "kind"),
    [(nn.Softmax(1), "probabilities"), (nn.LogSoftmax(1), "log-probabilities")],
)
def test_other_kinds_of_scores_are_trained_by_their_own_loss(
    tail: nn.Module, kind: str, digits: Images
) -> None:
    classifier = load(nn.Sequential(small(), tail), OpenOptions(image_shape=(8, 8, 1)))
    assert classifier.spec.scores == kind
    assert digits.labels is not None
    x, y = digits.unit_pixels(slice(0, 300)).transpose(0, 3, 1, 2), digits.labels[:300]
    assert classifier.train is not None
    after = classifier.train(x, y, TrainPlan(epochs=8, batch_size=50, learning_rate=0.01))
    assert (after.predict(x).argmax(axis=1) == y).mean() > 0.9


def test_a_module_without_weights_cannot_be_trained() -> None:
    classifier: Classifier = load(nn.Flatten(), OpenOptions(input_shape=(1, 8, 8), scores="logits"))
    assert classifier.train is None
    with pytest.raises(ClassifierError, match="no weights that can be trained"):
        check_trainable(classifier)


def train(module: nn.Module, x: np.ndarray, plan: TrainPlan) -> Classifier:
    classifier = load(module, spec=SPEC)
    assert classifier.train is not None
    return classifier.train(x, LABELS, plan)


def linear() -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 10))


def sum_of_squares(scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return ((scores - nn.functional.one_hot(labels, 10)) ** 2).sum()


def test_the_optimizer_and_the_loss_of_a_plan_are_what_is_trained_with(x: np.ndarray) -> None:
    """One step of plain gradient descent on a sum of squares, worked out by hand."""
    plan = TrainPlan(
        batch_size=12, optimizer=partial(torch.optim.SGD, lr=0.01), loss=sum_of_squares
    )
    flat, before = x.reshape(12, 64), load(linear(), spec=SPEC).predict(x)
    slope = 2 * (before - np.eye(10)[LABELS])
    expected = before - 0.01 * (flat @ (flat.T @ slope) + slope.sum(axis=0))
    np.testing.assert_allclose(train(linear(), x, plan).predict(x), expected, rtol=1e-4, atol=1e-5)


def test_a_default_of_a_plan_stands_in_for_adams_alone(x: np.ndarray) -> None:
    def trained(**rates: float) -> np.ndarray:
        return train(linear(), x, TrainPlan(batch_size=12, **rates)).predict(x)  # type: ignore[arg-type]

    as_asked, usual = trained(learning_rate=0.01), trained()
    assert not np.array_equal(as_asked, usual)
    np.testing.assert_array_equal(trained(default_learning_rate=0.01), as_asked)
    np.testing.assert_array_equal(trained(learning_rate=0.01, default_learning_rate=9.0), as_asked)


def test_an_optimizer_is_made_anew_of_the_weights_that_are_trained(x: np.ndarray) -> None:
    module, made = small(), []
    module[5].bias.requires_grad_(False)

    def optimizer(parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
        made.append(parameters)
        return torch.optim.Adam(parameters, lr=0.01)

    for _ in range(2):
        train(module, x, TrainPlan(optimizer=optimizer))
    shapes = [tuple(one.shape) for one in module.parameters() if one.requires_grad]
    assert [[tuple(one.shape) for one in given] for given in made] == [shapes, shapes]
    ids = [id(one) for one in (*made[0], *made[1], *module.parameters())]
    assert len(set(ids)) == len(ids)


def test_an_epoch_is_shown_as_training_that_ends_there_leaves_it(x: np.ndarray) -> None:
    shown: list[Classifier] = []
    plan = TrainPlan(epochs=3, batch_size=5, after_epoch=lambda _, one: shown.append(one))
    train(small(), x, plan)
    short = train(small(), x, TrainPlan(epochs=2, batch_size=5))
    np.testing.assert_array_equal(shown[1].predict(x), short.predict(x))
    assert shown[1].fingerprint == short.fingerprint
    assert len({one.fingerprint for one in shown}) == 3


def test_what_perturb_sees_is_in_evaluation_mode(x: np.ndarray) -> None:
    """Asking it neither draws from dropout, moves the statistics nor leaves a gradient."""
    same = []

    def perturb(trainee: Classifier, inputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
        assert trainee.vjp is not None
        trainee.vjp(inputs, np.eye(10)[labels])
        same.append(np.array_equal(trainee.predict(inputs), trainee.predict(inputs)))
        return inputs.astype(np.float64)

    asked = train(small(), x, TrainPlan(epochs=2, batch_size=5, perturb=perturb))
    assert same == [True] * 6
    plain = train(small(), x, TrainPlan(epochs=2, batch_size=5))
    np.testing.assert_array_equal(asked.predict(x), plain.predict(x))


def test_what_perturb_returns_is_trained_on(x: np.ndarray) -> None:
    """Black images leave the weights of a linear layer alone, and move its bias."""
    plan = TrainPlan(epochs=2, perturb=lambda _trainee, inputs, _labels: 0 * inputs)
    moved = train(linear(), x, plan).predict(x) - load(linear(), spec=SPEC).predict(x)
    np.testing.assert_allclose(moved, np.tile(moved[:1], (12, 1)), atol=1e-6)
    assert np.abs(moved).max() > 1e-4


def test_weights_that_are_not_finite_are_refused(x: np.ndarray) -> None:
    with pytest.raises(ClassifierError, match="smaller learning rate"):
        train(linear(), x, TrainPlan(epochs=3, optimizer=partial(torch.optim.SGD, lr=1e38)))


class SoftmaxAtTheEnd(nn.Module):
    """Gives logits in training and probabilities otherwise, as networks of Ultralytics do."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.inner(x)
        return scores if self.training else scores.softmax(1)


def test_logits_in_training_mode_are_trained_as_logits(x: np.ndarray) -> None:
    module, plan = SoftmaxAtTheEnd(), TrainPlan(epochs=3, learning_rate=0.1)
    classifier, plain = load(module, SHAPE), load(module.inner, SHAPE)
    assert classifier.spec.scores == "probabilities"
    assert classifier.train is not None
    assert plain.train is not None
    trained = classifier.train(x, LABELS, plan).predict(x)
    logits = torch.as_tensor(plain.train(x, LABELS, plan).predict(x))
    np.testing.assert_allclose(trained, logits.softmax(1).numpy(), rtol=1e-4, atol=1e-6)

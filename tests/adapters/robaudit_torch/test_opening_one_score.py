"""Modules, scripts, programs and weights that give one score an input, for two classes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from robaudit import (
    Classifier,
    InputSpec,
    OpenOptions,
    SearchPlan,
    TrainPlan,
    load,
    read_images,
    scan,
)
from robaudit.errors import NotAuditableError
from robaudit.predicting import make_probe, points_on_rays
from tests.support.paths import ROOT
from tests.support.single_scores import Scorer, scorer

SHAPE = OpenOptions(input_shape=(1, 8, 8))
RAW = OpenOptions(input_shape=(1, 8, 8), scores="logits")
NETWORKS = ROOT / "tests/support/single_scores.py"


def live(module: Scorer, _path: Path, options: OpenOptions) -> Classifier:
    return load(module, options)


def scripted(module: Scorer, path: Path, options: OpenOptions) -> Classifier:
    torch.jit.save(torch.jit.script(module), str(path / "model.pt"))
    return load(path / "model.pt", options)


def exported(module: Scorer, path: Path, options: OpenOptions) -> Classifier:
    sizes = {"x": {0: torch.export.Dim("batch")}}
    program = torch.export.export(module, (torch.zeros(2, 1, 8, 8),), dynamic_shapes=sizes)
    torch.export.save(program, path / "model.pt2")
    return load(path / "model.pt2", OpenOptions(scores=options.scores))


def weighed(module: Scorer, path: Path, options: OpenOptions) -> Classifier:
    torch.save(module.state_dict(), path / "model.pth")
    factory = f"{NETWORKS}:scorer(raw={module.raw}, flat={module.flat})"
    return load(
        path / "model.pth",
        OpenOptions(input_shape=(1, 8, 8), scores=options.scores, factory=factory),
    )


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("flat", [False, True], ids=["(N, 1)", "(N,)"])
@pytest.mark.parametrize("raw", [False, True], ids=["probability", "logit"])
@pytest.mark.parametrize("way", [live, scripted, exported, weighed])
def test_one_score_is_that_of_the_second_of_two_classes(
    tmp_path: Path, x: np.ndarray, way: Callable[..., Classifier], raw: bool, flat: bool
) -> None:
    module = scorer(raw=raw, flat=flat).eval()
    classifier = way(module, tmp_path, RAW if raw else SHAPE)
    assert classifier.spec == InputSpec((1, 8, 8), 2, "logits" if raw else "probabilities")
    assert classifier.doubt is None
    with torch.no_grad():
        second = module(torch.tensor(x)).reshape(-1).numpy()
    first = np.zeros_like(second) if raw else 1 - second
    np.testing.assert_allclose(
        classifier.predict(x), np.stack([first, second], axis=1), rtol=1e-5, atol=1e-6
    )
    check_gradients(classifier, module, x)
    check_probe(classifier, x)


def check_gradients(classifier: Classifier, module: Scorer, x: np.ndarray) -> None:
    """A cotangent (a, b) is one of b - a for a probability, and of b alone for a logit."""
    cotangent = np.random.default_rng(1).normal(0, 1, (len(x), 2)).astype(np.float32)
    weight = cotangent[:, 1] if module.raw else cotangent[:, 1] - cotangent[:, 0]
    point = torch.tensor(x, requires_grad=True)
    score = module(point).reshape(-1)
    (expected,) = torch.autograd.grad(score, point, torch.tensor(weight))
    assert classifier.vjp is not None
    np.testing.assert_allclose(classifier.vjp(x, cotangent), expected, rtol=1e-4, atol=1e-6)


def check_probe(classifier: Classifier, x: np.ndarray) -> None:
    directions = np.random.default_rng(2).normal(0, 1, (3, 1, 8, 8)).astype(np.float32)
    sample, direction = np.array([0, 1, 5]), np.array([2, 0, 1])
    distance = np.array([0.1, -0.2, 0.3])
    points = points_on_rays(x[sample], directions[direction], distance, 0, 1)
    probe = make_probe(classifier, x, directions, clip=True)
    np.testing.assert_allclose(
        probe(sample, direction, distance), classifier.predict(points), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("raw", [False, True])
def test_training_on_one_score_learns_two_classes(raw: bool) -> None:
    random = np.random.default_rng(0)
    y = np.arange(200) % 2
    x = (random.random((200, 1, 8, 8)) * 0.5 + y[:, None, None, None] * 0.3).astype(np.float32)
    classifier = load(scorer(raw=raw, flat=True), RAW if raw else SHAPE)
    assert classifier.train is not None
    after = classifier.train(x, y, TrainPlan(epochs=20, learning_rate=0.01))
    assert (after.predict(x).argmax(axis=1) == y).mean() > 0.9


def test_training_steps_are_those_of_the_binary_cross_entropy(x: np.ndarray) -> None:
    """Whether of a logit or of its sigmoid, the loss of the two classes is the usual one."""
    y = np.arange(12) % 2
    plan = TrainPlan(batch_size=12, optimizer=lambda p: torch.optim.SGD(p, lr=0.1))
    module = scorer(raw=True, flat=True)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    labels = torch.tensor(y, dtype=torch.float32)
    nn.functional.binary_cross_entropy_with_logits(module(torch.tensor(x)), labels).backward()
    optimizer.step()
    expected = load(module, RAW).predict(x)[:, 1]
    for raw, options in ((True, RAW), (False, SHAPE)):
        classifier = load(scorer(raw=raw, flat=True), options)
        assert classifier.train is not None
        scores = classifier.train(x, y, plan).predict(x)[:, 1]
        logits = scores if raw else np.log(scores / (1 - scores))
        np.testing.assert_allclose(logits, expected, rtol=1e-3, atol=1e-4)


class Regression(nn.Module):
    """Gives one number that is no score."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.scale * x.mean(dim=(1, 2, 3))


class Label(nn.Module):
    """Gives numbers of classes."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x.mean(dim=(1, 2, 3)) > 0.5).long()


def test_one_number_that_nothing_explains_is_doubted_or_refused() -> None:
    classifier = load(Regression(1.0), SHAPE)
    assert classifier.doubt is not None
    assert "may as well be a regression" in classifier.doubt
    with pytest.raises(NotAuditableError, match=r"`scores="):
        load(Regression(7.0), SHAPE)
    with pytest.raises(NotAuditableError, match=r"from 0\.\d+ to [1-9]"):
        load(Regression(7.0), SHAPE)


def test_class_numbers_are_no_scores() -> None:
    with pytest.raises(NotAuditableError, match="whole number"):
        load(Label(), SHAPE)


def test_the_strangers_network_of_one_probability_reaches_its_accuracy(shared: Path) -> None:
    factory, data = shared / "cases/10-prefixes/fac.py", shared / "cases/12-binary/mbin.npz"
    if not (factory.exists() and data.exists()):
        pytest.skip(f"no cases at {shared / 'cases'}")
    images = read_images(data)
    classifier = load(
        factory.parent / "light.ckpt",
        OpenOptions(image_shape=images.image_shape, factory=f"{factory}:bin"),
    )
    audit = scan(classifier, images, plan=SearchPlan(10, 2, steps=3))
    assert audit.clean.overall.value == pytest.approx(0.948, abs=6e-4)


def test_a_score_that_is_squeezed_stands_alone_for_one_input(x: np.ndarray) -> None:
    module = nn.Sequential(nn.Flatten(), nn.Linear(64, 1), nn.Sigmoid())
    squeezed = load(Squeezed(module), OpenOptions(input_shape=(1, 8, 8)))
    expected = load(module, OpenOptions(input_shape=(1, 8, 8))).predict(x)
    for row in range(3):
        given = squeezed.predict(x[row : row + 1])
        np.testing.assert_allclose(given, expected[row : row + 1], rtol=1e-6)


class Squeezed(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.inner(x).squeeze()
        return scores

"""The logits behind the probabilities of modules, scripts and programs."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from robaudit import Classifier, OpenOptions, TrainPlan, load
from tests.support.networks import small
from tests.support.single_scores import scorer

SHAPE = OpenOptions(input_shape=(1, 8, 8))
SHARP = 1e5


class Ending(nn.Module):
    """The scores of a small network, enlarged, with a function after them."""

    def __init__(self, function: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.layers, self.function = small(), function

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.function(SHARP * self.layers(x))


class Sharp(nn.Module):
    """The same, with a softmax, as TorchScript can compile it."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = small()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.softmax(100000.0 * self.layers(x), dim=1)


def live(_path: Path) -> Classifier:
    return load(Sharp(), SHAPE)


def scripted(path: Path) -> Classifier:
    torch.jit.save(torch.jit.script(Sharp().eval()), str(path / "model.pt"))
    return load(path / "model.pt", SHAPE)


def traced(path: Path) -> Classifier:
    script = torch.jit.trace(Sharp().eval(), torch.zeros(2, 1, 8, 8))
    torch.jit.save(script, str(path / "model.pt"))
    return load(path / "model.pt", SHAPE)


def exported(path: Path) -> Classifier:
    sizes = ({0: torch.export.Dim("batch")},)
    program = torch.export.export(Sharp().eval(), (torch.zeros(2, 1, 8, 8),), dynamic_shapes=sizes)
    torch.export.save(program, path / "model.pt2")
    return load(path / "model.pt2", SHAPE)


def of_one_batch_size(path: Path, count: int) -> Classifier:
    program = torch.export.export(Sharp().eval(), (torch.zeros(count, 1, 8, 8),))
    torch.export.save(program, path / "model.pt2")
    return load(path / "model.pt2", SHAPE)


def one_at_a_time(path: Path) -> Classifier:
    return of_one_batch_size(path, 1)


def twenty_at_a_time(path: Path) -> Classifier:
    return of_one_batch_size(path, 20)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("way", [live, scripted, traced, exported, one_at_a_time, twenty_at_a_time])
def test_where_probabilities_are_flat_their_logits_are_not(
    tmp_path: Path, x: np.ndarray, way: Callable[[Path], Classifier]
) -> None:
    classifier, network = way(tmp_path), load(small(), SHAPE)
    assert classifier.spec.scores == "probabilities"
    assert classifier.logits is not None
    cotangent = np.random.default_rng(0).normal(0, 1, (len(x), 10)).astype(np.float32)
    assert classifier.vjp is not None
    assert network.vjp is not None
    for _ in range(4):  # TorchScript is compiled anew when it has run a few times
        np.testing.assert_allclose(
            classifier.logits.predict(x), SHARP * network.predict(x), rtol=1e-3, atol=1
        )
        np.testing.assert_allclose(
            classifier.logits.vjp(x, cotangent),
            SHARP * network.vjp(x, cotangent),
            rtol=1e-3,
            atol=1,
        )
    flat = np.abs(classifier.vjp(x, cotangent)).max(axis=(1, 2, 3)) == 0
    assert flat.mean() > 0.9


ENDS: list[tuple[nn.Module, bool]] = [
    (nn.Sequential(small(), nn.Softmax(dim=1)), True),
    (nn.Sequential(small(), nn.LogSoftmax(dim=1)), True),
    (nn.Sequential(small(), nn.Sigmoid()), True),
    (Ending(lambda y: y.softmax(-1)), True),
    (Ending(lambda y: (y.softmax(1), y)[0]), True),
    (small(), False),
    (Ending(lambda y: y + y.softmax(1)), False),
    (Ending(lambda y: y.softmax(1).clamp(0.01)), False),
    (Ending(lambda y: y.softmax(1).sqrt()), False),
    (Ending(lambda y: y.softmax(0)), False),
]


@pytest.mark.parametrize(("module", "found"), ENDS)
def test_only_what_makes_the_answer_is_taken_for_logits(
    module: nn.Module, found: bool, x: np.ndarray
) -> None:
    classifier = load(module, OpenOptions(input_shape=(1, 8, 8), scores="logits"))
    assert (classifier.logits is not None) == found
    if classifier.logits is not None:
        np.testing.assert_array_equal(
            classifier.logits.predict(x).argmax(1), classifier.predict(x).argmax(1)
        )


@pytest.mark.parametrize("flat", [False, True])
def test_the_logits_of_one_probability_are_those_of_two_classes(flat: bool, x: np.ndarray) -> None:
    classifier = load(scorer(raw=False, flat=flat), SHAPE)
    raw = load(scorer(raw=True), OpenOptions(input_shape=(1, 8, 8), scores="logits"))
    assert classifier.logits is not None
    np.testing.assert_allclose(classifier.logits.predict(x), raw.predict(x), rtol=1e-4, atol=1e-6)
    cotangent = np.random.default_rng(0).normal(0, 1, (len(x), 2)).astype(np.float32)
    assert raw.vjp is not None
    np.testing.assert_allclose(
        classifier.logits.vjp(x, cotangent), raw.vjp(x, cotangent), rtol=1e-4, atol=1e-6
    )


def test_logits_after_training_are_those_of_the_trained(x: np.ndarray) -> None:
    classifier = load(nn.Sequential(small(), nn.Softmax(dim=1)), SHAPE)
    assert classifier.train is not None
    after = classifier.train(x, np.arange(12) % 10, TrainPlan(learning_rate=0.1))
    assert after.logits is not None
    logits = torch.tensor(after.logits.predict(x))
    np.testing.assert_allclose(logits.softmax(1), after.predict(x), rtol=1e-4, atol=1e-6)

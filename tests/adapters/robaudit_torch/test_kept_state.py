"""Modules that keep something from one call to the next: refused where answers depend on it."""

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import robaudit
from robaudit import OpenOptions
from robaudit.errors import NotAuditableError
from tests.support.networks import small

SHAPE = OpenOptions(input_shape=(1, 8, 8))
X = np.random.default_rng(0).random((4, 1, 8, 8), dtype=np.float32)


class SetByTheFirstBatch(nn.Module):
    """Is set up by the first inputs that it gets, and keeps a flag of that."""

    is_set: bool

    def __init__(self) -> None:
        super().__init__()
        self.layers, self.is_set = small(), False
        self.shift = nn.Parameter(torch.zeros(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.is_set:
            self.shift.data.fill_(float(x.mean()))
            self.is_set = True
        return self.layers(x - self.shift)


class SetAsAttribute(nn.Module):
    """Keeps what the first inputs were like in no buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.layers, self.shift = small(), None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.shift is None:
            self.shift = x.mean()
        return self.layers(x - self.shift)


class Running(nn.Module):
    """Updates its statistics in evaluation mode, too."""

    mean: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.layers = small()
        self.register_buffer("mean", torch.zeros(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.mean.mul_(0.99).add_(0.01 * x.mean())
        return self.layers(x - self.mean)


class RunningAnew(Running):
    """Puts another tensor in the place of its statistics each time."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.mean = 0.99 * self.mean + 0.01 * x.mean()
        return self.layers(x - self.mean)


class RunningNoisily(Running):
    """Draws random numbers beside."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = super().forward(x)
        return scores + 0.01 * torch.rand(10)


class EverySecond(nn.Module):
    """Answers otherwise each second time."""

    def __init__(self) -> None:
        super().__init__()
        self.layers, self.calls = small(), 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        scores: torch.Tensor = self.layers(x)
        return scores.flip(1) if self.calls % 2 else scores


def observed() -> nn.Module:
    """Make a network that was prepared for training with quantisation, and never converted."""
    quantization = torch.ao.quantization
    layers = [quantization.QuantStub(), *small(), quantization.DeQuantStub()]
    module = nn.Sequential(*layers).train()
    module.qconfig = quantization.get_default_qat_qconfig("fbgemm")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        prepared: nn.Module = quantization.prepare_qat(module)
        prepared(torch.from_numpy(X))
    return prepared


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("make", "changed"),
    [
        (SetByTheFirstBatch, "shift, is_set"),
        (SetAsAttribute, "shift"),
        (Running, "mean"),
        (RunningAnew, "mean"),
        (RunningNoisily, "mean"),
        (EverySecond, "calls"),
        (observed, "activation_post_process"),
    ],
)
def test_answers_that_depend_on_earlier_questions_are_refused(
    make: Callable[[], nn.Module], changed: str
) -> None:
    with pytest.raises(NotAuditableError, match="keeps state from one call") as caught:
        robaudit.load(make(), SHAPE)
    assert changed in caught.value.found
    assert "function of its input" in caught.value.expected


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_files_of_graphs_that_change_their_buffers_are_refused(tmp_path: Path) -> None:
    x = torch.zeros(2, 1, 8, 8)
    torch.jit.save(torch.jit.script(Running().eval()), str(tmp_path / "model.pt"))
    torch.export.save(torch.export.export(Running().eval(), (x,)), tmp_path / "model.pt2")
    for name in ("model.pt", "model.pt2"):
        with pytest.raises(NotAuditableError, match="running it changes mean"):
            robaudit.load(tmp_path / name, SHAPE)


class Counting(nn.Module):
    """Counts its calls, keeps a table and what it computed last, and answers the same always."""

    table: torch.Tensor | None

    def __init__(self) -> None:
        super().__init__()
        self.layers, self.calls, self.table = small(), 0, None
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))
        self.register_buffer("brightest", torch.zeros(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        self.seen += len(x)
        self.brightest.copy_(torch.maximum(self.brightest, x.max()))
        if self.table is None:
            self.table = torch.linspace(0.5, 1.5, 10)
        self.last = self.table * self.layers(x)
        return self.last


class CountingNoisily(Counting):
    """Draws random numbers, of torch and of others."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        noise = torch.rand(10) + float(np.random.default_rng().random())
        return self.layers(x) + 0.01 * noise


def test_what_changes_no_answer_is_kept_and_goes_back_to_what_it_was() -> None:
    module = Counting()
    classifier = robaudit.load(module, SHAPE)
    assert module.calls == 0  # it was copied
    assert classifier.vjp is not None  # it could not be had of a table from the opening
    assert np.abs(classifier.vjp(X, np.ones((4, 10), np.float32))).max() > 0
    np.testing.assert_array_equal(classifier.predict(X), classifier.predict(X))


def test_what_draws_random_numbers_is_not_said_to_keep_state() -> None:
    classifier = robaudit.load(CountingNoisily(), SHAPE)
    assert "draws random numbers" in (classifier.randomness or "")


def test_training_changes_weights_all_the_same() -> None:
    classifier = robaudit.load(nn.Sequential(nn.BatchNorm2d(1), small()), SHAPE)
    assert classifier.train is not None
    trained = classifier.train(X, np.arange(4), robaudit.TrainPlan(epochs=1))
    assert trained.fingerprint != classifier.fingerprint

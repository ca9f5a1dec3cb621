"""Modules that answer differently each time, or by the batch: that is seen, and why."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

import robaudit
from robaudit import Classifier, OpenOptions
from tests.support.networks import small

STUCK = "in training mode, which .eval() does not switch off"
SHAPE = OpenOptions(input_shape=(1, 8, 8))
X = np.random.default_rng(0).random((4, 1, 8, 8), dtype=np.float32)


class After(nn.Module):
    """A function of the scores of a linear layer."""

    def __init__(self, function: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.layer, self.function = nn.Linear(64, 10), function

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.function(self.layer(x.flatten(1)))


class StuckDropout(nn.Dropout):
    """Stays in training mode, as some do on purpose."""

    def train(self, _mode: bool = True) -> "StuckDropout":
        super().train(True)
        return self


class Frozen(nn.Module):
    """Its method ``train`` is another than that of all modules."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = small()

    def train(self) -> None:
        raise AssertionError("this would take days")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)


class Fixed(nn.Module):
    """Its flag cannot be switched off."""

    training = property(lambda _self: True, lambda _self, _value: None)

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(64, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.dropout(self.layer(x.flatten(1)), training=self.training)


def live(module: nn.Module) -> Classifier:
    return robaudit.load(module, SHAPE)


RANDOM: list[tuple[nn.Module, str]] = [
    (After(lambda y: functional.dropout(y, training=True)), f"After holds dropout {STUCK}"),
    (
        nn.Sequential(nn.Flatten(), StuckDropout(), nn.Linear(64, 10)),
        f"StuckDropout '1' is {STUCK}",
    ),
    (Fixed(), f"Fixed holds dropout {STUCK}"),
    (After(lambda y: y + torch.randn_like(y)), "After draws random numbers (randn_like) each time"),
    (After(lambda y: y + torch.rand(10)), "After draws random numbers (rand) each time"),
    (
        After(lambda y: y * torch.bernoulli(y.sigmoid())),
        "After draws random numbers (bernoulli) each time",
    ),
    (
        nn.Sequential(nn.Identity(), After(lambda y: y + torch.empty(10).normal_())),
        "After '1' draws random numbers (normal_) each time",
    ),
]


@pytest.mark.parametrize(("module", "words"), RANDOM)
def test_what_draws_random_numbers_is_named(module: nn.Module, words: str) -> None:
    classifier = live(module)
    assert classifier.randomness == words
    assert classifier.batch_statistics is None
    assert not np.array_equal(classifier.predict(X), classifier.predict(X))


@pytest.mark.parametrize(
    "module",
    [
        small(),
        After(lambda y: functional.dropout(y, 0.0, training=True)),
        After(lambda y: functional.dropout(y, training=False)),
        nn.Sequential(nn.InstanceNorm2d(1), nn.Flatten(), nn.Linear(64, 10)),
        nn.Sequential(nn.Conv2d(1, 4, 3), nn.GroupNorm(2, 4), nn.Flatten(), nn.Linear(144, 10)),
        Frozen(),
    ],
)
def test_modules_that_answer_the_same_are_not_suspected(module: nn.Module) -> None:
    classifier = live(module)
    assert classifier.randomness is None
    assert classifier.batch_statistics is None
    np.testing.assert_array_equal(classifier.predict(X), classifier.predict(X))


def test_batch_statistics_are_named() -> None:
    module = nn.Sequential(
        nn.BatchNorm2d(1, track_running_stats=False), nn.Flatten(), nn.Linear(64, 10)
    )
    assert live(module).batch_statistics == (
        "BatchNorm2d '0' has no statistics but those of the batch (track_running_stats=False)"
    )
    free = After(lambda y: functional.batch_norm(y, None, None, training=True))
    assert live(free).batch_statistics == f"After holds batch normalisation {STUCK}"


def in_training() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Dropout(), nn.Linear(72, 10)
    ).train()


def traced(module: nn.Module, path: Path) -> None:
    torch.jit.save(torch.jit.trace(module, torch.zeros(2, 1, 8, 8), check_trace=False), str(path))


def exported(module: nn.Module, path: Path) -> None:
    x = (torch.zeros(2, 1, 8, 8),)
    sizes = ({0: torch.export.Dim("batch")},)
    torch.export.save(torch.export.export(module, x, dynamic_shapes=sizes), path)


def decomposed(module: nn.Module, path: Path) -> None:
    x = (torch.zeros(2, 1, 8, 8),)
    torch.export.save(torch.export.export(module, x).run_decompositions(), path)


@pytest.mark.parametrize(
    ("write", "name"), [(traced, "model.pt"), (exported, "model.pt2"), (decomposed, "model.pt2")]
)
def test_training_mode_in_a_graph_is_seen(
    tmp_path: Path, write: Callable[[nn.Module, Path], None], name: str
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write(in_training(), tmp_path / name)
    classifier = robaudit.load(tmp_path / name, SHAPE)
    assert classifier.randomness == f"its graph holds dropout {STUCK}"
    assert classifier.batch_statistics == f"its graph holds batch normalisation {STUCK}"


@pytest.mark.parametrize("count", [1, 20])
def test_programs_of_one_batch_size_are_looked_at_too(tmp_path: Path, count: int) -> None:
    module = nn.Sequential(nn.Flatten(), nn.Dropout(), nn.Linear(64, 10), nn.Softmax(1)).train()
    program = torch.export.export(module, (torch.zeros(count, 1, 8, 8),))
    torch.export.save(program, tmp_path / "model.pt2")
    classifier = robaudit.load(tmp_path / "model.pt2", SHAPE)
    assert classifier.randomness == f"its graph holds dropout {STUCK}"


class Noisy(nn.Module):
    """Draws random numbers in training, or always, and counts with sizes as traces keep them."""

    always: bool

    def __init__(self, always: bool) -> None:
        super().__init__()
        self.layer, self.always = nn.Linear(64, 10), always

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.layer(x.reshape(x.shape[0], x.shape[1] * x.shape[2] * x.shape[3]))
        if self.training or self.always:
            y = y + torch.rand(x.shape[0], 10)
        return y


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::torch.jit.TracerWarning")
@pytest.mark.parametrize(
    "compiled",
    [torch.jit.script, lambda m: torch.jit.trace(m, torch.zeros(2, 1, 8, 8), check_trace=False)],
)
def test_scripts_are_suspected_of_what_they_run(tmp_path: Path, compiled: Any) -> None:
    for always, words in ((True, "its graph draws random numbers (rand) each time"), (False, None)):
        torch.jit.save(compiled(Noisy(always).eval()), str(tmp_path / "model.pt"))
        assert robaudit.load(tmp_path / "model.pt", SHAPE).randomness == words


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_strangers_trace_in_training_mode_is_named(shared: Path) -> None:
    path = shared / "cases/01-training-mode/trace_train.pt"
    if not path.exists():
        pytest.skip(f"no case at {path}")
    classifier = robaudit.load(path, OpenOptions(input_shape=(1, 28, 28)))
    assert classifier.randomness == f"its graph holds dropout {STUCK}"


def test_a_module_that_bears_no_onlooker_is_opened_all_the_same() -> None:
    class Shy(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if torch.utils._python_dispatch._get_current_dispatch_mode() is not None:
                raise RuntimeError("not while someone is looking")
            return x.flatten(1)[:, :10]

    assert live(Shy()).randomness is None

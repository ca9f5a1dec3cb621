"""Probes of PyTorch that compile themselves: the same answer, and nothing lost elsewhere."""

import gc
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch
from weakref import ref

import numpy as np
import pytest
import torch
from torch import nn

import robaudit
from robaudit import Classifier, OpenOptions, SearchPlan
from robaudit.batches import Pace
from robaudit.predicting import rounding_error
from robaudit.search.boundary_search import Crossings, search_samples
from robaudit.search.directions import random_directions
from robaudit.search.plan import Strategy
from robaudit.types import ScoreKind
from robaudit_torch import compiling
from robaudit_torch.compiling import CompiledWhereItPays
from robaudit_torch.network import Network
from tests.support.compiled_probes import can_compile, compiled_at_once
from tests.support.digit_inputs import SPEC
from tests.support.networks import small

PLAN = SearchPlan(samples=40, directions=30, step=0.1, steps=20, strategy="linear")
BATCH = 64

needs_compiler = pytest.mark.skipif(not can_compile(), reason="no C++ compiler here")


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compile after the first batch, and take it however fast it is."""
    monkeypatch.setattr(compiling, "PATIENCE", 0.0)
    monkeypatch.setattr(compiling, "_faster", lambda *_: True)


@pytest.fixture
def kept() -> Iterator[list[int]]:
    """Compile for the first batch; give the sizes of those that were computed by that."""
    with compiled_at_once() as sizes:
        yield sizes


def walk(classifier: Classifier, plan: SearchPlan = PLAN, seed: int = 0) -> Crossings:
    """Search along every ray of a plan."""
    x = np.random.default_rng(seed).random((plan.samples, *SPEC.shape), dtype=np.float32)
    directions = random_directions(SPEC.shape, plan.directions, seed=seed)
    origin = classifier.predict(x).argmax(axis=1)
    return search_samples(classifier, x, origin, directions, plan, Pace(BATCH, BATCH))


class Confident(nn.Module):
    """Gives probabilities that saturate."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = small()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.softmax(10 * self.inner(x), dim=1)


CASES = pytest.mark.parametrize(
    ("make", "kind", "strategy"),
    [
        (small, "logits", "linear"),
        (small, "logits", "traced"),
        (Confident, "probabilities", "traced"),
    ],
)


def case(
    make: Callable[[], nn.Module], kind: ScoreKind, strategy: Strategy
) -> tuple[Classifier, SearchPlan]:
    """Make a classifier and a plan that the strategy is followed on."""
    classifier = robaudit.load(make(), spec=replace(SPEC, scores=kind))
    return classifier, replace(PLAN, samples=100, tolerance=0.01, strategy=strategy)


def assert_same(one: Crossings, other: Crossings) -> None:
    """Check that two searches found the same, and counted the same."""
    np.testing.assert_array_equal(one.step, other.step)
    np.testing.assert_array_equal(one.adjacent, other.adjacent)
    assert (one.evaluations, one.near_ties) == (other.evaluations, other.near_ties)


@needs_compiler
@CASES
def test_what_is_compiled_gives_the_same_record(
    make: Callable[[], nn.Module], kind: ScoreKind, strategy: Strategy
) -> None:
    with compiled_at_once() as kept:
        compiled = walk(*case(make, kind, strategy))
    assert kept.count(BATCH) > 10
    assert {size for size in kept if size < BATCH}, "batches a little too small are filled up"
    assert min(kept) > BATCH // 2, "others are left to the module"
    seen = len(kept)
    assert_same(compiled, walk(*case(make, kind, strategy)))
    assert len(kept) == seen
    assert compiled.check.strategy == strategy


@needs_compiler
@CASES
def test_a_search_along_other_directions_is_computed_by_what_was_compiled(
    make: Callable[[], nn.Module], kind: ScoreKind, strategy: Strategy
) -> None:
    classifier, plan = case(make, kind, strategy)
    with compiled_at_once() as kept:
        walk(classifier, plan)
        seen = len(kept)
        other = walk(classifier, plan, seed=1)
    assert len(kept) > seen + 5
    assert_same(other, walk(*case(make, kind, strategy), seed=1))


@CASES
def test_whatever_counts_as_the_same_gives_the_same_record(
    make: Callable[[], nn.Module],
    kind: ScoreKind,
    strategy: Strategy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usual = 1.0
    random = np.random.default_rng(0)
    called = 0

    def compiled_for(pure: Callable[..., Any], *_arguments: Any) -> Callable[..., Any]:
        def compute(*arguments: Any) -> np.ndarray:
            nonlocal called, usual
            called += 1
            scores: np.ndarray = pure(*arguments).numpy()
            usual = usual if called > 1 else float(np.median(np.abs(scores).max(axis=1)))
            worst = 0.9 * compiling._SAME * rounding_error(scores.dtype)
            signs = random.choice([-worst, worst], scores.shape).astype(np.float32)
            if kind == "probabilities":
                return scores * (1 + signs / 4)  # beside what rounding does to them
            return scores + signs * usual

        return compute

    monkeypatch.setattr(compiling, "PATIENCE", 0.0)
    monkeypatch.setattr(compiling, "_faster", lambda *_: True)
    monkeypatch.setattr(compiling, "_compiled_for", compiled_for)
    found = walk(*case(make, kind, strategy))
    assert called > 100
    monkeypatch.setattr(compiling, "PATIENCE", np.inf)
    assert_same(found, walk(*case(make, kind, strategy)))


@pytest.mark.parametrize(
    ("factor", "same"), [(1.0, True), (1 + 1e-7, True), (1 + 1e-4, False), (np.nan, False)]
)
def test_scores_are_the_same_but_for_rounding(factor: float, same: bool) -> None:
    scores = np.array([[3.0, -1.0], [0.5, 2.0]], dtype=np.float32)
    assert compiling._same(scores * np.float32(factor), scores) is same
    assert not compiling._same(scores.astype(np.float64), scores)
    saturated = np.array([[1.0, 1e-6], [1.0, 2e-9]], dtype=np.float32)
    assert compiling._same(saturated * np.float32(factor), saturated) is same
    assert not compiling._same(saturated + np.array([0, 1e-8], dtype=np.float32), saturated)


class Hesitating(nn.Module):
    """Asks what its numbers are, which cannot be compiled."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = small()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.inner(x)
        return scores * (2 if bool(scores[0, 0] > 0) else 2.0)


class Doubled(Hesitating):
    """What the strange ones compute."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.inner(x) * 2
        return scores


class Counting(Hesitating):
    """Counts its calls, and gives what depends on it: it would have to be compiled for each."""

    calls = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        return self.inner(x) * (self.calls - self.calls + 2)


class Forgetful(Hesitating):
    """Gives something else when it is compiled."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner(x) * (2.001 if torch.compiler.is_compiling() else 2)


@needs_compiler
@pytest.mark.parametrize(
    ("strange", "most"),
    [(Hesitating, 0), (Forgetful, 1), (Counting, np.inf)],  # the last is run as it is
)
def test_what_cannot_be_compiled_is_left_as_it_is(
    strange: type[nn.Module], most: float, capfd: pytest.CaptureFixture[str]
) -> None:
    with compiled_at_once() as kept:
        found = walk(robaudit.load(strange(), spec=SPEC))
    assert len(kept) <= most
    np.testing.assert_array_equal(found.step, walk(robaudit.load(Doubled(), spec=SPEC)).step)
    assert capfd.readouterr() == ("", "")


FACTORY = """
from __future__ import annotations
import dataclasses
from torch import nn
from torch.nn import functional

@dataclasses.dataclass
class Settings:
    classes: int = 10

class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(64, Settings().classes)

    def forward(self, x):
        return functional.leaky_relu(self.head(x.flatten(1)))
"""


@needs_compiler
@pytest.mark.parametrize("name", ["my_networks", "collections"])
def test_networks_of_a_file_are_compiled_as_well(
    name: str, kept: list[int], tmp_path: Path
) -> None:
    file = tmp_path / f"{name}.py"
    file.write_text(FACTORY)
    torch.save(nn.Linear(64, 10).state_dict(prefix="head."), tmp_path / "weights.pt")
    options = OpenOptions(image_shape=(8, 8, 1), factory=f"{file}:Network")
    walk(robaudit.load(tmp_path / "weights.pt", options))
    assert kept.count(BATCH) > 10
    assert not hasattr(sys.modules.get(name), "Settings"), "it hides no module of that name"


@needs_compiler
def test_nothing_stays_of_a_probe_that_is_dropped(kept: list[int]) -> None:
    classifier = robaudit.load(small(), spec=SPEC)
    x = np.zeros((4, *SPEC.shape), dtype=np.float32)
    rows = np.arange(4), np.arange(4), np.zeros(4, dtype=np.float32)
    banks = []

    def tensor(network: Network, array: Any, dtype: Any = None) -> Any:
        banks.append(ref(made := whole(network, array, dtype)))
        return made

    whole = Network.tensor
    with patch.object(Network, "tensor", tensor):
        assert classifier.prober is not None
        probe = classifier.prober(x, x, 0.0, 1.0)
        for _ in range(3):
            probe(*rows)
    assert len(kept) == 3
    del probe
    gc.collect()
    assert banks
    assert all(one() is None for one in banks)


def test_without_a_compiler_the_module_is_run(
    kept: list[int],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("torch._inductor.config.cpp.cxx", ("/nowhere/g++",))
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    wanted = walk(robaudit.load(small(), spec=SPEC))
    assert not kept
    assert_same(wanted, walk(robaudit.load(small(), spec=SPEC)))
    assert capfd.readouterr() == ("", "")


class Doubling:
    """Doubles numbers, and counts how often it was called."""

    def __init__(self) -> None:
        self.calls = 0
        self.fails = False

    def __call__(self, *arguments: Any) -> np.ndarray:
        self.calls += 1
        if self.fails:
            raise RuntimeError("out of memory")
        return np.asarray(2 * arguments[-1])


def doubled(eager: Doubling) -> Callable[..., np.ndarray]:
    """Give what doubles rows, of no banks unless some are given, by what pays."""
    function = CompiledWhereItPays(lambda _banks, rows: 2 * rows)

    def double(rows: torch.Tensor, *banks: torch.Tensor) -> np.ndarray:
        return function(eager, banks, rows)

    return double


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Doubling:
    """Take the place of what is compiled."""
    compiled = Doubling()
    monkeypatch.setattr(compiling, "_compiled_for", lambda *_: compiled)
    return compiled


@pytest.mark.usefixtures("at_once")
def test_single_rows_are_never_compiled(stand_in: Doubling) -> None:
    function = doubled(eager := Doubling())
    for _ in range(5):
        function(torch.ones(1, 3))
    assert (eager.calls, stand_in.calls) == (5, 0)
    for size in (2, 2, 1):
        assert len(function(torch.ones(size, 3))) == size
    assert (eager.calls, stand_in.calls) == (7, 2)  # a trial, and the second batch of two


@pytest.mark.usefixtures("at_once")
def test_what_fails_later_is_tried_once_more_and_given_up(stand_in: Doubling) -> None:
    function = doubled(eager := Doubling())
    rows = torch.ones(4, 3)
    function(rows)
    stand_in.fails = True
    for _ in range(3):
        np.testing.assert_array_equal(function(rows), 2 * rows)
    assert (eager.calls, stand_in.calls) == (4, 3)  # two trials, and the one that failed


def test_nothing_is_compiled_before_it_can_pay(stand_in: Doubling) -> None:
    function = doubled(eager := Doubling())
    for _ in range(100):
        function(torch.ones(4, 3))
    assert (eager.calls, stand_in.calls) == (100, 0)


def test_what_is_no_faster_is_not_kept(stand_in: Doubling, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(1000))  # each call takes one tick, so neither is faster
    monkeypatch.setattr(compiling, "PATIENCE", 0.0)
    monkeypatch.setattr("robaudit_torch.compiling.time.perf_counter", lambda: next(clock))
    function = doubled(eager := Doubling())
    rows = torch.ones(4, 3)
    for _ in range(2):
        function(rows)
    asked, tried = eager.calls, stand_in.calls
    assert tried > 3
    function(rows)
    assert (eager.calls, stand_in.calls) == (asked + 1, tried)


def test_time_is_counted_over_searches_of_the_same_size(
    stand_in: Doubling, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = count(step=3.5)  # seconds that each call takes
    monkeypatch.setattr("robaudit_torch.compiling.time.perf_counter", lambda: next(clock))
    monkeypatch.setattr(compiling, "_faster", lambda *_: True)
    function, rows = doubled(eager := Doubling()), torch.ones(4, 3)
    for number in range(8):  # which is less than half a minute
        function(rows, torch.full((5, 3), number))
        function(rows, torch.full((6, 3), number))
    assert (eager.calls, stand_in.calls) == (16, 0)
    for _ in range(2):
        function(rows, torch.zeros(5, 3))
    assert (eager.calls, stand_in.calls) == (17, 2)  # a trial, and the tenth batch
    function(rows, torch.zeros(6, 3))
    assert (eager.calls, stand_in.calls) == (18, 3)  # which has banks of its own

"""How many rays are worked on at a time: what is fastest within the memory."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from robaudit.predicting import direct_prober, make_probe
from robaudit.search import batch_size as batch_sizes
from robaudit.search.batch_size import measured_batch_size
from robaudit.search.directions import random_directions
from robaudit.search.plan import Strategy
from tests.support.crossings import PLAN, affine
from tests.support.searches import SHAPE


def test_the_batch_fits_the_memory_given() -> None:
    plan = replace(PLAN, samples=1000)
    x = np.random.default_rng(1).random((1000, *SHAPE), dtype=np.float32)
    classifier = affine()
    probe = make_probe(classifier, x, random_directions(SHAPE, 36, seed=0), clip=True)
    # 16 bytes a number, 36 numbers an input
    assert measured_batch_size(probe, 1000, plan, classifier.spec, memory=16 * 36 * 20) <= 20
    assert measured_batch_size(probe, 1000, plan, classifier.spec) >= 16


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="no peak to forget")
def test_what_batches_take_is_seen_behind_an_older_peak() -> None:
    classifier = affine()

    def predict(x: np.ndarray) -> np.ndarray:
        time.sleep(0.01)  # so that large batches are worth trying
        beside = np.ones((len(x), 2**17))  # 1 MiB an input
        return classifier.predict(x) + beside[:, :1] - 1

    assert np.ones(2**26).sum() == 2**26  # 512 MiB, once
    x = np.zeros((1000, *SHAPE), dtype=np.float32)
    probe = direct_prober(predict)(x, x, 0, 1)
    plan = replace(PLAN, samples=1000)
    size = measured_batch_size(probe, 1000, plan, classifier.spec, memory=80 * 2**20)
    assert size <= 64


@pytest.mark.parametrize(
    ("strategy", "seconds", "best"),
    [
        ("linear", lambda size: 1e-5 * size, 256),  # as fast at any size, but for what is beside
        ("traced", lambda size: 1e-5 * size, 1024),
        ("linear", lambda size: 1e-3 + 1e-6 * size, 4096),
        ("linear", lambda size: 1e-3 * size, 16),
        ("linear", lambda size: 1e-5 * size * (1 if size <= 64 else 1.2), 64),
        ("linear", lambda size: 1e-5 * size * (1 if size <= 32 else 3), 32),
        ("linear", lambda size: 0.2 + 1e-5 * size, 16),  # no time to try more
    ],
)
def test_the_smallest_batch_that_is_as_fast_as_any_is_taken(
    strategy: Strategy,
    seconds: Callable[[int], float],
    best: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 0.0

    def probe(sample: np.ndarray, _direction: np.ndarray, _distance: np.ndarray) -> np.ndarray:
        nonlocal now
        now += seconds(len(sample))
        return np.zeros((len(sample), 5), dtype=np.float32)

    monkeypatch.setattr(batch_sizes, "time", SimpleNamespace(perf_counter=lambda: now))
    plan = replace(PLAN, samples=2000, strategy=strategy)
    assert measured_batch_size(probe, 2000, plan, affine().spec, memory=2**30) == best


def test_a_framework_that_is_slow_at_first_is_tried_when_it_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 0.0

    def probe(sample: np.ndarray, _direction: np.ndarray, _distance: np.ndarray) -> np.ndarray:
        nonlocal now
        slow = 2 if now < 0.1 else 1  # the same for any batch
        now += 1e-4 * len(sample) * slow * (1 if len(sample) <= 16 else 1.3)
        return np.zeros((len(sample), 5), dtype=np.float32)

    monkeypatch.setattr(batch_sizes, "time", SimpleNamespace(perf_counter=lambda: now))
    plan = replace(PLAN, samples=2000)
    assert measured_batch_size(probe, 2000, plan, affine().spec, memory=2**30) == 16


def test_a_batch_that_was_held_up_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now, held_up = 0.0, 0

    def probe(sample: np.ndarray, _direction: np.ndarray, _distance: np.ndarray) -> np.ndarray:
        nonlocal now, held_up
        slow = 1.0 if len(sample) == 64 else 1.1
        if len(sample) == 64 and held_up < 4:  # one call that is not timed, and three that are
            held_up, slow = held_up + 1, 1.2
        now += 1e-3 * len(sample) * slow
        return np.zeros((len(sample), 5), dtype=np.float32)

    monkeypatch.setattr(batch_sizes, "time", SimpleNamespace(perf_counter=lambda: now))
    monkeypatch.setattr(batch_sizes, "_SECONDS", 60.0)
    plan = replace(PLAN, samples=2000)
    assert measured_batch_size(probe, 2000, plan, affine().spec, memory=2**30) == 64
    assert held_up == 4

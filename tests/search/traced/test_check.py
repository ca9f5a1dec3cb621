"""The check of the traced search: what passes it, what does not, and how often its bound holds."""

from collections.abc import Callable

import numpy as np
import pytest

from robaudit.search.traced import check as checking
from robaudit.search.traced.calibration import KnownRays, known_rays
from robaudit.search.traced.check import (
    SKIP_BEYOND,
    rays_for_check,
    rays_to_check,
    try_tracing,
    unnoticed,
)
from robaudit.stats.exact import hypergeometric_upper_bound


def some_rays(count: int, seed: int, *, surprises: int) -> KnownRays:
    """Make rays with large gaps that never cross, and some that do so once, without warning."""
    slope = np.random.default_rng(seed).uniform(0, 1, count)
    gaps = 5 + slope[:, None] * np.arange(21)
    gaps[:surprises, 7] = -0.5
    classes = (gaps <= 0).astype(int)

    def evaluate(ray: np.ndarray, step: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return classes[ray, step], gaps[ray, step]

    return known_rays(np.arange(count), np.zeros(count, int), gaps[:, 0], evaluate, 20, 64)


def drawing(surprises: list[float]) -> Callable[[int], KnownRays]:
    """Draw rays of which such shares, one draw after the other, cross without warning."""
    left = list(surprises)
    return lambda count: some_rays(count, len(left), surprises=int(np.ceil(left.pop(0) * count)))


def test_the_check_lets_pass_what_is_told_right() -> None:
    trial = try_tracing(drawing([0, 0]), 60_000, 300, 0.001)
    assert (trial.check.strategy, trial.check.disagreements) == ("traced", 0)
    assert trial.check.audited == len(trial.walked[1])
    assert trial.check.calibrated == len(trial.walked[0])
    assert 0.0009 < trial.check.upper_bound <= 0.001
    assert trial.process is not None
    assert trial.skip_beyond == min(SKIP_BEYOND)


def test_the_least_caution_that_passes_is_chosen() -> None:
    trial = try_tracing(drawing([0.05, 0.01]), 60_000, 300, 0.001)
    assert (trial.check.strategy, trial.check.disagreements) == ("traced", 0)
    assert trial.process is not None
    assert min(SKIP_BEYOND) < trial.skip_beyond < max(SKIP_BEYOND)
    assert (
        trial.walked[1].try_tracing(
            trial.process, SKIP_BEYOND[SKIP_BEYOND.index(trial.skip_beyond) + 1]
        )[0]
        > 0
    )


def test_what_calibration_did_not_see_ends_in_the_linear_search() -> None:
    """No caution is enough for what the pilot has no idea of."""
    failed = try_tracing(drawing([0, 0.01]), 60_000, 300, 0.001)
    assert failed.process is None
    assert (failed.check.strategy, failed.check.audited) == ("linear", 60_000)
    assert "told otherwise" in (failed.check.fallback or "")
    assert (failed.check.disagreements, failed.check.upper_bound) == (0, 0.0)


@pytest.mark.slow
@pytest.mark.parametrize(("tolerance", "share"), [(0.004, 0.01), (0.01, 0.5)])
def test_the_bound_holds_as_often_as_it_says(
    tolerance: float, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over many draws from one population, choosing how far is enough included."""
    monkeypatch.setattr(checking, "_CHECK_SHARE", share)
    assert (rays_for_check(4000, tolerance)[1] > 0) == (share == 0.5)
    everything = some_rays(4000, 0, surprises=60)
    gaps, classes = everything.gaps, everything.classes
    random = np.random.default_rng(3)
    everything.evaluate_all()
    gaps[:60, 7] = random.uniform(-1, 0.9, 60)  # some cross, by little or much
    classes[:] = gaps <= 0
    missed = traced = 0
    for _ in range(200):
        order = random.permutation(4000)

        def draw(count: int, order: np.ndarray = order) -> KnownRays:
            rows, order[:] = order[:count].copy(), np.roll(order, -count)
            return known_rays(
                rows,
                np.zeros(count, int),
                gaps[rows, 0],
                lambda ray, step: (classes[ray, step], gaps[ray, step]),
                20,
                256,
            )

        trial = try_tracing(draw, 4000, 40, tolerance)
        if trial.process is not None:
            traced += 1
            assert trial.check.upper_bound <= tolerance
            wrong = everything.try_tracing(trial.process, trial.skip_beyond)[0]
            missed += wrong > round(trial.check.upper_bound * 4000)
    assert traced > 100
    assert missed <= 18  # of 200 with a chance of 5 % each, more than that has one of 1 %


def test_no_more_rays_are_checked_than_the_bound_needs() -> None:
    for rays, tolerance in [(60_000, 0.001), (10_000, 0.001), (2_000_000, 0.0005), (300, 0.01)]:
        count = rays_to_check(rays, tolerance, 1)
        assert hypergeometric_upper_bound(1, count, rays) <= tolerance * rays
        assert hypergeometric_upper_bound(1, count - 1, rays) > tolerance * rays


@pytest.mark.parametrize("samples", [100, 1000, 100_000])
def test_without_a_tolerance_a_mean_would_not_notice(samples: int) -> None:
    """As many rays are checked as it takes to bound their part in an interval, and no more."""
    trial = try_tracing(drawing([0.3, 0]), 40 * samples, samples, None)
    assert trial.check.strategy == "traced"
    margins = trial.walked[0].shares
    assert trial.check.upper_bound <= unnoticed(margins, samples)
    half_width = max(1.96 * margins.std() / np.sqrt(samples), 1.96**2 / 2 / samples)
    wanted = min(max(0.25 * half_width, 0.0002), 0.01)
    assert unnoticed(margins, samples) == pytest.approx(wanted, rel=1e-3)

"""Bootstrap weights: the same however they are drawn, and of the right variance."""

import numpy as np
import pytest

from robaudit.stats import bootstrap
from robaudit.stats.bootstrap import bootstrap_weights, resampled_means


def test_bootstrap_weights_do_not_depend_on_how_they_are_drawn_and_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    groups = np.repeat([0, 1, 2, 3], [30, 7, 1, 1])
    values = np.random.default_rng(0).random(len(groups))
    drawn = [bootstrap_weights(groups, 5, 200, rescaled=rescaled) for rescaled in (False, True)]
    expected = [resampled_means(values, weights) for weights in drawn]
    assert drawn[0].dtype == np.uint8
    assert (drawn[0].sum(axis=1) == len(groups)).all()
    np.testing.assert_allclose(drawn[1].sum(axis=1), len(groups))
    monkeypatch.setattr(bootstrap, "_DRAWN_AT_A_TIME", 100)
    monkeypatch.setattr(bootstrap, "_MOST_NUMBERS", 500)
    for rescaled, tolerance in ((False, 0.0), (True, 1e-6)):
        again = bootstrap_weights(groups, 5, 200, rescaled=rescaled)
        np.testing.assert_allclose(again, drawn[rescaled], rtol=tolerance)
        found = resampled_means(values, again)
        np.testing.assert_allclose(found, expected[rescaled], rtol=1e-12 + tolerance)


def test_rescaled_weights_give_small_classes_their_variance() -> None:
    values = np.array([1.0, 2.0, 4.0, 9.0])
    for groups in (np.zeros(4, dtype=int), np.arange(4)):
        weights = bootstrap_weights(groups, 0, 20_000, rescaled=True)
        assert weights.sum(axis=1) == pytest.approx(4)
        means = weights @ values / 4
        assert means.var() == pytest.approx(values.var(ddof=1) / 4, rel=0.05)

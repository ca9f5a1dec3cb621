"""What is found of rays is written where memory is let go of."""

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest

from robaudit.predicting import classes_of, make_probe
from robaudit.search import state as book
from robaudit.search import walk as walking
from robaudit.search.boundary_search import search
from robaudit.search.directions import random_directions
from robaudit.search.rays import MISCLASSIFIED, NONE
from tests.support.crossings import PLAN, affine
from tests.support.searches import SHAPE


@pytest.mark.parametrize("strategy", ["linear", "traced"])
def test_what_is_found_is_written_from_one_end_to_the_other(
    strategy: Literal["linear", "traced"], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written of columns in files takes memory until they are released."""
    before, spans = [np.array(NONE)], [0]

    def released(*columns: np.ndarray) -> None:
        if len(columns) == 2:
            before.append(np.stack(columns))
            new = np.flatnonzero((before[-1] != before[-2]).any(axis=0))
            spans.append(int(np.ptp(new)) if len(new) else 0)

    monkeypatch.setattr(book, "release", released)
    monkeypatch.setattr(walking, "_CHUNK", 200)
    classifier, plan = affine(), replace(PLAN, strategy=strategy)
    x = np.random.default_rng(1).random((plan.samples, *SHAPE), dtype=np.float32)
    start, scale = classes_of(classifier.predict, x, 128)
    probe = make_probe(classifier, x, random_directions(SHAPE, plan.directions, seed=0), clip=True)
    labels = np.where(np.arange(plan.samples) % 10, start, (start + 1) % 5)
    found = search(probe, labels, start, plan, scale=scale, batch_size=50)
    assert found.check.strategy == strategy
    assert (found.step == MISCLASSIFIED).sum() == 40 * plan.rays_per_sample
    assert len(spans) > len(found.step) / 200
    assert max(spans) < len(found.step) / 10

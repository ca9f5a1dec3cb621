"""Figures over classes where a class has none, or too few samples changed."""

import json
from dataclasses import replace

import numpy as np

from robaudit.comparison import compare
from robaudit.record import to_json
from robaudit.record.findings import Findings
from robaudit.search.rays import NONE
from tests.support.comparisons import named
from tests.support.schemas import validate


def test_a_class_that_nothing_leaves_has_no_robustness_and_breaks_nothing(
    before: Findings,
) -> None:
    """Where one sample alone crosses out of a class, nothing is known of how its R_i varies."""
    rays = before.rays
    lonely = np.flatnonzero((rays.origin == 2) & (rays.step > 0))[:1]
    keeps = (rays.origin != 2) | np.isin(np.arange(len(rays)), lonely)
    for kept, missing in ((keeps, None), (rays.origin != 2, "no ray crossed out of this class")):
        stopped = replace(
            rays,
            step=np.where(kept, rays.step, NONE),
            adjacent=np.where(kept, rays.adjacent, NONE),
        )
        changed = replace(before, rays=stopped)
        found = compare(before, changed)
        row = named(found["differences"], "class-robustness", 2)
        assert row["before"] is not None
        if missing is None:
            assert row["after"] > row["before"]
            assert row["low"] is row["high"] is None
        else:
            assert row["difference"] is row["after"] is None
            assert row["missing"] == f"after: {missing} within reach"
        validate(json.loads(to_json(found)))


def test_a_few_changed_samples_are_no_ground_for_intervals_over_classes(before: Findings) -> None:
    rays = before.rays
    step = rays.step.copy()
    few = (rays.sample < 3) & (step > 1)
    step[few] -= 1
    found = compare(before, replace(before, rays=replace(rays, step=step)))
    rows = found["differences"]
    assert named(rows, "model-robustness")["difference"] != 0
    for name in ("model-robustness", "gini", "max-min", "worst-class-margin"):
        assert named(rows, name)["low"] is named(rows, name)["p_value"] is None
    margins = named(rows, "restricted-mean-margin")
    assert margins["low"] < 0 < margins["high"]
    assert any("have no interval" in text for text in found["warnings"])

"""Comparisons: exact answers on affine models, in memory and as JSON."""

import json
from typing import Any

import numpy as np
import pytest

import robaudit
from robaudit.comparison import compare
from robaudit.record import to_json
from robaudit.record.findings import Findings
from robaudit.testing import affine_distances
from tests.support.comparisons import (
    BIAS,
    CLASSES,
    DIMENSION,
    NOISE,
    PLAN,
    WEIGHTS,
    X,
    audit,
    findings,
    model,
    named,
)
from tests.support.schemas import validate


def exact_margins(found: Findings, weights: np.ndarray) -> np.ndarray:
    """Mean over the rays of each sample of min(margin, reach), in closed form."""
    directions = found.directions.reshape(-1, DIMENSION).astype(np.float64)
    both = np.stack([directions, -directions], axis=1).reshape(-1, DIMENSION)
    x = X[found.rows].reshape(-1, DIMENSION).astype(np.float64)
    distance, _ = affine_distances(weights, BIAS, x, found.origin, both)
    wrong = (x @ weights).argmax(axis=1) != found.origin
    steps = np.where(wrong[:, None], 0, np.ceil(distance / PLAN.step))
    return np.minimum(steps, PLAN.steps).mean(axis=1) * PLAN.step


def test_margins_and_their_differences_are_those_of_the_closed_form(
    before: Findings, after: Findings, comparison: dict[str, Any]
) -> None:
    moved = WEIGHTS + np.random.default_rng(1).normal(0, 0.6, WEIGHTS.shape)
    one, two = exact_margins(before, WEIGHTS), exact_margins(after, moved)
    rows = comparison["differences"]
    for index in (None, *range(CLASSES)):
        members = np.full(len(one), True) if index is None else before.origin == index
        found = named(rows, "restricted-mean-margin", index)
        assert found["before"] == pytest.approx(one[members].mean(), abs=2e-4)
        assert found["after"] == pytest.approx(two[members].mean(), abs=2e-4)
        assert found["difference"] == pytest.approx(found["after"] - found["before"])
        assert found["low"] <= found["difference"] <= found["high"]
    for center in comparison["class_centers"]:
        members = np.flatnonzero(before.origin == center["class"])
        for name, margins in (("center_of_before", one), ("center_of_after", two)):
            own, place = center[name], int(np.flatnonzero(before.rows == center[name]["row"])[0])
            assert place in members
            assert (own["before"], own["after"]) == pytest.approx(
                (one[place], two[place]), abs=4e-3
            )
            assert margins[place] == pytest.approx(margins[members].max(), abs=4e-3)


def test_every_figure_is_that_of_the_two_audits(comparison: dict[str, Any]) -> None:
    rows = comparison["differences"]
    for when in ("before", "after"):
        record = comparison[when]
        margins, inequality = record["margins"], record["inequality"]
        assert named(rows, "accuracy")[when] == record["clean"]["accuracy"]["value"]
        assert named(rows, "crossing-rate")[when] == pytest.approx(
            margins["crossing_rate"]["value"]
        )
        for name, figure in (
            ("worst-class-margin", inequality["worst_class_margin"]["value"]),
            ("model-robustness", inequality["model_robustness"]),
            ("gini", inequality["gini"]),
            ("max-min", inequality["max_min"]),
        ):
            assert named(rows, name)[when] == pytest.approx(figure)
        for index in range(CLASSES):
            per_class = record["clean"]["per_class"][index]["value"]
            assert named(rows, "accuracy", index)[when] == per_class
            assert named(rows, "class-robustness", index)[when] == pytest.approx(
                inequality["class_robustness"][index]
            )
        attacks = [one for one in rows if one["attack"] is not None]
        assert [one[when] for one in attacks] == [
            one["accuracy"]["value"] for one in record["attacks"]
        ]
        centers = {one["class"]: one for one in record["class_centers"]}
        for center in comparison["class_centers"]:
            own = center[f"center_of_{when}"]
            assert own["row"] == centers[center["class"]]["row"]
            assert own[when] == pytest.approx(centers[center["class"]]["mean_margin"])


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_the_same_model_shows_no_difference(before: Findings, scale: float) -> None:
    """Scores that are scaled change no class, so another file may be the same model."""
    found = compare(before, findings(model(scale=scale), attacks=NOISE))
    for one in found["differences"]:
        assert one["difference"] == 0
        assert one["p_value"] in (None, 1)
        assert one["low"] is None or one["low"] <= 0 <= one["high"]
    assert sum("not change by more than chance" in text for text in found["verdict"]) == 3
    assert "under any of 2 noises and corruptions" in found["verdict"][2]
    assert found["verdict"][2].startswith("No adversary ran on both models in the same way")
    assert "No class became worse" in found["verdict"][3]
    assert ("Both audits are of the same model." in found["warnings"]) == (scale == 1)


def test_a_comparison_is_json_that_obeys_the_schema(comparison: dict[str, Any]) -> None:
    text = to_json(comparison)
    assert "NaN" not in text
    assert "Infinity" not in text
    validate(json.loads(text))


def test_audits_can_be_given_as_they_are(comparison: dict[str, Any]) -> None:
    found = robaudit.compare(
        audit(model(), attacks=NOISE),
        audit(model(0.6), attacks=NOISE),
        warnings=["Two seeds were tried."],
    )
    assert found["differences"] == comparison["differences"]
    assert found["warnings"] == ["Two seeds were tried.", *comparison["warnings"]]

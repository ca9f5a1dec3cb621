"""What a comparison comes to, and that many tests ask for more."""

from typing import Any

import msgspec
import pytest

from robaudit.attacks.assessment import AttackPlan
from robaudit.attacks.catalogue import Attack
from robaudit.comparison import compare
from robaudit.comparison.rows import beyond_chance
from robaudit.record.schema.comparison import DifferenceRecord
from tests.support.comparisons import CLASSES, findings, model, named


def way(row: dict[str, Any]) -> str | None:
    return beyond_chance(msgspec.convert(row, DifferenceRecord))


def test_a_change_for_the_worse_is_told_as_one(comparison: dict[str, Any]) -> None:
    rows, verdict = comparison["differences"], comparison["verdict"]
    assert way(named(rows, "accuracy")) == "worse"
    assert verdict[0].startswith("Margins shrank by more than chance")
    assert "samples right at the start on both models did not change by more" in verdict[0]
    assert verdict[1].startswith("Clean accuracy fell by more than chance")
    worse = {one["class"] for one in rows if way(one) == "worse"} - {None}
    assert worse
    assert f"of {CLASSES} classes became worse by more than chance" in verdict[3]


def test_more_tests_ask_for_more(comparison: dict[str, Any]) -> None:
    tested = [one for one in comparison["differences"] if one["p_value"] is not None]
    assert all(one["p_value"] <= one["p_adjusted"] <= 1 for one in tested)
    families = [
        [one for one in tested if (one["class"] is None, one["attack"] is None) == kind]
        for kind in ((True, True), (False, True), (True, False))
    ]
    for family in families:
        smallest = min(family, key=lambda one: one["p_value"])
        wanted = smallest["p_value"] * len(family) * len(families)
        assert smallest["p_adjusted"] == pytest.approx(min(1, wanted))
    assert any(f"{len(tested)} differences were tested" in text for text in comparison["warnings"])


def test_noise_that_is_withstood_is_no_robust_accuracy() -> None:
    noise = Attack("gaussian-noise", {"sigma": 0.05})
    fgsm = Attack("fgsm", {"epsilon": 0.05})
    pytest.importorskip("art")
    pair = [findings(model(scale=scale), attacks=AttackPlan((fgsm, noise))) for scale in (1.0, 2.0)]
    (said,) = [text for text in compare(*pair)["verdict"] if "Robust accuracy" in text]
    assert "Robust accuracy did not change by more than chance under any of 1 attacks." in said
    assert "Accuracy did not change by more than chance under any of 1 noises" in said

"""Comparisons: exact answers on affine models, and what is refused or left out."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest

import robaudit
from robaudit import SearchPlan
from robaudit.comparison import compare
from robaudit.comparison.over_classes import measure_over_classes
from robaudit.comparison.rows import beyond_chance
from robaudit.data.images import images_from_arrays
from robaudit.errors import UsageError
from robaudit.preprocessing.prepare import PreprocessingRequest
from robaudit.record import to_json
from robaudit.record.findings import Findings, findings_of
from robaudit.record.schema.comparison import DifferenceRecord
from robaudit.search.rays import NONE
from robaudit.stats.bootstrap import bootstrap_weights
from robaudit.testing import affine_classifier, affine_distances
from tests.support.comparisons import (
    BIAS,
    CLASSES,
    DIMENSION,
    NOISE,
    PLAN,
    WEIGHTS,
    X,
    audit,
    differences,
    findings,
    images,
    model,
    named,
    with_record,
)
from tests.support.schemas import validate


@pytest.fixture(scope="module")
def before() -> Findings:
    return findings(model(), attacks=NOISE)


@pytest.fixture(scope="module")
def after() -> Findings:
    return findings(model(0.6), attacks=NOISE)


@pytest.fixture(scope="module")
def comparison(before: Findings, after: Findings) -> dict[str, Any]:
    return compare(before, after)


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


def test_differences_come_in_their_order(comparison: dict[str, Any]) -> None:
    names = [one["name"] for one in comparison["differences"]]
    overall = ["accuracy", "restricted-mean-margin", "crossing-rate", "worst-class-margin"]
    overall += ["model-robustness", "gini", "max-min"]
    classes = ["accuracy", "restricted-mean-margin", "crossing-rate", "class-robustness"]
    assert names == overall + CLASSES * classes + 2 * ["robust-accuracy"]


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_the_same_model_shows_no_difference(before: Findings, scale: float) -> None:
    """Scores that are scaled change no class, so another file may be the same model."""
    found = compare(before, findings(model(scale=scale), attacks=NOISE))
    for one in found["differences"]:
        assert one["difference"] == 0
        assert one["p_value"] in (None, 1)
        assert one["low"] is None or one["low"] < 0 < one["high"]
    assert sum("not change by more than chance" in text for text in found["verdict"]) == 3
    assert "under any of 2 attacks" in found["verdict"][2]
    assert "No class became worse" in found["verdict"][3]
    assert ("Both audits are of the same model." in found["warnings"]) == (scale == 1)


def test_exchanging_before_and_after_changes_the_sign_alone(
    before: Findings, after: Findings
) -> None:
    there, back = differences(before, after), differences(after, before)
    negated = {"low": "high", "high": "low", "difference": "difference"}
    for one, other in zip(there, back, strict=True):
        assert (one["before"], one["after"]) == (other["after"], other["before"])
        for key, counterpart in negated.items():
            assert (one[key] is None) == (other[counterpart] is None)
            if one[key] is not None:
                assert one[key] == pytest.approx(-other[counterpart], abs=1e-9)
        assert one["p_value"] == pytest.approx(other["p_value"])


def way(row: dict[str, Any]) -> str | None:
    return beyond_chance(msgspec.convert(row, DifferenceRecord))


def test_a_change_for_the_worse_is_told_as_one(comparison: dict[str, Any]) -> None:
    rows, verdict = comparison["differences"], comparison["verdict"]
    assert way(named(rows, "accuracy")) == "worse"
    assert verdict[0].startswith("Margins shrank by more than chance")
    assert verdict[1].startswith("Clean accuracy fell by more than chance")
    worse = {one["class"] for one in rows if way(one) == "worse"} - {None}
    assert worse
    assert f"of {CLASSES} classes became worse by more than chance" in verdict[3]


def test_more_tests_ask_for_more(comparison: dict[str, Any]) -> None:
    tested = [one for one in comparison["differences"] if one["p_value"] is not None]
    assert all(one["p_value"] <= one["p_adjusted"] <= 1 for one in tested)
    smallest = min(tested, key=lambda one: one["p_value"])
    assert smallest["p_adjusted"] == pytest.approx(min(1, smallest["p_value"] * len(tested)))
    assert any(f"all {len(tested)} that were tested" in text for text in comparison["warnings"])


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


Change = Callable[[Findings], Findings]
REFUSED: dict[str, Change] = {
    "other data": lambda one: with_record(one, "data", sha256="0" * 64),
    "another split of the data": lambda one: with_record(one, "data", split="train"),
    "another number of images": lambda one: with_record(one, "data", samples=100),
    "pixels read in another range": lambda one: with_record(one, "data", pixel_range=[0, 2]),
    "another reference class": lambda one: with_record(one, "data", reference="prediction"),
    "another step ": lambda one: with_record(one, "plan", step=0.01),
    "another number of steps": lambda one: with_record(one, "plan", steps=10),
    "another number of signs": lambda one: with_record(one, "plan", signs=1),
    "clipping in one of them only": lambda one: with_record(one, "plan", clip=True),
    "another number of classes": lambda one: with_record(one, "model", classes=5),
    "another pixel box": lambda one: with_record(
        one, "model", input=msgspec.structs.replace(one.audit_record.model.input, high=2.0)
    ),
    "other samples were searched": lambda one: replace(one, rows=one.rows[::-1]),
    "other labels": lambda one: replace(one, labels=np.zeros(200, dtype=int)),
    "other directions": lambda one: replace(one, directions=one.directions[::-1]),
    "another number of directions": lambda one: replace(one, directions=one.directions[1:]),
    "inputs of another size": lambda one: replace(one, directions=one.directions[..., 1:]),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_is_not_comparable_is_refused(before: Findings, reason: str) -> None:
    with pytest.raises(UsageError, match=f"not comparable: {reason}") as refusal:
        compare(before, REFUSED[reason](before))
    assert ";" not in refusal.value.found


def test_all_reasons_are_given_at_once(before: Findings) -> None:
    plan = SearchPlan(samples=50, directions=7, step=0.03, steps=20, seed=3)
    with pytest.raises(UsageError) as refusal:
        compare(before, findings(model(), plan=plan))
    for reason in ("another step ", "clipping", "60 and 50", "number of directions (6 before, 7"):
        assert reason in str(refusal.value)


def test_another_seed_is_another_search(before: Findings) -> None:
    with pytest.raises(UsageError, match=r"other directions .seed 0 before"):
        compare(before, findings(model(), plan=replace(PLAN, seed=1)))


@pytest.mark.parametrize("depth", [1, 3])
def test_a_layout_matters_where_there_are_colours(depth: int) -> None:
    """The same direction of other numbers is another one; of a single channel it is the same."""
    random = np.random.default_rng(0)
    x = random.random((40, 4, 4, depth)).astype(np.float32)
    of = images_from_arrays(x, np.arange(40) % 2)
    weights = random.normal(0, 1, (16 * depth, 2))
    pair = []
    for shape in ((depth, 4, 4), (4, 4, depth)):
        classifier = affine_classifier(weights, np.zeros(2), shape)
        pair.append(findings(classifier, of, plan=replace(PLAN, samples=10, directions=2)))
    if depth == 1:
        assert named(differences(*pair), "restricted-mean-margin")["difference"] == 0
    else:
        with pytest.raises(UsageError, match="another layout of the inputs"):
            compare(*pair)


def test_another_preprocessing_is_said_and_not_refused(before: Findings) -> None:
    other = findings_with_mean(0.2)
    found = compare(before, other)
    assert any("preprocessing is not the same" in text for text in found["warnings"])
    assert not any("preprocessing" in text for text in compare(before, before)["warnings"])


def findings_with_mean(mean: float) -> Findings:
    found = robaudit.scan(
        model(), images(), plan=PLAN, preprocessing=PreprocessingRequest((mean,), (1.0,))
    )
    return findings_of(found)


def test_predictions_that_differ_leave_the_figures_of_classes_out() -> None:
    pair = [findings(model(spread), reference="prediction") for spread in (0.0, 0.6)]
    found = compare(*pair)
    rows = found["differences"]
    for name in ("accuracy", "restricted-mean-margin", "crossing-rate"):
        assert named(rows, name)["low"] is not None
    for name in ("gini", "worst-class-margin", "model-robustness", "max-min"):
        assert named(rows, name)["difference"] is None
        assert "predict differently" in named(rows, name)["missing"]
    assert named(rows, "accuracy", 0)["difference"] is not None
    assert named(rows, "restricted-mean-margin", 0)["missing"]
    assert found["class_centers"] == []
    assert any("start from another class" in text for text in found["warnings"])
    validate(json.loads(to_json(found)))
    same = compare(pair[0], pair[0])["differences"]
    assert named(same, "gini")["difference"] == 0


def test_without_labels_nothing_is_said_of_accuracy() -> None:
    unlabelled = images_from_arrays(X)
    plan = replace(PLAN, samples=len(X), directions=2)
    found = compare(*(findings(model(spread), unlabelled, plan=plan) for spread in (0, 0.3)))
    assert named(found["differences"], "accuracy")["missing"] == "there are no labels"
    assert "not known: there are no labels" in found["verdict"][1]
    assert named(found["differences"], "restricted-mean-margin")["p_value"] is not None


def test_attacks_are_matched_by_parameters_and_others_are_named() -> None:
    first = [("gaussian-noise", 0.3), ("gaussian-noise", 0.1), ("uniform-noise", 0.2)]
    then = [("gaussian-noise", 0.1), ("gaussian-noise", 0.3), ("uniform-noise", 0.1)]
    pair = []
    for named_attacks in (first, then):
        attacks = tuple(
            replace(NOISE.attacks[0], name=name, parameters={_KEYS[name]: size})
            for name, size in named_attacks
        )
        pair.append(findings(model(), attacks=replace(NOISE, attacks=attacks)))
    found = compare(*pair)
    rows = [one for one in found["differences"] if one["attack"] is not None]
    assert [(one["attack_name"], one["attack"]) for one in rows] == [
        ("gaussian-noise", 0),
        ("gaussian-noise", 1),
    ]
    for one in rows:
        assert one["difference"] == 0
        told = pair[0].record["attacks"][one["attack"]]["accuracy"]["value"]
        assert one["before"] == told
    left_out = [text for text in found["warnings"] if "was not compared" in text]
    assert [text.split(":")[0] for text in left_out] == [
        "Uniform noise (epsilon 0.2) was not compared",
        "Uniform noise (epsilon 0.1) was not compared",
    ]


_KEYS = {"gaussian-noise": "sigma", "uniform-noise": "epsilon"}


def test_attacks_on_other_samples_are_not_compared(before: Findings) -> None:
    found = compare(before, findings(model(0.3), attacks=replace(NOISE, samples=20)))
    assert not any(one["name"] == "robust-accuracy" for one in found["differences"])
    assert sum("it ran on other samples" in text for text in found["warnings"]) == 2
    assert "No attack ran on both" in found["verdict"][2]
    neither = compare(before, findings(model(0.3)))
    assert "No attack was compared: only the audit before ran any." in neither["warnings"]


def test_a_class_that_nothing_leaves_has_no_robustness_and_breaks_nothing(
    before: Findings,
) -> None:
    """Where one sample alone crosses out of a class, most resamples have an infinite R_i."""
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
        measured = measure_over_classes(changed, bootstrap_weights(before.origin, 0))
        assert not np.isfinite(measured.resampled_robustness[:, 2]).all()
        found = compare(before, changed)
        row = named(found["differences"], "class-robustness", 2)
        assert row["before"] is not None
        if missing is None:
            assert row["after"] > row["before"]
            assert row["high"] is None
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

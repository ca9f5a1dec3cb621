"""Figures of gates: those of the record, and of classes and attacks worked out by hand."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from robaudit.errors import UsageError
from robaudit.metrics.figures import (
    ACCURACY,
    CLOSEST,
    CROSSING_RATE,
    MEAN_MARGIN,
    OF_RIGHT,
    ROBUST_ACCURACY,
    WORST_CLASS,
    Figure,
)
from robaudit.metrics.gates import Gate
from robaudit.record.findings import Findings
from robaudit.record.headline_figures import headlines_beside
from robaudit.stats.bounded import share_interval
from robaudit.types import Estimate, IntArray
from robaudit.verdict.gated import estimate_gated, with_each_class
from robaudit.verdict.sentences import gate_sentence


def gate(figure: Figure, attack: str | None = None, of_class: str | None = None) -> Gate:
    return Gate(figure, 0.5, attack=attack, of_class=of_class)


def same(estimate: Estimate, other: Estimate) -> bool:
    ends = [
        (estimate.value, other.value),
        (estimate.low, other.low),
        (estimate.high, other.high),
    ]
    return all(one == pytest.approx(two) for one, two in ends)


def origin_of(findings: Findings, place: int) -> IntArray:
    attacked = findings.attacks[place]
    assert attacked is not None
    class_of = dict(zip(findings.rows.tolist(), findings.origin.tolist(), strict=True))
    return np.array([class_of[row] for row in attacked.rows.tolist()])


def test_figures_of_the_model_are_those_of_the_record(attacked: Findings) -> None:
    record = attacked.audit_record
    margins = record.margins.restricted_mean
    expected = {
        ACCURACY: record.clean.accuracy,
        MEAN_MARGIN: Estimate(margins.value, margins.low, margins.high),
        CROSSING_RATE: record.margins.crossing_rate,
        WORST_CLASS: record.inequality.worst_class_margin,
    }
    for figure, estimate in expected.items():
        assert same(estimate_gated(gate(figure), attacked).estimate, estimate)
    right = estimate_gated(gate(OF_RIGHT[CROSSING_RATE]), attacked).estimate
    assert (right.value or 1) < (record.margins.crossing_rate.value or 0)


@pytest.mark.parametrize("figure", [ACCURACY, MEAN_MARGIN, CROSSING_RATE, ROBUST_ACCURACY])
def test_a_smaller_error_makes_a_longer_interval(figure: Figure, attacked: Findings) -> None:
    usual, sure = (estimate_gated(gate(figure), attacked, error).estimate for error in (0.05, 0.01))
    assert usual.value == sure.value
    assert (sure.low or 0) <= (usual.low or 0) <= (usual.high or 1) <= (sure.high or 1)
    assert (sure.low, sure.high) != (usual.low, usual.high)


def test_robust_accuracy_is_that_of_an_attack_or_of_the_strongest(attacked: Findings) -> None:
    by_name = {attack.name: attack.accuracy for attack in attacked.audit_record.attacks}
    for name, share in by_name.items():
        found = estimate_gated(gate(ROBUST_ACCURACY, attack=name), attacked).estimate
        assert same(found, Estimate(share.value, share.low, share.high))
    strongest = estimate_gated(gate(ROBUST_ACCURACY), attacked).estimate
    assert strongest.value == min(by_name["fgsm"].value or 0, by_name["pgd"].value or 0)
    plan = attacked.audit_record.attack_plan
    assert plan
    assert plan.lowest
    assert same(strongest, Estimate(plan.lowest.value, plan.lowest.low, plan.lowest.high))


def test_accuracy_and_robust_accuracy_of_a_class(attacked: Findings) -> None:
    labels = attacked.labels
    assert labels is not None
    right = attacked.predicted[labels == 3] == 3
    found = estimate_gated(gate(ACCURACY, of_class="3"), attacked)
    assert same(found.estimate, share_interval(int(right.sum()), len(right)))
    assert found.class_index == 3
    of_fgsm = attacked.attacks[0]
    assert of_fgsm is not None
    held = ~of_fgsm.success[origin_of(attacked, 0) == 8]
    found = estimate_gated(gate(ROBUST_ACCURACY, attack="fgsm", of_class="8"), attacked)
    assert same(found.estimate, share_interval(int(held.sum()), len(held)))


def test_margins_of_a_class_are_those_of_the_record(attacked: Findings) -> None:
    of_class = attacked.audit_record.margins.per_class[5]
    margin = estimate_gated(gate(MEAN_MARGIN, of_class="5"), attacked).estimate
    assert (margin.value, margin.low) == (
        of_class.restricted_mean.value,
        of_class.restricted_mean.low,
    )
    crossed = estimate_gated(gate(CROSSING_RATE, of_class="5"), attacked).estimate
    assert same(crossed, of_class.crossing_rate)


def test_the_worst_class_is_the_smallest_or_largest(attacked: Findings) -> None:
    labels = attacked.labels
    assert labels is not None
    shares = [float((attacked.predicted[labels == c] == c).mean()) for c in range(10)]
    found = estimate_gated(gate(ACCURACY, of_class="worst"), attacked)
    assert found.estimate.value == pytest.approx(min(shares))
    assert found.worst_class == int(np.argmin(shares))
    crossed = [of.crossing_rate.value or 0 for of in attacked.audit_record.margins.per_class]
    found = estimate_gated(gate(CROSSING_RATE, of_class="worst"), attacked)
    assert found.estimate.value == pytest.approx(max(crossed))
    low, high = found.estimate.low, found.estimate.high
    assert low is not None
    assert high is not None
    assert low <= max(crossed) <= high
    margin = estimate_gated(gate(MEAN_MARGIN, of_class="worst"), attacked).estimate
    assert same(margin, attacked.audit_record.inequality.worst_class_margin)


def test_the_strongest_adversary_of_each_class(attacked: Findings) -> None:
    """Of a class it is the smallest over adversaries; noise is none."""
    shares = []
    for place in (0, 2):
        of_attack = attacked.attacks[place]
        assert of_attack is not None
        shares.append(float((~of_attack.success[origin_of(attacked, place) == 1]).mean()))
    found = estimate_gated(gate(ROBUST_ACCURACY, of_class="1"), attacked).estimate
    assert found.value == pytest.approx(min(shares))


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_the_interval_of_the_worst_class_covers(share: float, attacked: Findings) -> None:
    """Classes are equal, where the smallest seen is farthest off: 300 audits of 40 a class."""
    random, missed = np.random.default_rng(1), 0
    labels = np.repeat(np.arange(10), 40)
    for _ in range(300):
        right = random.random(400) < share
        predicted = np.where(right, labels, (labels + 1) % 10)
        drawn = replace(attacked, labels=labels, predicted=predicted)
        found = estimate_gated(gate(ACCURACY, of_class="worst"), drawn).estimate
        assert found.low is not None
        assert found.high is not None
        missed += not found.low <= share <= found.high
    assert missed <= 0.05 * 300 + 3 * np.sqrt(300 * 0.05 * 0.95)


def test_a_gate_on_each_class_is_one_a_class(attacked: Findings) -> None:
    gates = with_each_class(gate(ACCURACY, of_class="each"), attacked)
    assert [one.of_class for one in gates] == [str(index) for index in range(10)]
    assert len({one.name for one in gates}) == 10


@pytest.mark.parametrize(
    ("gate_on", "said"),
    [
        (gate(ACCURACY, of_class="10"), "class '10', which the model does not have"),
        (gate(ROBUST_ACCURACY, attack="deepfool"), "attack 'deepfool', which did not run"),
        (gate(ROBUST_ACCURACY, attack="apgd", of_class="worst"), "attack 'apgd', which did not"),
    ],
)
def test_what_was_not_measured_is_an_error(gate_on: Gate, said: str, attacked: Findings) -> None:
    with pytest.raises(UsageError, match=said):
        estimate_gated(gate_on, attacked)


def test_without_attacks_or_labels_there_is_nothing_to_gate(attacked: Findings) -> None:
    record = msgspec.structs.replace(attacked.audit_record, attacks=[])
    bare = replace(attacked, audit_record=record, attacks=(), labels=None)
    for of_class in (None, "worst", "1"):
        with pytest.raises(UsageError, match="no adversary ran"):
            estimate_gated(gate(ROBUST_ACCURACY, of_class=of_class), bare)
    with pytest.raises(UsageError, match="without labels"):
        estimate_gated(gate(ACCURACY, of_class="worst"), bare)


def test_the_closest_boundary_is_that_of_the_record(attacked: Findings) -> None:
    gated = estimate_gated(gate(CLOSEST), attacked)
    assert same(gated.estimate, headlines_beside(attacked.audit_record)[CLOSEST])
    sentence = gate_sentence(gated, attacked.audit_record)
    assert sentence.startswith("Closest boundary (")
    assert " for " in sentence.partition(")")[0]


def test_what_was_not_measured_beside_the_search_is_an_error(attacked: Findings) -> None:
    record = msgspec.structs.replace(attacked.audit_record, closest=None)
    with pytest.raises(UsageError, match="a gate on closest-boundary, which was not measured"):
        estimate_gated(gate(CLOSEST), replace(attacked, audit_record=record))

"""Searching until gates are decided, with the error accounted for."""

from dataclasses import replace

import numpy as np
import pytest

import robaudit
from robaudit import SearchPlan, images_from_arrays
from robaudit.audit import Audit
from robaudit.errors import UsageError
from robaudit.metrics.deciding import (
    ERROR,
    Looks,
    check_deciding,
    decide_gates,
    samples_by_square_law,
    samples_for_gate,
)
from robaudit.metrics.estimating import SEARCHED, estimate_figure
from robaudit.metrics.figures import (
    ACCURACY,
    CROSSING_RATE,
    MEAN_MARGIN,
    OF_RIGHT,
    WORST_CLASS,
    Figure,
)
from robaudit.metrics.gates import Gate
from robaudit.metrics.tally import tally_rays
from robaudit.search.plan import Precision
from robaudit.testing import affine_classifier
from robaudit.types import Estimate
from tests.support.drawn_rays import DrawnRays

PLAN = SearchPlan(3000, 64, step=0.05, steps=20, own_directions=4)


def audit(*gates: Gate, plan: SearchPlan = PLAN, images: int = 3000) -> Audit:
    """Audit a flat model of three classes, until gates are decided where there are any."""
    weights = np.random.default_rng(0).normal(size=(64, 3))
    classifier = affine_classifier(weights, np.zeros(3), (8, 8))
    pixels = np.random.default_rng(1).random((images, 8, 8)).astype(np.float32)
    labels = classifier.predict(pixels).argmax(axis=1)
    data = images_from_arrays(pixels, labels, pixel_range=(0, 1))
    return robaudit.scan(classifier, data, plan=plan, decide=gates or None)


def decided(
    gate: Gate, random: np.random.Generator, plan: SearchPlan = PLAN
) -> tuple[str, SearchPlan, Looks, DrawnRays]:
    """Decide one gate on samples that are drawn."""
    drawn = DrawnRays(random)
    (rays, _), sized, looks = decide_gates([gate], drawn, plan, classes=2)
    estimate = estimate_figure(gate.figure, tally_rays(rays, 2), sized, looks.error)
    return gate.outcome(estimate), sized, looks, drawn


@pytest.fixture(scope="module")
def whole() -> Audit:
    """All there is to be searched."""
    return audit()


@pytest.mark.parametrize(
    ("figure", "away"),
    [(MEAN_MARGIN, -0.15), (CROSSING_RATE, 0.2), (OF_RIGHT[MEAN_MARGIN], -0.15)],
)
def test_a_gate_far_from_the_threshold_takes_few_samples(
    figure: Figure, away: float, whole: Audit
) -> None:
    value = estimate_figure(figure, whole.margins.tally, whole.plan).value
    assert value is not None
    for sign, outcome in ((1, "passed"), (-1, "failed")):
        gate = Gate(figure, value + sign * away)
        found = audit(gate)
        assert found.plan.samples == len(found.origin) == 100
        assert found.looks == Looks(planned=6, taken=1, error=ERROR / 6)
        estimate = estimate_figure(figure, found.margins.tally, found.plan, found.looks.error)
        assert gate.outcome(estimate) == outcome


def test_a_gate_at_the_value_uses_up_the_data_and_stays_inconclusive(whole: Audit) -> None:
    value = whole.margins.restricted_mean.value
    assert value is not None
    gate = Gate(MEAN_MARGIN, value)
    found = audit(gate)
    assert found.plan.samples == len(found.origin) == 3000
    assert found.looks is not None
    assert 1 < found.looks.taken <= found.looks.planned == 6
    assert found.crossings.check.strategy == "traced"
    assert found.crossings.evaluations < found.crossings.linear_evaluations / 2
    estimate = estimate_figure(MEAN_MARGIN, found.margins.tally, PLAN, found.looks.error)
    assert gate.outcome(estimate) == "inconclusive"
    tally = found.margins.tally
    assert samples_for_gate(gate, estimate, tally, found.plan, found.looks.error) is None


def test_the_other_figures_are_those_of_a_search_of_so_many_samples(whole: Audit) -> None:
    value = whole.margins.restricted_mean.value
    assert value is not None
    linear = replace(PLAN, strategy="linear")
    found = audit(Gate(MEAN_MARGIN, value - 0.03), plan=linear)
    assert 100 < found.plan.samples < 3000
    same = audit(plan=replace(linear, samples=found.plan.samples))
    np.testing.assert_array_equal(found.samples.rows, same.samples.rows)
    np.testing.assert_array_equal(found.rays.step, same.rays.step)
    assert found.plan == same.plan == found.rays.plan
    assert found.margins.restricted_mean == same.margins.restricted_mean
    assert found.margins.per_class[0].restricted_mean == same.margins.per_class[0].restricted_mean
    assert found.inequality.gini == same.inequality.gini
    assert found.right_at_start is not None
    assert same.right_at_start is not None
    assert found.right_at_start.spread == same.right_at_start.spread


def test_samples_asked_for_are_the_most() -> None:
    found = audit(Gate(MEAN_MARGIN, 0.0), Gate(CROSSING_RATE, 0.0), plan=replace(PLAN, samples=60))
    assert found.plan.samples == 60
    assert found.looks == Looks(planned=1, taken=1, error=ERROR)


def test_the_worst_class_is_looked_at_once_classes_have_samples() -> None:
    drawn = DrawnRays(np.random.default_rng(0))
    decide_gates([Gate(WORST_CLASS, 0.05)], drawn, PLAN, classes=20)
    assert drawn.asked[0] == (0, 200, "traced")


def test_all_gates_are_decided_together() -> None:
    near = Gate(CROSSING_RATE, DrawnRays(np.random.default_rng(0)).crossing_rate() + 0.05)
    gates = [Gate(MEAN_MARGIN, 0.05), near, Gate(ACCURACY, 0.5)]
    for gates_in_order in (gates, gates[::-1]):
        drawn = DrawnRays(np.random.default_rng(3))
        _, sized, looks = decide_gates(gates_in_order, drawn, PLAN, classes=2)
        alone = decided(near, np.random.default_rng(3))
        assert (sized, looks) == alone[1:3]
        assert sized.samples > 100


def test_looks_that_are_unlikely_to_decide_are_left_out() -> None:
    population = DrawnRays(np.random.default_rng(0))
    gate = Gate(CROSSING_RATE, population.crossing_rate())
    plan = replace(PLAN, samples=50_000)
    _, sized, looks, drawn = decided(gate, np.random.default_rng(1), plan)
    assert sized.samples == sum(samples for _, samples, _ in drawn.asked) == 50_000
    assert [first for first, _, _ in drawn.asked] == [0, 100, 800]
    assert (looks.taken, looks.planned) == (3, 10)
    few = decided(Gate(CROSSING_RATE, 0.9), np.random.default_rng(1), plan)[3]
    assert few.asked == [(0, 100, "traced")]


def test_three_stages_at_most_are_traced_and_one_where_a_tolerance_was_asked_for() -> None:
    gate = Gate(CROSSING_RATE, DrawnRays(np.random.default_rng(0)).crossing_rate() + 0.02)
    for tolerance, most in ((None, 3), (0.1, 1)):
        counts = []
        for seed in range(12):
            plan = replace(PLAN, samples=50_000, tolerance=tolerance)
            drawn = decided(gate, np.random.default_rng(seed), plan)[3]
            strategies = [strategy for *_, strategy in drawn.asked]
            traced = strategies.count("traced")
            assert strategies == ["traced"] * traced + ["linear"] * (len(strategies) - traced)
            assert traced == min(most, len(strategies))
            counts.append(len(strategies))
        assert max(counts) > most


@pytest.mark.slow
@pytest.mark.parametrize("figure", [MEAN_MARGIN, CROSSING_RATE])
def test_a_gate_at_the_truth_is_decided_in_no_more_than_one_audit_in_twenty(
    figure: Figure,
) -> None:
    """It is wrong either way; so many audits tell 5 % from the 10 % of five careless looks."""
    random, plan = np.random.default_rng(0), replace(PLAN, samples=1600)
    truths = {
        MEAN_MARGIN: DrawnRays(random).mean_margin(plan),
        CROSSING_RATE: DrawnRays(random).crossing_rate(),
    }
    gate = Gate(figure, truths[figure])
    outcomes = [decided(gate, random, plan)[0] for _ in range(300)]
    assert 300 - outcomes.count("inconclusive") <= 15 + 2 * 3.8  # two Monte Carlo errors


def test_as_many_samples_as_are_said_decide_a_gate_four_times_in_five() -> None:
    random = np.random.default_rng(0)
    plan = replace(PLAN, samples=400)
    gate = Gate(CROSSING_RATE, DrawnRays(random).crossing_rate() + 0.03)
    said = []
    for _ in range(40):
        tally = tally_rays(DrawnRays(random)(plan, 0)[0], 2)
        estimate = estimate_figure(CROSSING_RATE, tally, plan)
        said.append(samples_for_gate(gate, estimate, tally, plan) or 10**9)
    enough = replace(plan, samples=int(np.median(said)))
    outcomes = []
    for _ in range(100):
        tally = tally_rays(DrawnRays(random)(enough, 0)[0], 2)
        outcomes.append(gate.outcome(estimate_figure(CROSSING_RATE, tally, enough)))
    assert 70 <= outcomes.count("passed") <= 95


def test_samples_right_at_the_start_are_but_a_part_of_all() -> None:
    plan = replace(PLAN, samples=1000)
    tally = tally_rays(DrawnRays(np.random.default_rng(0), wrong=0.5)(plan, 0)[0], 2)
    right = replace(plan, samples=int(tally.right.sum()))
    figure = OF_RIGHT[CROSSING_RATE]
    estimate = estimate_figure(figure, tally, plan)
    assert estimate.value is not None
    threshold = estimate.value + 0.01
    whole = samples_for_gate(Gate(figure, threshold), estimate, tally, plan)
    of_right = samples_for_gate(
        Gate(CROSSING_RATE, threshold), estimate, tally.right_at_start(), right
    )
    assert whole is not None
    assert of_right is not None
    assert whole == pytest.approx(of_right * 1000 / right.samples, rel=0.01)


def test_figures_over_classes_go_by_the_square_law() -> None:
    estimate = Estimate(0.2, 0.1, 0.26)
    for threshold, half in ((0.15, 0.1), (0.22, 0.06)):
        gate = Gate(WORST_CLASS, threshold)
        samples = samples_by_square_law(gate, estimate, 1000)
        times = (half * (1 + 0.842 / 1.960) / abs(0.2 - threshold)) ** 2
        assert samples == pytest.approx(1000 * times, rel=0.001)
    assert samples_by_square_law(Gate(WORST_CLASS, 0.2), estimate, 1000) is None
    assert samples_by_square_law(Gate(WORST_CLASS, 0.2000001), estimate, 1000) is None
    assert samples_by_square_law(Gate(WORST_CLASS, 0.1), Estimate(0.2, None, None), 9) is None


def test_an_interval_at_a_smaller_error_holds_that_at_a_larger_one(whole: Audit) -> None:
    for figure in SEARCHED:
        usual, sure = (
            estimate_figure(figure, whole.margins.tally, whole.plan, error)
            for error in (ERROR, 0.005)
        )
        assert usual.value == sure.value
        assert None not in (usual.low, usual.high, sure.low, sure.high)
        assert sure.low <= usual.low <= usual.high <= sure.high  # type: ignore[operator]
        assert sure.low < usual.low or usual.high < sure.high  # type: ignore[operator]


@pytest.mark.parametrize(
    ("gates", "changes", "said"),
    [
        ([], {}, "without a gate on a figure that is searched"),
        ([Gate(ACCURACY, 0.5)], {}, "without a gate on a figure that is searched"),
        ([Gate(CROSSING_RATE, 0.5)], {"real": False}, "without data"),
        ([Gate(CROSSING_RATE, 0.5)], {"randomised": True}, "`randomised` together"),
    ],
)
def test_what_cannot_be_decided(gates: list[Gate], changes: dict[str, bool], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        check_deciding(gates, PLAN, **{"real": True, "randomised": False, **changes})


def test_a_precision_is_another_end() -> None:
    plan = replace(PLAN, precision=Precision(0.01))
    with pytest.raises(UsageError, match="`decide` and `precision` together"):
        audit(Gate(CROSSING_RATE, 0.5), plan=plan, images=50)

"""Gates held against a baseline: equal models pass, what is worse beyond chance fails."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from robaudit.metrics.figures import (
    ACCURACY,
    CLOSEST,
    CROSSING_RATE,
    GINI,
    MAX_MIN,
    MEAN_MARGIN,
    MODEL_ROBUSTNESS,
    OF_RIGHT,
    ROBUST_ACCURACY,
    WORST_CLASS,
)
from robaudit.metrics.gates import EACH, WORST, Gate
from robaudit.record.findings import Findings
from robaudit.record.schema.verdict import GateRecord
from robaudit.verdict.baseline import ERROR, evaluate_against, shown_beyond, usual_drops
from robaudit.verdict.drops import Drop
from robaudit.verdict.fold import fold
from tests.support.beside import with_distances
from tests.support.comparisons import PLAN, findings, model, with_record
from tests.support.lives import NOT_WORSE, attacked, broken, with_right, with_wrong


@pytest.fixture(scope="module")
def before() -> Findings:
    return attacked()


def judged_before(before: Findings, *gates: Gate) -> Findings:
    """Let the record of a baseline tell of gates that it was held to."""
    held = evaluate_against(gates or NOT_WORSE, before, before)
    record = msgspec.structs.replace(before.audit_record, gates=held)
    return replace(before, audit_record=record)


def states(gates: list[GateRecord]) -> list[tuple[object, ...]]:
    return [(gate.name, gate.outcome, gate.state) for gate in gates]


@pytest.mark.parametrize(
    ("figure", "of_class", "attack"),
    [
        *((figure, None, None) for figure in (ACCURACY, MEAN_MARGIN, CROSSING_RATE, WORST_CLASS)),
        *((figure, None, None) for figure in (GINI, MAX_MIN, MODEL_ROBUSTNESS)),
        *((OF_RIGHT[figure], None, None) for figure in (MEAN_MARGIN, CROSSING_RATE, WORST_CLASS)),
        *((figure, WORST, None) for figure in (ACCURACY, MEAN_MARGIN, CROSSING_RATE)),
        *((figure, "2", None) for figure in (ACCURACY, MEAN_MARGIN, CROSSING_RATE)),
        *((ROBUST_ACCURACY, of_class, attack) for of_class in (None, WORST, "2")
          for attack in (None, "pgd")),
    ],
)  # fmt: skip
def test_an_unchanged_model_is_within_every_drop(
    before: Findings, figure: object, of_class: str | None, attack: str | None
) -> None:
    gate = Gate(figure, 0.0, attack=attack, of_class=of_class, drop=True)  # type: ignore[arg-type]
    (found,) = evaluate_against([gate], before, before)
    assert (found.outcome, found.value) == ("passed", 0.0)
    assert found.low is not None
    assert found.high is not None
    assert found.low <= 0 <= found.high
    assert found.before is not None
    assert found.error == pytest.approx(2 * ERROR)


def test_the_usual_gates_are_on_what_a_baseline_has(before: Findings) -> None:
    assert usual_drops(before) == list(NOT_WORSE)
    assert usual_drops(replace(findings(model()), labels=None)) == []


def test_a_loss_beyond_chance_fails_and_a_gain_is_better(before: Findings) -> None:
    baseline = judged_before(before)
    worse = evaluate_against(NOT_WORSE, with_wrong(before, 40), baseline)
    assert worse[0].name == "accuracy/max-drop"
    assert (worse[0].outcome, worse[0].state) == ("failed", "worse")
    assert worse[0].value == pytest.approx(0.2)
    assert worse[0].low is not None
    assert worse[0].low > 0
    assert (worse[2].outcome, worse[2].state) == ("passed", "unchanged")
    assert fold(before.audit_record, worse).outcome == "fail"
    lower = with_wrong(before, 40)
    gained = evaluate_against(NOT_WORSE, before, judged_before(lower))
    assert (gained[0].outcome, gained[0].state) == ("passed", "better")


def test_a_loss_within_chance_passes_and_says_what_is_not_ruled_out(before: Findings) -> None:
    (found, *_) = evaluate_against(NOT_WORSE, with_wrong(before, 2), before)
    assert found.outcome == "passed"
    assert "lost 1.0 points" in str(found.sentence)
    assert "cannot be ruled out" in str(found.sentence)


def test_a_drop_fails_only_when_its_whole_interval_is_beyond(before: Findings) -> None:
    after = with_wrong(before, 40)
    outcomes = [
        evaluate_against([Gate(ACCURACY, most, drop=True)], after, before)[0].outcome
        for most in (0.05, 0.15, 0.3)
    ]
    assert outcomes == ["failed", "passed", "passed"]


def test_the_strongest_adversary_is_compared(before: Findings) -> None:
    (found,) = evaluate_against([NOT_WORSE[2]], broken(before, 14), before)
    assert (found.outcome, found.state) == ("failed", "worse")
    (weak,) = evaluate_against([replace(NOT_WORSE[2], attack="pgd")], broken(before, 14), before)
    assert weak.outcome == "failed"


def test_a_boundary_that_came_nearer_is_a_loss(before: Findings) -> None:
    distances = np.linspace(0.01, 0.05, len(before.rows)) ** 1.5
    far, near = (with_distances(before, share * distances) for share in (1.0, 0.5))
    gate = Gate(CLOSEST, 0.0, drop=True)
    (same,) = evaluate_against([gate], far, far)
    assert (same.outcome, same.value, same.low) == ("passed", 0.0, 0.0)
    (lost,) = evaluate_against([gate], near, far)
    assert (lost.outcome, lost.state) == ("failed", "worse")
    assert lost.value == pytest.approx(float(np.median(distances)) / 2)
    (gained,) = evaluate_against([gate], far, near)
    assert (gained.outcome, gained.state) == ("passed", "better")
    silent = msgspec.structs.replace(before.audit_record, closest=None)
    (unknown,) = evaluate_against([gate], far, replace(before, audit_record=silent))
    assert unknown.outcome == "inconclusive"
    assert "the baseline did not measure it" in str(unknown.sentence)


def test_each_class_shares_the_error_with_all_others(before: Findings) -> None:
    gates = evaluate_against([Gate(ACCURACY, 0.0, of_class=EACH, drop=True)], before, before)
    assert len(gates) == 4
    assert gates[0].error == pytest.approx(2 * ERROR / 4)


def test_new_and_absent_gates_are_told(before: Findings) -> None:
    baseline = judged_before(before, NOT_WORSE[0], Gate(CROSSING_RATE, 1.0))
    gates = evaluate_against([*NOT_WORSE[:2], Gate(ACCURACY, 0.1)], before, baseline)
    assert states(gates) == [
        ("accuracy/max-drop", "passed", "unchanged"),
        ("accuracy/class-worst/max-drop", "passed", "unchanged"),
        ("accuracy/min", "passed", "new"),
        ("crossing-rate/max", "inconclusive", "absent"),
    ]
    verdict = fold(before.audit_record, gates)
    assert verdict.outcome == "pass"
    assert verdict.sentence == "3 gates passed."
    assert "no longer there" in verdict.reasons[0].sentence


@pytest.mark.parametrize("what", ["data", "seed", "plan", "attacks"])
def test_other_data_seed_or_plan_is_inconclusive_with_the_reason(
    before: Findings, what: str
) -> None:
    other = {
        "data": lambda: with_record(before, "data", sha256="0" * 64),
        "seed": lambda: findings(model(), plan=replace(PLAN, seed=1)),
        "plan": lambda: findings(model(), plan=replace(PLAN, steps=10)),
        "attacks": lambda: replace(before, attacks=(None, None)),
    }[what]()
    gates = evaluate_against([NOT_WORSE[2 if what == "attacks" else 0]], before, other)
    said = {
        "data": "other data", "seed": "seed 1 before, 0 after", "plan": "another number of steps",
        "attacks": "did not run now as it did",
    }[what]  # fmt: skip
    assert gates[0].outcome == "inconclusive"
    assert said in str(gates[0].sentence)
    assert fold(before.audit_record, gates).outcome == "inconclusive"


def test_what_is_shown_is_by_holm() -> None:
    def drop(error_needed: float) -> Drop:
        return Drop(0.1, 0.9, lambda error: (0.01 if error >= error_needed else -0.01, 0.2))

    drops = [drop(0.004), drop(0.006), drop(0.02)]
    # At .01 / 3 none would be told; the first at .01 / 2 only when another was before.
    assert [one.shown for one in shown_beyond(drops, [0.0] * 3)] == [False] * 3
    drops[2] = drop(0.003)
    assert [one.shown for one in shown_beyond(drops, [0.0] * 3)] == [True, True, True]


def test_right_answers_that_are_exchanged_are_no_drop(before: Findings) -> None:
    after = with_right(with_wrong(before, 5), 5)
    (found, *_) = evaluate_against(NOT_WORSE, after, before)
    assert found.outcome == "passed"

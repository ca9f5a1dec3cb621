"""Gates to start with: which there are, and how often the same model passes them."""

from dataclasses import replace

import numpy as np
import pytest

import robaudit
from robaudit import Images, scan
from robaudit.attacks.assessment import AttackPlan
from robaudit.attacks.catalogue import parse_attack
from robaudit.metrics.figures import ACCURACY, CROSSING_RATE
from robaudit.metrics.gates import Gate
from robaudit.preprocessing.candidates import PreprocessingRequest
from robaudit.record.findings import Findings, findings_of
from robaudit.search.plan import SearchPlan
from robaudit.types import IntArray
from robaudit.verdict.evaluate import evaluate_gates
from robaudit.verdict.starting import says_something, starting_gates
from tests.support.paths import DIGITS, EXAMPLES

PLAN = SearchPlan(60, 8, steps=12, step=0.04)
ATTACK = "square:queries=30,epsilon=0.05"


@pytest.fixture(scope="module")
def images() -> Images:
    """All images of the demo, of both parts."""
    parts = [robaudit.read_images(EXAMPLES / "digits.npz", split=s) for s in ("train", "test")]
    labels = [part.labels for part in parts if part.labels is not None]
    pixels = np.concatenate([part.pixels for part in parts])
    return replace(parts[0], pixels=pixels, labels=np.concatenate(labels))


def found(images: Images, rows: IntArray, seed: int, *, attacked: bool = False) -> Findings:
    assert images.labels is not None
    some = replace(images, pixels=images.pixels[rows], labels=images.labels[rows])
    model = robaudit.load(DIGITS)
    attacks = AttackPlan((parse_attack(ATTACK, model.spec),)) if attacked else None
    plan = replace(PLAN, seed=seed)
    request = PreprocessingRequest(mean=(0.0,), std=(1.0,))
    return findings_of(scan(model, some, plan=plan, preprocessing=request, attacks=attacks))


def test_gates_are_on_what_was_measured(images: Images) -> None:
    findings = found(images, np.arange(300), 0, attacked=True)
    gates = [gated.gate for gated in starting_gates(findings)]
    assert [gate.name for gate in gates] == [
        "accuracy/min",
        "accuracy/class-worst/min",
        "robust-accuracy/min",
        "restricted-mean-margin/min",
        "crossing-rate/max",
    ]
    for gate, gated in zip(evaluate_gates(gates, findings), starting_gates(findings), strict=True):
        assert gate.outcome == "passed"
        assert gate.value == gated.estimate.value
    without = starting_gates(found(images, np.arange(300), 0))
    assert len(without) == 4
    # Fewer of them share the error.
    assert without[0].gate.threshold >= gates[0].threshold


def test_the_same_model_passes_all_of_them_on_new_samples(images: Images) -> None:
    random, failed, times = np.random.default_rng(1), 0, 8
    for seed in range(times):
        rows = random.permutation(len(images.pixels))[:600]
        gates = [gated.gate for gated in starting_gates(found(images, rows[:300], seed))]
        new = evaluate_gates(gates, found(images, rows[300:], 1000 + seed))
        failed += any(gate.outcome != "passed" for gate in new)
    assert failed <= 0.05 * times


@pytest.mark.parametrize(
    ("better", "threshold", "says"),
    [("higher", 0.0, False), ("higher", 0.1, True), ("lower", 1.0, False), ("lower", 0.9, True)],
)
def test_a_gate_that_nothing_fails_says_nothing(better: str, threshold: float, says: bool) -> None:
    figure = ACCURACY if better == "higher" else CROSSING_RATE
    assert says_something(Gate(figure, threshold)) == says

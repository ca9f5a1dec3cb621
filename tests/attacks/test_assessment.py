"""Which attacks count, which stand in for others, and which are missed."""

from dataclasses import replace

import numpy as np
import pytest

from robaudit import Classifier, SearchPlan
from robaudit.attacks.agreement.closest import closest_distances
from robaudit.attacks.assessment import Assessment, AttackPlan, assess, reasons, with_nearest
from robaudit.attacks.catalogue import STAND_INS, default_attack, suite
from robaudit.attacks.outcome import Outcome, Targets
from robaudit.attacks.run import INTERRUPTED, AttackResult, run_attacks
from robaudit.batches import Pace
from tests.support.agreements import SPEC, make_rays, make_result, make_targets
from tests.support.flat_boundary import boundary_distances

NO_GRADIENTS = "there are no gradients"


def result(name: str, skipped: str | None = None) -> AttackResult:
    if skipped is None:
        return make_result(name, [0.1, 0.1])
    return AttackResult(default_attack(name, SPEC), None, skipped)


def assessed(*results: AttackResult, required: frozenset[str] = frozenset()) -> Assessment:
    plan = AttackPlan(
        tuple(one.attack for one in results),
        stand_ins=tuple(default_attack(name, SPEC) for name in STAND_INS),
        required=required,
    )
    return Assessment(plan, np.arange(2), make_targets([0, 1]), results, (), (), None)


def names(results: tuple[AttackResult, ...]) -> list[str]:
    return [one.attack.name for one in results]


def test_noise_is_no_adversary() -> None:
    found = assessed(result("uniform-noise"), result("jpeg"))
    assert not found.has_adversary
    assert found.missing == ()  # nothing else was asked for
    assert assessed(result("fgsm")).has_adversary


def test_a_suite_of_which_no_adversary_ran_is_not_what_was_asked_for() -> None:
    found = assessed(
        result("fgsm", NO_GRADIENTS), result("pgd", NO_GRADIENTS), result("uniform-noise")
    )
    assert names(found.missing) == ["fgsm", "pgd"]
    assert reasons(found.missing) == f"FGSM, PGD ({NO_GRADIENTS})"


def test_a_suite_that_fell_back_misses_nothing() -> None:
    found = assessed(result("fgsm", NO_GRADIENTS), result("square"), result("uniform-noise"))
    assert names(found.skipped) == ["fgsm"]
    assert names(found.stand_ins) == ["square"]
    assert found.missing == ()


def test_what_was_asked_for_by_name_is_missed_whatever_else_ran() -> None:
    found = assessed(
        result("pgd", NO_GRADIENTS),
        result("jpeg", "no pictures"),
        result("square"),
        required=frozenset({"pgd", "jpeg", "square"}),
    )
    assert names(found.missing) == ["pgd", "jpeg"]


def test_an_interrupted_attack_is_not_missed() -> None:
    assert assessed(result("fgsm"), result("pgd", INTERRUPTED)).skipped == ()


def test_stand_ins_run_where_no_attack_that_needs_gradients_can(
    classifier: Classifier, targets: Targets
) -> None:
    """Without gradients, and only then."""
    plan = SearchPlan(len(targets.x), 1, signs=1, step=0.1, steps=5)
    rays = make_rays(np.full((len(targets.x), 1), 0.3), plan)
    quick = AttackPlan(
        suite("quick", classifier.spec),
        samples=6,
        stand_ins=(default_attack("square", classifier.spec),),
    )
    ran = [
        names(assess(model, targets, rays, plan, quick, Pace(64)).results)
        for model in (classifier, replace(classifier, vjp=None))
    ]
    usual = ["fgsm", "pgd", "uniform-noise", "gaussian-noise"]
    assert ran == [usual, [*usual, "square"]]


def test_the_closest_boundary_is_looked_for_whatever_was_asked_for(
    classifier: Classifier, targets: Targets
) -> None:
    """PGD ends anywhere within its budget; the closed form lies nearer."""
    asked = [default_attack("pgd", classifier.spec)]
    results = run_attacks(classifier, targets, asked, seed=0, pace=Pace(80))
    known = with_nearest(classifier, targets, results, seed=0, pace=Pace(80))
    assert names(known) == ["pgd", "ddn", "fmn-l2"]
    exact = boundary_distances(targets, 2) / 6  # RMS
    right, plan = targets.correct, SearchPlan(80, 1)
    compared = (targets, np.arange(80), known, make_rays(np.full((80, 2), np.inf)), plan)
    closest = closest_distances(classifier.spec, *compared)
    np.testing.assert_allclose(closest.distance[right], exact[right], rtol=1e-3)
    assert set(closest.by) <= {"ddn", "fmn-l2", "misclassified"}
    assert with_nearest(classifier, targets, known, seed=0, pace=Pace(80)) is known
    black_box = replace(classifier, vjp=None)
    assert with_nearest(black_box, targets, results, seed=0, pace=Pace(80)) is results


def test_an_interrupt_of_looking_for_it_is_one(
    classifier: Classifier, targets: Targets, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> Outcome:
        raise KeyboardInterrupt

    monkeypatch.setattr("robaudit.attacks.run.run_attack", interrupted)
    with pytest.raises(KeyboardInterrupt):
        with_nearest(classifier, targets, (), seed=0, pace=Pace(80))

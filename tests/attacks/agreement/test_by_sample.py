"""Nearest adversarial examples against mean margins: who is compared, and what may be said."""

import numpy as np
import pytest

from robaudit import SearchPlan
from robaudit.attacks.agreement.by_class import ClassAgreement, RightClass
from robaudit.attacks.agreement.by_sample import Agreement
from robaudit.attacks.agreement.closest import closest_distances
from robaudit.attacks.outcome import Targets
from robaudit.types import FloatArray
from tests.support.agreements import (
    PLAN,
    SPEC,
    agreed,
    by_classes,
    make_rays,
    make_result,
    make_targets,
)

INF = np.inf


def test_only_the_samples_attacked_are_compared() -> None:
    rays = make_rays(np.array([[0.3, INF], [0.1, 0.2], [INF, INF], [0.2, 0.4]]))
    places = np.array([3, 0])
    found = closest_distances(SPEC, make_targets([0, 0]), places, [], rays, PLAN)
    np.testing.assert_allclose(found.distance, [0.2, 0.3])
    results = [make_result("pgd", [0.01, 0.02])]
    whole = agreed(SPEC, make_targets([0, 0]), places, results, rays, PLAN)
    assert whole.samples == whole.compared == 2
    assert whole.rank_correlation.value is None
    nothing = RightClass(0, None, None, None)
    assert whole.per_class[1] == ClassAgreement(1, None, None, nothing)
    assert whole.missing == "2 samples are right at the start, too few"
    assert whole.missing in whole.sentence


def test_rays_are_not_compared_with_their_own_mean() -> None:
    """Without an attack the one list is made of the other, and would go with it by itself."""
    far = np.array([[0.1, INF], [0.2, INF], [0.4, INF], [INF, INF], [INF, INF]])
    targets, rays = make_targets([0, 0, 1, 1, 2]), make_rays(far)
    for name, sizes, why in (
        ("pgd", [INF] * 5, "lies on a random direction for 3 of 5"),
        ("pgd", [0.05, 0.3, 0.5, INF, INF], "for 2 of 5 samples"),
        ("gaussian-noise", [0.01] * 5, "no adversary ran"),
    ):
        found = agreed(SPEC, targets, np.arange(5), [make_result(name, sizes)], rays, PLAN)
        assert found.rank_correlation.value is None
        assert found.missing is not None
        assert why in found.missing
        assert found.disagreeing == ()
    found = agreed(SPEC, targets, np.arange(5), [], rays, PLAN)
    assert found.by == {"rays": 3, "none": 2}
    assert [one.closest for one in found.per_class] == [pytest.approx(0.15), None, None]
    assert found.missing == "no adversary ran"


def test_what_no_attack_found_ranks_last() -> None:
    far = np.array([[0.2, 0.5], [0.3, 0.5], [0.4, 0.5], [0.5, 0.5], [0.5, INF]])
    results = [make_result("pgd", [0.01, 0.02, 0.03, INF, INF])]
    found = agreed(SPEC, make_targets([0] * 5), np.arange(5), results, make_rays(far), PLAN)
    assert found.rank_correlation.value == pytest.approx(1.0)
    assert "For 2 of them no attack found an example" in found.sentence
    of_class = found.per_class[0].right
    assert of_class.attack == pytest.approx(0.03)
    assert of_class.ray == pytest.approx(0.4)


def test_opposite_orders_are_said_to_be_so() -> None:
    found = by_classes([0.01, 0.02, 0.03, 0.04], [0.4, 0.3, 0.2, 0.1])
    assert found.rank_correlation.value == pytest.approx(-1.0)
    assert "tend to be those that attacks find easy" in found.sentence


def _compared(margins: FloatArray, attacks: FloatArray, wrong: int, seed: int) -> Agreement:
    """Compare made-up samples of three classes, the first few of which are misclassified."""
    count = len(margins)
    plan = SearchPlan(count, 1, signs=1, step=0.01, steps=100, seed=seed)
    origin = np.arange(count) % 3
    mistaken = np.arange(count) < wrong
    start = np.where(mistaken, (origin + 1) % 3, origin)
    rays = make_rays(np.where(mistaken, 0, margins)[:, None], plan)
    targets = Targets(np.zeros((count, *SPEC.shape)), origin, start, 1.0)
    results = [make_result("deepfool", np.where(mistaken, 0, attacks).tolist())]
    return agreed(SPEC, targets, np.arange(count), results, rays, plan)


def test_lists_without_a_connection_have_none_and_no_sentence_says_so() -> None:
    """A third of the samples is misclassified: at 0 in both, they alone would correlate."""
    random, said, found = np.random.default_rng(0), 0, []
    for seed in range(120):
        count = 18 if seed % 2 else 45
        margins, attacks = random.uniform(0.3, 0.9, count), random.uniform(0.01, 0.2, count)
        one = _compared(margins, attacks, count // 3, seed)
        assert one.compared == count - count // 3
        assert one.rank_correlation.value is not None
        found.append(one.rank_correlation.value)
        said += "hardly" not in one.sentence and "do not show" not in one.sentence
        said += bool(one.disagreeing)
    assert said <= 120 / 20
    assert abs(np.mean(found)) < 0.05


def test_a_connection_is_found() -> None:
    random = np.random.default_rng(1)
    margins = random.uniform(0.3, 0.9, 60)
    strict = _compared(margins, margins / 10, 20, 0)
    assert strict.sentence.startswith("Samples that random directions leave late are those")
    loose = _compared(margins, margins / 10 + random.uniform(0, 0.06, 60), 20, 0)
    assert "tend to be those that attacks find hard" in loose.sentence
    assert "over 40 samples that are right at the start" in loose.sentence

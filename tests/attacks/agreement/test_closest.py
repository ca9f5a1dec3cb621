"""The nearest point of another class: the closed form, whatever it was found by."""

import numpy as np
import pytest

from robaudit import SearchPlan
from robaudit.attacks.agreement.by_sample import mean_margins
from robaudit.attacks.agreement.closest import closest_distances
from robaudit.attacks.catalogue import Attack, default_attack
from robaudit.attacks.outcome import Targets
from robaudit.attacks.run import AttackResult, run_attacks
from robaudit.batches import Pace
from robaudit.predicting import make_probe
from robaudit.search.boundary_search import measure_realised, search
from robaudit.search.directions import random_directions
from robaudit.testing import affine_classifier
from robaudit.types import InputSpec
from tests.support.agreements import (
    PLAN,
    SPEC,
    affine_case,
    agreed,
    make_rays,
    make_result,
    make_targets,
)

INF = np.inf
EVERY = np.arange(4)


def test_the_closest_of_all_means_counts() -> None:
    rays = make_rays(np.array([[0.3, INF], [0.1, 0.2], [INF, INF], [0.0, 0.0]]))
    results = [
        make_result("deepfool", [0.1, 0.25, INF, 0.0]),
        make_result("pgd", [0.3, 0.05, INF, 0.0]),
        AttackResult(default_attack("cw-l2", SPEC), None, "no gradients"),
    ]
    targets = make_targets([0, 1, 2, 2], wrong=[3])
    found = closest_distances(SPEC, targets, EVERY, results, rays, PLAN)
    np.testing.assert_allclose(found.distance, [0.1, 0.05, INF, 0.0])
    assert found.by == ("deepfool", "pgd", "none", "misclassified")
    np.testing.assert_allclose(found.attack, [0.1, 0.05, INF, 0.0])
    np.testing.assert_allclose(found.ray, [0.3, 0.1, INF, 0.0])
    alone = closest_distances(SPEC, targets, EVERY, [], rays, PLAN)
    np.testing.assert_allclose(alone.distance, [0.3, 0.1, INF, 0.0])
    np.testing.assert_allclose(mean_margins(rays, PLAN), [0.4, 0.15, 0.5, 0.0])


def test_noise_is_a_means_but_no_attack() -> None:
    rays = make_rays(np.array([[0.3, INF], [0.1, 0.2]]))
    results = [make_result("gaussian-noise", [0.1, 0.05]), make_result("blur", [0.2, 0.01])]
    found = closest_distances(SPEC, make_targets([0, 1]), EVERY[:2], results, rays, PLAN)
    assert found.by == ("gaussian-noise", "blur")
    assert np.isinf(found.attack).all()


def test_distances_are_shares_of_the_pixel_range() -> None:
    wide = InputSpec(SPEC.shape, 3, low=0.0, high=255.0)
    results = [make_result("pgd", [51.0])]
    rays = make_rays(np.array([[INF, INF]]))
    found = closest_distances(wide, make_targets([0]), np.array([0]), results, rays, PLAN)
    np.testing.assert_allclose(found.distance, [0.2])


def test_on_an_affine_model_the_closest_is_the_closed_form_and_goes_with_the_margin() -> None:
    pytest.importorskip("art")
    weights, bias, x, y = affine_case()
    classifier = affine_classifier(weights, bias, (1, 8, 8))
    scores = x @ weights + bias
    lead = np.take_along_axis(scores, y[:, None], axis=1) - scores
    slope = np.linalg.norm(weights.T[y][:, None, :] - weights.T[None], axis=2)
    with np.errstate(invalid="ignore"):
        exact = np.nanmin(lead / slope, axis=1) / 8
    assert exact.max() < 0.1875  # within the budget of 1.5

    plan = SearchPlan(60, 32, step=0.02, steps=50, clip=False)
    pictures = x.reshape(60, 1, 8, 8)
    directions = random_directions((1, 8, 8), plan.directions, seed=0)
    probe = make_probe(classifier, pictures, directions, clip=False)
    found = search(probe, y, y, plan, scale=1.0, batch_size=256)
    rays = measure_realised(found, pictures, y, directions, plan, classifier.spec)
    targets = Targets(pictures, y, y, 1.0)
    deepfool = Attack("deepfool", {"budget": 1.5, "steps": 50, "overshoot": 0.02})
    results = run_attacks(classifier, targets, [deepfool], seed=0, pace=Pace(64))
    closest = closest_distances(classifier.spec, targets, np.arange(60), results, rays, plan)
    assert (closest.distance >= exact * (1 - 1e-5)).all()
    np.testing.assert_allclose(closest.distance, exact, rtol=0.025)
    fgsm = run_attacks(
        classifier, targets, [Attack("fgsm", {"epsilon": 0.4})], seed=0, pace=Pace(64)
    )
    loose = closest_distances(classifier.spec, targets, np.arange(60), fgsm, rays, plan)
    everything = [*results, *fgsm]
    tight = closest_distances(
        classifier.spec,
        targets,
        np.arange(60),
        everything,
        rays,
        plan,
        classifier=classifier,
        batch_size=7,
    )
    assert (loose.distance > 1.2 * exact).all()
    assert (tight.distance >= exact * (1 - 1e-5)).all()
    np.testing.assert_allclose(tight.distance, exact, rtol=0.005)
    together = agreed(classifier.spec, targets, np.arange(60), results, rays, plan)
    assert together.by == {"deepfool": 60}
    assert together.rank_correlation.low is not None
    assert together.rank_correlation.low > 0.9
    assert together.sentence.startswith("Samples that random directions leave late")

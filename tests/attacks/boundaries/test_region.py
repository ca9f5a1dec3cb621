"""Region-based classification: votes that are known, and the same whatever is asked with them."""

import itertools
import math

import numpy as np
import pytest

import robaudit
from robaudit.attacks.boundaries.region import points_of_region
from robaudit.errors import UsageError
from robaudit.testing import affine_classifier
from robaudit.types import Classifier, FloatArray, InputSpec
from tests.support.affine_models import affine, some_inputs


def share_above(weights: FloatArray, distance: float, radius: float) -> float:
    """Give P(weights . u + distance > 0) for u even in [-radius, radius]^n, in closed form.

    By inclusion and exclusion over the corners of the cube: the volume that a plane cuts off.
    """
    slopes = np.abs(weights) * 2 * radius
    lowest = distance - slopes.sum() / 2
    below = 0.0
    for corner in itertools.product((0, 1), repeat=len(slopes)):
        beyond = max(0.0, -lowest - float(np.dot(corner, slopes)))
        below += (-1) ** sum(corner) * beyond ** len(slopes)
    return 1 - below / (math.factorial(len(slopes)) * float(np.prod(slopes)))


def two_classes(weights: FloatArray, bias: float) -> Classifier:
    both = np.stack([np.zeros_like(weights), weights], axis=1)
    return affine_classifier(both, np.array([0.0, bias]), (1, 1, len(weights)))


@pytest.mark.parametrize("bias", [-0.3, 0.0, 0.12, 0.4])
def test_votes_of_an_affine_model_are_the_volume_that_its_boundary_cuts_off(bias: float) -> None:
    weights = np.array([1.0, -2.0, 0.5, 1.5])
    x = np.full((1, 1, 1, 4), 0.5, dtype=np.float32)
    votes = 40_000
    shares = robaudit.region_classifier(
        two_classes(weights, bias), radius=0.2, votes=votes
    ).predict(x)[0]
    exact = share_above(weights, 0.5 * weights.sum() + bias, 0.2)
    assert shares[1] == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / votes) + 1e-6)
    assert shares.sum() == pytest.approx(1)


def test_the_cube_ends_at_the_pixel_box() -> None:
    """Round a pixel of 0.1 it reaches from 0 to 0.4, so that 0.2 cuts it in halves."""
    x = np.full((1, 1, 1, 1), 0.1, dtype=np.float32)
    model = two_classes(np.array([1.0]), -0.2)
    shares = robaudit.region_classifier(model, radius=0.3, votes=20_000).predict(x)[0]
    assert shares[1] == pytest.approx(0.5, abs=0.015)


def test_an_example_just_beyond_the_boundary_of_a_corner_is_voted_back() -> None:
    """Class 1 is a small box at one corner: its inside is not most of a cube round a point of it.

    That is what the defence lives by; a plane through the centre would tie.
    """

    def predict(x: FloatArray) -> FloatArray:
        inside = (x.reshape(len(x), -1) > 0.6).all(axis=1)
        return np.stack([~inside, inside], axis=1).astype(np.float32)

    model = Classifier("corner", InputSpec((1, 1, 4), 2), predict)
    x = np.full((1, 1, 1, 4), 0.65, dtype=np.float32)
    assert model.predict(x).argmax() == 1
    assert robaudit.region_classifier(model, radius=0.3).predict(x).argmax() == 0


def test_scores_do_not_depend_on_the_batch_or_on_how_often_they_are_asked_for() -> None:
    model, x = robaudit.region_classifier(affine()[0], votes=200, radius=0.1), some_inputs(5)[0]
    together = model.predict(x)
    assert (together == model.predict(x)).all()
    assert (together[::-1] == model.predict(x[::-1])).all()
    assert (together == np.concatenate([model.predict(x[i : i + 1]) for i in range(5)])).all()
    assert (together == model.predict(x.astype(np.float64))).all()
    assert model.predict(x[:0]).shape == (0, 5)


def test_points_are_others_for_another_input_or_seed_and_the_same_for_signed_zeros() -> None:
    x = np.zeros((1, 2, 2), dtype=np.float32)
    drawn = points_of_region(x, 0.3, 10, 0, 0.0, 1.0)
    assert (drawn == points_of_region(-x, 0.3, 10, 0, 0.0, 1.0)).all()
    assert (drawn != points_of_region(x, 0.3, 10, 1, 0.0, 1.0)).any()
    near = np.full_like(x, 1e-6)
    assert np.abs(drawn - points_of_region(near, 0.3, 10, 0, 0.0, 1.0)).max() > 0.01


def test_it_is_a_classifier_that_can_be_scanned_and_attacked() -> None:
    x = np.random.default_rng(0).random((20, 6, 6, 1)).astype(np.float32)
    model = robaudit.region_classifier(affine()[0], votes=64, radius=0.1)
    labels = model.predict(x.transpose(0, 3, 1, 2)).argmax(axis=1)
    images = robaudit.images_from_arrays(x, labels)
    plan = robaudit.SearchPlan(20, 4, steps=5, step=0.05)
    attacks = tuple(
        robaudit.parse_attack(text, model.spec)
        for text in ("hopskipjump:queries=200", "pgd", "uniform-noise")
    )
    audit = robaudit.scan(model, images, plan=plan, attacks=robaudit.AttackPlan(attacks))
    record = robaudit.make_record(audit)
    skipped = [attack["skipped"] is not None for attack in record["attacks"]]
    assert skipped == [False, True, False]
    assert record["clean"]["accuracy"]["value"] == 1
    assert record["model"]["name"] == "affine by region"


def test_defaults_are_those_of_the_source() -> None:
    grey = robaudit.region_classifier(affine()[0])
    assert grey.details["region"] == {"radius": 0.3, "votes": 1000, "seed": 0}
    colour = affine_classifier(np.zeros((12, 2)), np.zeros(2), (3, 2, 2))
    assert robaudit.region_classifier(colour).details["region"]["radius"] == 0.02
    prints = {
        robaudit.region_classifier(colour, seed=seed, votes=votes).fingerprint
        for seed in (0, 1)
        for votes in (9, 10)
    }
    assert len(prints) == 4


@pytest.mark.parametrize("argument", [{"radius": 0.0}, {"radius": 8}, {"votes": 0}, {"seed": -1}])
def test_arguments_that_cannot_be_meant_are_refused(argument: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(argument))):
        robaudit.region_classifier(affine()[0], **argument)  # type: ignore[arg-type]

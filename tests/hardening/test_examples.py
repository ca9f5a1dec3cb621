"""Examples of training samples, on classifiers whose boundaries are known exactly."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robaudit import Classifier, TrainPlan
from robaudit.hardening.examples import make_examples, nearest_rays
from robaudit.hardening.plan import Method
from robaudit.hardening.training_search import search_training_samples
from tests.support.affine_hardening import SMALL, random_affine, searched_affine


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), rate=st.floats(1e-4, 1.0))
def test_a_step_on_an_example_moves_the_score_there_the_right_way(seed: int, rate: float) -> None:
    """Theorem 1, and by how much (Eq. 9 for the cross-entropy of two classes)."""
    classifier, x, y, searched = searched_affine(seed, SMALL)
    examples = make_examples(searched, SMALL, y)
    if not len(examples):
        return
    example = examples.inputs(x, classifier.spec)[:1]
    own = int(examples.label[0])
    assert classifier.predict(example).argmax() != own, "the example has not crossed"
    assert classifier.train is not None
    plan = TrainPlan(epochs=1, batch_size=1, learning_rate=rate)
    trained = classifier.train(example.astype(np.float64), examples.label[:1], plan)

    def wrong_side(one: Classifier) -> float:
        scores = one.predict(example.astype(np.float64))[0]
        return float(scores[1 - own] - scores[own])

    before, after = wrong_side(classifier), wrong_side(trained)
    assert after < before
    share_of_other = 1 / (1 + np.exp(-before))
    length = float((example.astype(np.float64) ** 2).sum())
    expected = -2 * rate * share_of_other * (length + 1)
    assert after - before == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_an_example_lies_beyond_the_crossing_by_its_strength() -> None:
    classifier, x, y, searched = searched_affine(3, SMALL)
    examples = make_examples(searched, SMALL, y)
    assert len(examples) > 50
    assert ((examples.strength >= 1.5) & (examples.strength <= 2.0)).all()
    assert np.ptp(examples.strength) > 0.3
    moved = examples.inputs(x, classifier.spec) - x[examples.row]
    distance = np.sqrt((moved**2).mean(axis=(1, 2, 3)))
    assert distance == pytest.approx(examples.strength * examples.margin, rel=1e-4)
    # Unclipped and affine: beyond the boundary there is no way back.
    predicted = classifier.predict(examples.inputs(x, classifier.spec)).argmax(axis=1)
    assert (predicted != examples.label).all()


def test_examples_are_clipped_where_the_search_was() -> None:
    plan = replace(SMALL, search=replace(SMALL.search, clip=True), weakest=5, strongest=6)
    classifier, x, y, searched = searched_affine(3, plan)
    inputs = make_examples(searched, plan, y).inputs(x, classifier.spec)
    assert inputs.min() == 0
    assert inputs.max() == 1


def test_examples_are_of_the_rays_that_cross_soonest() -> None:
    plan = replace(SMALL, directions_per_sample=3)
    *_, y, searched = searched_affine(5, plan)
    examples = make_examples(searched, plan, y)
    rays = searched.rays
    for row in np.unique(examples.row):
        sample = int(np.flatnonzero(searched.rows == row)[0])
        margins = np.sort(rays.distance[(rays.sample == sample) & (rays.step > 0)])
        mine = np.sort(examples.margin[examples.row == row])
        assert mine.tolist() == margins[: len(mine)].tolist()
        assert len(mine) == min(3, len(margins))


def test_misclassified_samples_give_no_examples() -> None:
    classifier, x, y = random_affine(1)
    wrong = 1 - y
    searched = search_training_samples(classifier, x, wrong, SMALL, batch_size=64)
    assert (searched.rays.step == 0).all()
    assert not len(make_examples(searched, SMALL, wrong))


@pytest.mark.parametrize("method", ["feedback", "reduced"])
def test_classes_give_as_many_samples_as_their_level_says(method: Method) -> None:
    plan = replace(SMALL, method=method, search=replace(SMALL.search, samples=60), low_samples=9)
    plan = replace(plan, medium_samples=0.5, high_samples=2)
    *_, y, searched = searched_affine(11, plan, classes=5)
    examples = make_examples(searched, plan, y)
    levels = [one.level for one in examples.selections]
    assert {"high", "low"} <= set(levels)
    for one in examples.selections:
        members = searched.rows[searched.origin == one.class_index]
        chosen = np.unique(examples.row[examples.label == one.class_index])
        assert set(chosen) <= set(members)
        assert len(chosen) == one.chosen
        wanted = {"high": 2, "medium": round(0.5 * len(members)), "low": 9, None: 0}
        if method == "reduced" and one.level:
            wanted[one.level] = 9
        assert one.chosen <= min(wanted[one.level], one.searched)
        crossing = [
            s
            for s in np.flatnonzero(searched.origin == one.class_index)
            if (searched.rays.step[searched.rays.sample == s] > 0).any()
        ]
        assert one.chosen == min(wanted[one.level], len(crossing))


def test_many_examples_are_thinned_alike_in_all_classes() -> None:
    plan = replace(SMALL, most_examples=1.0)
    _, x, y, searched = searched_affine(7, plan, classes=3)
    all_of_them = make_examples(searched, SMALL, y)
    fewer = make_examples(searched, plan, y)
    assert len(fewer) <= len(x) < len(all_of_them)
    assert set(fewer.row) == set(all_of_them.row)


def test_continued_adds_samples_at_random_as_they_are() -> None:
    plan = replace(SMALL, method="continued")
    classifier, x, y, searched = searched_affine(8, plan)
    examples = make_examples(searched, plan, y)
    assert len(examples) > 20
    assert np.array_equal(examples.inputs(x, classifier.spec), x[examples.row])
    assert np.array_equal(examples.label, y[examples.row])
    assert len(examples) == len(make_examples(searched, SMALL, y))
    assert set(examples.row) - set(searched.rows), "only samples that were searched"


def test_the_nearest_crossings_of_no_sample_are_none() -> None:
    _, _, _, searched = searched_affine(7, SMALL)
    assert not len(nearest_rays(searched.rays, np.zeros(0, dtype=np.int64), 3))

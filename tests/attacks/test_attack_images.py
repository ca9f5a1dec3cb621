"""Attacks without a search: on the same images, with the same outcome."""

import numpy as np
import pytest

import robaudit
from robaudit import AttackPlan, InputSpec, SearchPlan
from robaudit.errors import DataError, UsageError
from robaudit.testing import affine_classifier

SHAPE = (1, 4, 4)
RANDOM = np.random.default_rng(0)
CLASSIFIER = affine_classifier(RANDOM.standard_normal((16, 3)), np.zeros(3), SHAPE)
X = RANDOM.random((60, 4, 4)).astype(np.float32)
Y = CLASSIFIER.predict(X[:, None]).argmax(axis=1)
Y[:6] = (Y[:6] + 1) % 3  # some that are misclassified
IMAGES = robaudit.images_from_arrays(X, Y)
NOISE = robaudit.parse_attack("uniform-noise:epsilon=0.5", InputSpec(SHAPE, 3))
GAUSSIAN = robaudit.parse_attack("gaussian-noise:sigma=0.5", InputSpec(SHAPE, 3))


def test_attacks_run_without_a_search_and_as_within_one() -> None:
    alone = robaudit.attack_images(CLASSIFIER, IMAGES, [NOISE, GAUSSIAN])
    plan = SearchPlan(60, 2)
    audit = robaudit.scan(CLASSIFIER, IMAGES, plan=plan, attacks=AttackPlan((NOISE, GAUSSIAN)))
    assert audit.assessment is not None
    within = audit.assessment
    assert sorted(alone.rows) == list(range(60))
    assert (~alone.targets.correct).sum() == 6
    for one, other in zip(alone.results, within.results, strict=True):
        assert one.outcome is not None
        assert other.outcome is not None
        first = dict(zip(alone.rows, one.outcome.success, strict=True))
        second = dict(zip(audit.samples.rows[within.places], other.outcome.success, strict=True))
        assert first == second
        assert 0 < robaudit.robust_accuracy(one.outcome).value < 0.9  # type: ignore[operator]


def test_the_same_images_are_attacked_whatever_the_classifier() -> None:
    other = affine_classifier(RANDOM.standard_normal((16, 3)), np.zeros(3), SHAPE)
    found = [
        robaudit.attack_images(one, IMAGES, [NOISE], samples=12, seed=5).rows
        for one in (CLASSIFIER, other)
    ]
    np.testing.assert_array_equal(found[0], found[1])
    assert np.bincount(IMAGES.labels[found[0]]).tolist() == [4, 4, 4]  # type: ignore[index]


def test_an_attack_that_cannot_run_says_why() -> None:
    pgd = robaudit.parse_attack("pgd", InputSpec(SHAPE, 3))
    without = robaudit.Classifier("labels", InputSpec(SHAPE, 3), CLASSIFIER.predict)
    (result,) = robaudit.attack_images(without, IMAGES, [pgd]).results
    assert result.outcome is None
    assert result.skipped is not None
    assert "gradients" in result.skipped


def test_attacks_may_be_named_and_what_is_none_is_refused() -> None:
    text = "uniform-noise:epsilon=0.5"
    for attacks in (text, [text], NOISE, (NOISE,)):
        (result,) = robaudit.attack_images(CLASSIFIER, IMAGES, attacks).results
        assert result.attack == NOISE
    with pytest.raises(UsageError, match=r"type int64.*parse_attack"):
        robaudit.attack_images(CLASSIFIER, IMAGES, Y)
    with pytest.raises(UsageError, match=r"type str.*parse_attack"):
        AttackPlan(("pgd",))  # type: ignore[arg-type]


def test_images_without_labels_are_refused() -> None:
    with pytest.raises(DataError, match="no labels"):
        robaudit.attack_images(CLASSIFIER, robaudit.images_from_arrays(X), [NOISE])

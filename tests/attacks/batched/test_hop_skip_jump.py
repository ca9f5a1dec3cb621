"""HopSkipJump by labels alone: near the exact answer, within its queries, and nearer than ART's."""

from dataclasses import replace

import numpy as np
import pytest

from robaudit import Classifier, Images
from robaudit.attacks.art_attacks import alone_and_quiet
from robaudit.attacks.art_bridge import art_estimator
from robaudit.attacks.batched.hop_skip_jump import hop_skip_jump
from robaudit.attacks.batched.norms import GEOMETRIES
from robaudit.attacks.chance import Chance
from robaudit.types import FloatArray, IntArray
from tests.support.nearest_affine import CLASSES, nearest_distances, some_classes

NORMS = ["l2", "linf"]


class Labels:
    """A classifier that gives labels alone, and counts what it is asked."""

    def __init__(self, classifier: Classifier) -> None:
        self.asked = 0
        self._scores = classifier.predict
        spec = replace(classifier.spec, scores="labels")
        self.classifier = Classifier("labels", spec, self._predict)

    def _predict(self, x: FloatArray) -> FloatArray:
        self.asked += len(x)
        scores = self._scores(x)
        return np.eye(scores.shape[1], dtype=np.float32)[scores.argmax(axis=1)]


def find(
    classifier: Classifier, x: FloatArray, y: IntArray, norm: str, queries: int
) -> tuple[FloatArray, FloatArray]:
    """Give the lengths of what was found (n,), and what was known on the way (K, n)."""
    told: list[FloatArray] = []
    chance = Chance(0, np.arange(len(x)))
    found = hop_skip_jump(classifier, x, y, chance, norm=norm, queries=queries, tell=told.append)
    assert found.shape == x.shape
    assert found.min() >= 0
    assert found.max() <= 1
    return GEOMETRIES[norm].length(found - x), told[0]


@pytest.mark.parametrize("norm", NORMS)
def test_it_nears_the_exact_answer_by_labels_alone(norm: str) -> None:
    scored, x, y = some_classes()
    labels = Labels(scored)
    length, known = find(labels.classifier, x, y, norm, 2500)
    assert labels.asked <= 2500 * len(x)
    assert labels.asked > 2400 * len(x)
    ratio = length / nearest_distances(x, y, norm)
    assert ratio.min() > 0.999
    assert np.median(ratio) < 1.06
    np.testing.assert_allclose(known[-1], length, rtol=1e-4)
    assert (known[1:] <= known[:-1]).all()


@pytest.mark.parametrize("queries", [1, 13, 14, 80])
def test_no_more_is_asked_than_may_be(queries: int) -> None:
    scored, x, y = some_classes()
    labels = Labels(scored)
    length, known = find(labels.classifier, x[:5], y[:5], "l2", queries)
    assert labels.asked <= queries * 5
    np.testing.assert_allclose(np.where(np.isinf(known[-1]), 0, known[-1]), length, rtol=1e-4)


@pytest.mark.parametrize("norm", NORMS)
def test_a_sample_is_attacked_alike_whatever_stands_beside_it(norm: str) -> None:
    classifier, x, y = some_classes()
    rows = np.arange(len(x))
    whole = hop_skip_jump(classifier, x, y, Chance(0, rows), norm=norm, queries=300)
    some = rows[::-7]
    alone = hop_skip_jump(classifier, x[some], y[some], Chance(0, some), norm=norm, queries=300)
    np.testing.assert_allclose(alone, whole[some], atol=1e-5)
    none = rows[:0]
    nothing = hop_skip_jump(classifier, x[:0], y[:0], Chance(0, none), norm=norm, queries=300)
    assert nothing.shape == (0, 36)


def test_where_there_is_no_other_class_nothing_is_made_up() -> None:
    _, x, y = some_classes()
    spec = some_classes()[0].spec
    flat = Classifier("flat", spec, lambda points: np.eye(CLASSES)[np.zeros(len(points), int)])
    length, known = find(flat, x[:4], y[:4] * 0, "l2", 500)
    assert (length == 0).all()
    assert np.isinf(known).all()


def test_noise_of_one_class_alone_is_no_start_but_others_are() -> None:
    """All grey noise is of the sample's class; what is stark is not."""
    spec = some_classes()[0].spec

    def stark(points: FloatArray) -> FloatArray:
        far = np.abs(points.reshape(len(points), -1) - 0.5).mean(axis=1) > 0.4
        return np.eye(CLASSES, dtype=np.float32)[far.astype(int)]

    x = np.full((3, 36), 0.5, dtype=np.float32)
    length, _ = find(Classifier("stark", spec, stark), x, np.zeros(3, int), "linf", 1000)
    assert (length > 0.39).all()
    assert (length < 0.5).all()


@pytest.mark.parametrize("norm", NORMS)
def test_it_comes_nearer_than_that_of_art_with_as_many_queries(
    digits: Images, digits_model: Classifier, norm: str
) -> None:
    evasion = pytest.importorskip("art.attacks.evasion")
    assert digits.labels is not None
    x, y = digits.unit_pixels(slice(0, 24)).transpose(0, 3, 1, 2), digits.labels[:24]
    right = digits_model.predict(x).argmax(axis=1) == y
    x, y = x[right], y[right]
    labels = Labels(digits_model)
    with alone_and_quiet(np.random.default_rng(0)):
        attack = evasion.HopSkipJump(
            art_estimator(labels.classifier),
            norm=2 if norm == "l2" else np.inf,
            max_iter=5,
            max_eval=1000,
            verbose=False,
        )
        theirs = attack.generate(x=x, y=np.eye(10)[y])
    queries = labels.asked // len(x)
    length = GEOMETRIES[norm].length((theirs - x).reshape(len(x), -1))
    ours, _ = find(Labels(digits_model).classifier, x.reshape(len(x), -1), y, norm, queries)
    assert np.median(ours) <= 1.02 * np.median(length)
    assert (ours > 0).all()

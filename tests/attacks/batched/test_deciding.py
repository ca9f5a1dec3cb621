"""Attacks by labels alone: near the exact answer, within their queries, and nearer than ART's."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

from robaudit import Classifier, Images
from robaudit.attacks.art_attacks import alone_and_quiet
from robaudit.attacks.art_bridge import art_estimator
from robaudit.attacks.batched.boundary import boundary_attack
from robaudit.attacks.batched.hop_skip_jump import hop_skip_jump
from robaudit.attacks.batched.norms import GEOMETRIES
from robaudit.attacks.chance import Chance
from robaudit.types import FloatArray
from tests.support.labels_alone import Labels, find
from tests.support.nearest_affine import CLASSES, nearest_distances, some_classes

Attack = Callable[..., FloatArray]


L2, LINF = (partial(hop_skip_jump, norm=norm) for norm in ("l2", "linf"))
ATTACKS: list[tuple[str, Attack]] = [("l2", L2), ("linf", LINF), ("l2", boundary_attack)]
IDS = ["hop-skip-jump-l2", "hop-skip-jump-linf", "boundary"]
EACH = pytest.mark.parametrize(("norm", "attack"), ATTACKS, ids=IDS)


@EACH
def test_it_nears_the_exact_answer_by_labels_alone(norm: str, attack: Attack) -> None:
    scored, x, y = some_classes()
    labels = Labels(scored)
    length, known = find(attack, labels.classifier, x, y, norm, 2500)
    assert labels.asked <= 2500 * len(x)
    assert labels.asked > 2400 * len(x)
    ratio = length / nearest_distances(x, y, norm)
    assert ratio.min() > 0.999
    assert np.median(ratio) < 1.06
    np.testing.assert_allclose(known[-1], length, rtol=1e-4)
    assert (known[1:] <= known[:-1]).all()


@pytest.mark.parametrize("attack", [L2, boundary_attack], ids=["hop-skip-jump", "boundary"])
@pytest.mark.parametrize("queries", [1, 13, 14, 80])
def test_no_more_is_asked_than_may_be(queries: int, attack: Attack) -> None:
    scored, x, y = some_classes()
    labels = Labels(scored)
    length, known = find(attack, labels.classifier, x[:5], y[:5], "l2", queries)
    assert labels.asked <= queries * 5
    np.testing.assert_allclose(np.where(np.isinf(known[-1]), 0, known[-1]), length, rtol=1e-4)


@pytest.mark.parametrize("attack", [one[1] for one in ATTACKS], ids=IDS)
def test_a_sample_is_attacked_alike_whatever_stands_beside_it(attack: Attack) -> None:
    classifier, x, y = some_classes()
    rows = np.arange(len(x))
    whole = attack(classifier, x, y, Chance(0, rows), queries=300)
    some = rows[::-7]
    alone = attack(classifier, x[some], y[some], Chance(0, some), queries=300)
    np.testing.assert_allclose(alone, whole[some], atol=1e-5)
    none = rows[:0]
    nothing = attack(classifier, x[:0], y[:0], Chance(0, none), queries=300)
    assert nothing.shape == (0, 36)


@pytest.mark.parametrize("attack", [one[1] for one in ATTACKS], ids=IDS)
def test_where_there_is_no_other_class_nothing_is_made_up(attack: Attack) -> None:
    _, x, y = some_classes()
    spec = some_classes()[0].spec
    flat = Classifier("flat", spec, lambda points: np.eye(CLASSES)[np.zeros(len(points), int)])
    length, known = find(attack, flat, x[:4], y[:4] * 0, "l2", 500)
    assert (length == 0).all()
    assert np.isinf(known).all()


def test_noise_of_one_class_alone_is_no_start_but_others_are() -> None:
    """All grey noise is of the sample's class; what is stark is not."""
    spec = some_classes()[0].spec

    def stark(points: FloatArray) -> FloatArray:
        far = np.abs(points.reshape(len(points), -1) - 0.5).mean(axis=1) > 0.4
        return np.eye(CLASSES, dtype=np.float32)[far.astype(int)]

    x = np.full((3, 36), 0.5, dtype=np.float32)
    length, _ = find(LINF, Classifier("stark", spec, stark), x, np.zeros(3, int), "linf", 1000)
    assert (length > 0.39).all()
    assert (length < 0.5).all()


@EACH
def test_it_comes_nearer_than_that_of_art_with_as_many_queries(
    digits: Images, digits_model: Classifier, norm: str, attack: Attack
) -> None:
    evasion = pytest.importorskip("art.attacks.evasion")
    assert digits.labels is not None
    x, y = digits.unit_pixels(slice(0, 24)).transpose(0, 3, 1, 2), digits.labels[:24]
    right = digits_model.predict(x).argmax(axis=1) == y
    x, y = x[right], y[right]
    labels = Labels(digits_model)
    with alone_and_quiet(np.random.default_rng(0)):
        estimator = art_estimator(labels.classifier)
        of_art = (
            evasion.BoundaryAttack(estimator, targeted=False, max_iter=20, verbose=False)
            if attack is boundary_attack
            else evasion.HopSkipJump(
                estimator,
                norm=2 if norm == "l2" else np.inf,
                max_iter=5,
                max_eval=1000,
                verbose=False,
            )
        )
        theirs = of_art.generate(x=x, y=np.eye(10)[y])
    queries = labels.asked // len(x)
    length = GEOMETRIES[norm].length((theirs - x).reshape(len(x), -1))
    ours, _ = find(attack, Labels(digits_model).classifier, x.reshape(len(x), -1), y, norm, queries)
    assert np.median(ours) <= 1.02 * np.median(length)
    assert (ours > 0).all()

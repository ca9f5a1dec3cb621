"""Rays along gradients, on classifiers whose boundaries are known exactly."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robaudit import Classifier, SearchPlan, batches
from robaudit.batches import Stopped
from robaudit.errors import ClassifierError
from robaudit.hardening import make_examples, make_judge, retrain
from robaudit.hardening.gradient_rays import FINER, GradientRays, find_gradient_rays
from robaudit.storage import blocks as keeping
from robaudit.testing import affine_classifier
from robaudit.testing.oracles import affine_distances
from robaudit.types import ScoreKind
from tests.support.gradient_hardening import PLAN, REACH, SIZE, Affine
from tests.support.kept_hardening import assert_same
from tests.support.kept_work import Ended, KeptWork, ending_after, killed


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    scores=st.sampled_from(["logits", "probabilities", "log-probabilities"]),
    count=st.integers(1, 5),
    high=st.sampled_from([1.0, 3.0]),
)
def test_margins_are_those_of_the_closed_form(
    seed: int, scores: ScoreKind, count: int, high: float
) -> None:
    model = Affine(seed, scores)
    spec = replace(model.classifier.spec, high=high)
    classifier = replace(model.classifier, spec=spec)
    found = find_gradient_rays(classifier, model.x, model.y, count, REACH, batch_size=16)
    order = np.argsort(-model.logits, axis=1)[:, 1 : count + 1]
    assert (found.sample == np.repeat(np.arange(60), order.shape[1])).all(), "none is out of reach"
    own = model.weights.T[model.y[found.sample]]
    normal = model.weights.T[order.ravel()] - own
    normal *= high / np.sqrt((normal**2).mean(axis=1, keepdims=True))
    ways = found.directions.reshape(len(normal), -1).astype(np.float64)
    np.testing.assert_allclose(ways, normal, atol=2e-5 * high)
    for sample, way, margin in zip(found.sample, ways, found.margin, strict=True):
        one = slice(sample, sample + 1)
        exact, _ = affine_distances(
            model.weights, model.bias, model.flat[one], model.y[one], way[None]
        )
        finest = REACH.step / FINER
        assert exact[0, 0] * (1 - 1e-5) <= margin <= (exact[0, 0] + finest) * (1 + 1e-5)


def test_the_box_ends_rays_where_the_plan_clips() -> None:
    """Class 1 begins at a first pixel of 1.2, which only unclipped rays get to."""
    weights = np.zeros((SIZE * SIZE, 2))
    weights[0, 1] = 1.0
    classifier = affine_classifier(weights, np.array([0.0, -1.2]), (1, SIZE, SIZE))
    x, y = np.full((3, 1, SIZE, SIZE), 0.5, dtype=np.float32), np.zeros(3, dtype=int)

    def rays(plan: SearchPlan) -> Any:
        return find_gradient_rays(classifier, x, y, 1, plan, batch_size=2)

    free = rays(REACH)
    assert free.margin == pytest.approx(0.7 / SIZE, abs=REACH.step / FINER)
    assert not len(rays(replace(REACH, clip=True)).margin)
    assert not len(rays(replace(REACH, steps=3)).margin), "beyond the reach"
    assert len(rays(replace(REACH, steps=4)).margin) == 3


def test_gradients_that_are_zero_or_no_numbers_are_left_out() -> None:
    model = Affine(4)
    assert model.classifier.vjp is not None
    vjp = model.classifier.vjp

    def patchy(x: np.ndarray, cotangent: np.ndarray) -> np.ndarray:
        gradient = np.asarray(vjp(x, cotangent))
        gradient[0::3], gradient[1::3] = 0, np.nan
        return gradient

    classifier = replace(model.classifier, vjp=patchy)
    found = find_gradient_rays(classifier, model.x, model.y, 2, REACH, batch_size=30)
    assert set(found.sample) == set(range(2, 60, 3))
    assert np.isfinite(found.directions).all()
    everywhere = find_gradient_rays(model.classifier, model.x, model.y, 2, REACH, batch_size=30)
    mine = np.isin(everywhere.sample, found.sample)
    assert np.array_equal(found.margin, everywhere.margin[mine])


def test_batches_change_nothing_and_progress_ends() -> None:
    model, told = Affine(6), list[tuple[str, int, int]]()
    whole, parts = (
        find_gradient_rays(
            model.classifier,
            model.x,
            model.y,
            3,
            REACH,
            batch_size=size,
            progress=lambda *one: told.append(one),
        )
        for size in (64, 7)
    )
    for name in ("sample", "directions", "margin"):
        assert np.array_equal(getattr(whole, name), getattr(parts, name)), name
    assert told[-1] == ("gradient rays", 60, 60)


def test_a_probability_of_almost_one_still_tells_the_other_classes_apart() -> None:
    """The gradients of the probabilities themselves are all the same there."""
    model = Affine(1, "probabilities")
    sharp = affine_classifier(40 * model.weights, 40 * model.bias, (1, SIZE, SIZE), "probabilities")
    sure = sharp.predict(model.x).max(axis=1) > 1 - 1e-6
    assert sure.sum() > 10
    found = find_gradient_rays(sharp, model.x[sure], model.y[sure], 2, REACH, batch_size=64)
    ways = found.directions.reshape(-1, 2, SIZE * SIZE)
    cosine = np.einsum("nd,nd->n", ways[:, 0], ways[:, 1]) / SIZE**2
    assert (np.abs(cosine) < 0.95).all()
    assert np.bincount(found.sample).tolist() == [2] * int(sure.sum())


def without_gradients() -> tuple[Affine, Classifier]:
    model = Affine(1)
    facts = {"gradients": {"refused": "its copy differs"}}
    return model, replace(model.classifier, vjp=None, details=facts)


def test_a_model_without_gradients_is_refused_before_the_search() -> None:
    model, bare = without_gradients()

    def no_scores(_x: np.ndarray) -> np.ndarray:
        raise AssertionError("it was searched")

    judge = make_judge(model.classifier, model.x, model.y, replace(REACH, samples=5), 64)
    silent = replace(bare, predict=no_scores)
    with pytest.raises(ClassifierError, match="has none: its copy differs") as found:
        retrain(
            silent,
            model.x,
            model.y,
            lambda _one: judge(model.classifier),
            PLAN,
            batch_size=64,
        )
    assert "gradient_directions" in found.value.advice
    with pytest.raises(ClassifierError, match="has none"):
        make_examples(model.searched(PLAN), PLAN, model.y, classifier=bare, x=model.x)
    labels = replace(model.classifier, spec=replace(model.classifier.spec, scores="labels"))
    with pytest.raises(ClassifierError, match="has none"):
        find_gradient_rays(labels, model.x, model.y, 1, REACH, batch_size=64)


def test_a_gradient_that_fails_is_the_models_fault() -> None:
    model = Affine(1)

    def broken(_x: np.ndarray, _cotangent: np.ndarray) -> np.ndarray:
        raise RuntimeError("no kernel")

    with pytest.raises(ClassifierError, match=r"the gradient of affine fails.*no kernel"):
        find_gradient_rays(
            replace(model.classifier, vjp=broken), model.x, model.y, 1, REACH, batch_size=64
        )


def test_rays_that_are_kept_are_not_walked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A search that is killed again and again comes to the same rays, bit for bit."""
    monkeypatch.setattr(batches, "_LARGEST_BLOCK", 64)  # 8 points of 2 rays of 4 samples
    monkeypatch.setattr(keeping, "SECONDS", 0)
    model, killings = Affine(3), 0

    def rays(work: KeptWork | None, classifier: Classifier, size: int = 16) -> GradientRays:
        asked: Any = (classifier, model.x, model.y, 2, REACH)
        blocks = None if work is None else work.blocks
        return find_gradient_rays(*asked, batch_size=size, blocks=blocks)

    whole = rays(None, model.classifier)
    for turn in range(1, 50):
        work = KeptWork(tmp_path)
        try:
            found = rays(work, ending_after(model.classifier, 40 * turn, killed))
        except Ended:
            killings += 1
            continue
        assert_same(found, whole)
        break
    assert killings > 1
    work = KeptWork(tmp_path)
    assert_same(rays(work, model.classifier, size=7), whole)
    assert work.found == {"gradient-rays": 15}
    assert not work.keeping.kept
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(Stopped):
        rays(KeptWork(other, **{"gradient-rays": 2}), model.classifier)

"""Examples along gradients, on classifiers whose boundaries are known exactly."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robaudit import Classifier, SearchPlan
from robaudit.errors import ClassifierError, UsageError
from robaudit.hardening import (
    Examples,
    HardeningPlan,
    Method,
    Searched,
    make_examples,
    make_judge,
    retrain,
    search_training_samples,
)
from robaudit.hardening.gradient_rays import FINER, find_gradient_rays
from robaudit.testing import affine_classifier
from robaudit.testing.oracles import affine_distances
from robaudit.types import ScoreKind

SIZE, CLASSES = 4, 4
REACH = SearchPlan(samples=40, directions=12, step=0.05, steps=40, clip=False)
PLAN = HardeningPlan(search=REACH, epochs=1, most_examples=1000, gradient_directions=2)


class Affine:
    """An affine classifier, samples in the middle of the box, and the labels it gives them."""

    def __init__(self, seed: int, scores: ScoreKind = "logits", classes: int = CLASSES) -> None:
        random = np.random.default_rng(seed)
        self.weights = random.normal(size=(SIZE * SIZE, classes))
        self.x = random.uniform(0.3, 0.7, (60, 1, SIZE, SIZE)).astype(np.float32)
        self.bias = -(self.flat @ self.weights).mean(axis=0)
        self.classifier = affine_classifier(self.weights, self.bias, (1, SIZE, SIZE), scores)
        self.y = self.classifier.predict(self.x).argmax(axis=1)

    @property
    def flat(self) -> np.ndarray:
        return self.x.reshape(len(self.x), -1).astype(np.float64)

    @property
    def logits(self) -> np.ndarray:
        return self.flat @ self.weights + self.bias

    def searched(self, plan: HardeningPlan) -> Searched:
        return search_training_samples(self.classifier, self.x, self.y, plan, batch_size=64)

    def examples(self, plan: HardeningPlan) -> Examples:
        return make_examples(
            self.searched(plan), plan, self.y, classifier=self.classifier, x=self.x
        )


def along_gradients(examples: Examples, searched: int = 12) -> np.ndarray:
    """Mark examples that lie on rays of their own."""
    return examples.direction >= searched


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


@pytest.mark.parametrize("method", ["feedback", "reduced"])
def test_examples_along_gradients_are_misclassified_by_the_original(method: Method) -> None:
    model = Affine(3)
    examples = model.examples(replace(PLAN, method=method))
    mine = along_gradients(examples)
    inputs = examples.inputs(model.x, model.classifier.spec)
    assert (model.classifier.predict(inputs).argmax(axis=1) != examples.label)[mine].all()
    assert (examples.label == model.y[examples.row]).all()
    chosen = sum(one.chosen for one in examples.selections)
    assert mine.sum() == 2 * chosen > 40
    # They lie as far beyond the crossing as the others, which is nearer than any of them.
    assert ((examples.strength >= 1.5) & (examples.strength <= 2)).all()
    assert np.ptp(examples.strength[mine]) > 0.3
    moved = (inputs - model.x[examples.row])[mine]
    distance = np.sqrt((moved**2).mean(axis=(1, 2, 3)))
    assert distance == pytest.approx((examples.strength * examples.margin)[mine], rel=1e-4)
    for row in np.unique(examples.row):
        of_row = examples.row == row
        nearest = examples.margin[of_row & mine].min()
        assert nearest <= examples.margin[of_row & ~mine].min() + REACH.step
    made = np.bincount(examples.label, minlength=CLASSES)
    assert [one.examples for one in examples.selections] == made.tolist()


def test_the_other_examples_stay_as_they_are() -> None:
    model = Affine(5)
    with_them, without = model.examples(PLAN), model.examples(replace(PLAN, gradient_directions=0))
    count = len(without)
    assert 0 < count < len(with_them)
    assert not along_gradients(without).any()
    assert along_gradients(with_them)[count:].all()
    for name in ("row", "direction", "sign", "margin", "strength", "label"):
        assert np.array_equal(getattr(with_them, name)[:count], getattr(without, name)), name
    assert with_them.directions[:12].tobytes() == without.directions.tobytes()
    assert len(with_them.directions) == 12 + len(with_them) - count


def test_the_control_has_as_many_rows_and_leaves_them_as_they_are() -> None:
    model = Affine(5)
    control = model.examples(replace(PLAN, method="continued"))
    assert len(control) == len(model.examples(PLAN))
    inputs = control.inputs(model.x, model.classifier.spec)
    assert inputs.tobytes() == model.x[control.row].tobytes()


def test_most_examples_limits_all_of_them_together() -> None:
    model = Affine(7)
    plan = replace(PLAN, most_examples=3.0, directions_per_sample=12, gradient_directions=3)
    every, fewer = model.examples(replace(plan, most_examples=1000)), model.examples(plan)
    assert len(fewer) <= 3 * len(model.x) < len(every)
    assert set(fewer.row) == set(every.row)
    chosen = sum(one.chosen for one in fewer.selections)
    room = 3 * len(model.x) // chosen
    assert along_gradients(fewer).sum() == chosen * room * 3 // 15 > 0
    assert (~along_gradients(fewer)).sum() > along_gradients(fewer).sum()


def test_room_for_one_example_of_each_sample_is_shared() -> None:
    """Half of the samples give one along a gradient, towards their next-best class."""
    model = Affine(7)
    plan = replace(PLAN, most_examples=0.9, directions_per_sample=3, gradient_directions=3)
    examples = model.examples(plan)
    chosen = sum(one.chosen for one in examples.selections)
    assert 0.9 * len(model.x) // chosen == 1
    assert np.bincount(examples.row).max() == 1
    mine = along_gradients(examples)
    assert (len(examples), mine.sum()) == (chosen, chosen // 2)
    every = find_gradient_rays(model.classifier, model.x, model.y, 1, REACH, batch_size=64)
    assert np.array_equal(examples.margin[mine], every.margin[examples.row[mine]])


def test_there_are_no_more_rays_than_other_classes() -> None:
    model = Affine(2, classes=2)
    examples = model.examples(replace(PLAN, gradient_directions=9))
    assert along_gradients(examples).sum() == sum(one.chosen for one in examples.selections)


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
    assert told[-1] == ("gradient rays", 180, 180)


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
    assert "--gradient-directions" in found.value.advice
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


def test_the_classifier_and_its_data_are_asked_for() -> None:
    model = Affine(1)
    searched = model.searched(PLAN)
    for part in ({}, {"classifier": model.classifier}, {"x": model.x}):
        with pytest.raises(UsageError, match="gradient_directions = 2"):
            make_examples(searched, PLAN, model.y, **part)
    with pytest.raises(UsageError, match="gradient_directions = -1"):
        replace(PLAN, gradient_directions=-1)


@pytest.mark.parametrize("rounds", [1, 2])
def test_training_takes_them_along(rounds: int) -> None:
    model = Affine(9)
    judge = make_judge(model.classifier, model.x, model.y, replace(REACH, samples=20), 64)
    plan = replace(PLAN, rounds=rounds, keep="last", learning_rate=0.3)

    def run(one: HardeningPlan) -> Any:
        return retrain(model.classifier, model.x, model.y, judge, one, batch_size=64)

    hardened, plain = run(plan), run(replace(plan, gradient_directions=0))
    for part in hardened.rounds:
        assert along_gradients(part.examples).any()
        assert set(part.seconds) == {"search", "gradient rays", "training"}
    assert set(plain.rounds[0].seconds) == {"search", "training"}
    assert hardened.classifier.fingerprint != plain.classifier.fingerprint
    assert plan.described()["gradient_directions"] == 2

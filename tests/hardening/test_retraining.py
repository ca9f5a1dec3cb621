"""Examples, judging and retraining, on classifiers whose boundaries are known exactly."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robaudit import Classifier, SearchPlan, TrainPlan
from robaudit.attacks.catalogue import Attack
from robaudit.errors import ClassifierError, UsageError
from robaudit.hardening.examples import make_examples, nearest_rays
from robaudit.hardening.plan import HardeningPlan, Method, default_adversary, hardening_preset
from robaudit.hardening.retraining import Kept, retrain
from robaudit.hardening.training_search import Searched, search_training_samples
from robaudit.hardening.validation import Judgement, make_judge
from robaudit.metrics.inequality import robustness_levels
from robaudit.testing import affine_classifier
from robaudit.types import InputSpec

SIZE = 4


def random_affine(seed: int, classes: int = 2) -> tuple[Classifier, np.ndarray, np.ndarray]:
    """Make an affine classifier, and samples labelled by it that lie inside the box."""
    random = np.random.default_rng(seed)
    weights = random.normal(size=(SIZE * SIZE, classes)).astype(np.float64)
    x = random.uniform(0.3, 0.7, (60, 1, SIZE, SIZE)).astype(np.float32)
    bias = -(x.reshape(60, -1) @ weights).mean(axis=0)
    classifier = affine_classifier(weights, bias, (1, SIZE, SIZE))
    return classifier, x, classifier.predict(x).argmax(axis=1)


def searched_affine(
    seed: int, plan: HardeningPlan, classes: int = 2
) -> tuple[Classifier, np.ndarray, np.ndarray, Searched]:
    classifier, x, y = random_affine(seed, classes)
    return classifier, x, y, search_training_samples(classifier, x, y, plan, batch_size=64)


SMALL = HardeningPlan(
    search=SearchPlan(samples=40, directions=12, step=0.05, steps=40, clip=False),
    epochs=2,
    most_examples=1000,
)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_direction_that_crosses_goes_along_the_gradient(seed: int) -> None:
    """Lemma 1, and for several classes too: towards the class that is reached first."""
    classifier, _, _, searched = searched_affine(seed, SMALL, classes=3)
    rays = searched.rays
    crossed = np.flatnonzero(rays.step > 0)
    eye = np.eye(3)
    towards = eye[rays.adjacent[crossed]] - eye[rays.origin[crossed]]
    assert classifier.vjp is not None
    points = np.zeros((len(crossed), 1, SIZE, SIZE), dtype=np.float32)
    gradient = classifier.vjp(points, towards).reshape(len(crossed), -1)
    ways = searched.directions[rays.direction[crossed]].reshape(len(crossed), -1)
    ways = ways * rays.sign[crossed][:, None]
    lengths = np.linalg.norm(ways, axis=1) * np.linalg.norm(gradient, axis=1)
    assert (np.einsum("nd,nd->n", ways, gradient) / lengths > 0).all()
    back = np.einsum("nd,nd->n", -ways, gradient)
    assert (back < 0).all()


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


# Table IV of the paper, the models "Ori.", and what the text of Section IV-B makes of 150
# samples a class. The marks of the table break the rule once: MNIST's class 2 (0.955, the
# fifth of ten) is marked as low, which makes six of ten classes low where the text says half.
TABLE_4 = {
    "MNIST": (
        [0.005, 0.149, 0.955, 7.237, 6.662, 2.135, 0.661, 0.187, 3.075, 0.176],
        [150, 150, 100, 20, 20, 100, 150, 150, 100, 150],
    ),
    "CIFAR-10": (
        [0.032, 0.011, 14.005, 0.888, 0.565, 0.021, 1.110, 0.002, 0.151, 0.029],
        [150, 150, 20, 100, 100, 150, 20, 150, 100, 150],
    ),
}


@pytest.mark.parametrize("data", TABLE_4)
def test_selections_of_the_papers_models(data: str) -> None:
    robustness, expected = TABLE_4[data]
    levels = robustness_levels(robustness)
    plan = HardeningPlan()
    assert [plan.samples_of(level or "low", 150) for level in levels] == expected
    reduced = HardeningPlan(method="reduced")
    assert {reduced.samples_of(level or "low", 150) for level in levels} == {150}


def test_shares_choose_as_the_papers_counts_do() -> None:
    shares = hardening_preset("standard", InputSpec((1, 28, 28), 10))
    for level, count in (("high", 20), ("medium", 100), ("low", 150)):
        assert shares.samples_of(level, 150) == count  # type: ignore[arg-type]
        assert HardeningPlan().samples_of(level, 150) == count  # type: ignore[arg-type]


def test_the_paper_preset_is_the_papers() -> None:
    plan = hardening_preset("paper", InputSpec((1, 28, 28), 10))
    assert (plan.search.samples, plan.search.directions, plan.search.signs) == (1500, 784, 2)
    assert plan == replace(HardeningPlan(), search=plan.search)
    assert default_adversary(InputSpec((3, 32, 32), 10)).parameters["epsilon"] == 8 / 255


def test_many_examples_are_thinned_alike_in_all_classes() -> None:
    plan = replace(SMALL, most_examples=1.0)
    _, x, y, searched = searched_affine(7, plan, classes=3)
    all_of_them = make_examples(searched, SMALL, y)
    fewer = make_examples(searched, plan, y)
    assert len(fewer) <= len(x) < len(all_of_them)
    assert set(fewer.row) == set(all_of_them.row)


def test_continued_adds_samples_at_random_as_they_are() -> None:
    plan = replace(SMALL, method="continued")
    classifier, x, y, searched = searched_affine(7, plan)
    examples = make_examples(searched, plan, y)
    assert len(examples) > 20
    assert np.array_equal(examples.inputs(x, classifier.spec), x[examples.row])
    assert np.array_equal(examples.label, y[examples.row])
    assert len(examples) == len(make_examples(searched, SMALL, y))
    assert set(examples.row) - set(searched.rows), "only samples that were searched"


def test_the_nearest_crossings_of_no_sample_are_none() -> None:
    _, _, _, searched = searched_affine(7, SMALL)
    assert not len(nearest_rays(searched.rays, np.zeros(0, dtype=np.int64), 3))


def test_the_judge_knows_accuracy_and_margin() -> None:
    """All samples on one side of a plane: the restricted mean is computed by hand."""
    weights = np.zeros((SIZE * SIZE, 2))
    weights[0, 1] = 1.0  # class 1 where the first pixel is above 0.5
    classifier = affine_classifier(weights, np.array([0.0, -0.5]), (1, SIZE, SIZE))
    x = np.full((10, 1, SIZE, SIZE), 0.4, dtype=np.float32)
    y = np.array([0] * 8 + [1] * 2)
    plan = SearchPlan(samples=10, directions=16, step=0.01, steps=20, clip=False)
    judge = make_judge(classifier, x, y, plan, 4)
    first = judge.directions.reshape(16, -1)[:, 0]
    exact = []
    for way in (*first, *-first):
        reached = np.inf if way <= 0 else 0.1 / way
        exact.append(min(0.2, np.ceil(reached / 0.01) * 0.01 if np.isfinite(reached) else 0.2))
    found = judge(classifier)
    assert found.accuracy == pytest.approx(0.8)
    assert found.restricted_mean == pytest.approx(0.8 * np.mean(exact), abs=1e-3)


def affine_run(plan: HardeningPlan, classifier: Classifier | None = None):  # type: ignore[no-untyped-def]
    made, x, y = random_affine(2)
    classifier = classifier or made
    judge = make_judge(made, x[:20], y[:20], SearchPlan(20, 8, clip=False, steps=30), 64)
    return retrain(classifier, x[20:], y[20:], judge, plan, batch_size=64)


def test_the_best_epoch_within_the_accuracy_is_kept() -> None:
    """The second has the largest margin of all, and has lost too much accuracy."""
    made, x, y = random_affine(2)
    original = Judgement(0.9, 0.2)
    epochs = [Judgement(0.95, 0.3), Judgement(0.5, 0.9), Judgement(0.89, 0.4), Judgement(0.9, 0.35)]
    told = iter([original, *epochs])
    plan = replace(SMALL, epochs=4, max_accuracy_drop=0.01)
    run = retrain(made, x, y, lambda _one: next(told), plan, batch_size=64)
    assert run.original == original
    assert run.kept == Kept(1, 3)
    assert run.best == epochs[2]
    assert [one.within for one in run.rounds[0].epochs] == [True, False, True, True]


def test_where_every_epoch_is_worse_the_original_is_given_back() -> None:
    made, *_ = random_affine(2)

    def spoil(_x: np.ndarray, _y: np.ndarray, plan: TrainPlan) -> Classifier:
        spoilt = affine_classifier(
            np.zeros((SIZE * SIZE, 2)), np.array([0.0, 1.0]), (1, SIZE, SIZE)
        )
        for epoch in range(1, plan.epochs + 1):
            if plan.after_epoch:
                plan.after_epoch(epoch, spoilt)
        return spoilt

    classifier = replace(made, train=spoil)
    run = affine_run(SMALL, classifier)
    assert run.kept is None
    assert run.classifier is classifier
    assert not any(one.within for one in run.rounds[0].epochs)
    assert affine_run(replace(SMALL, keep="last"), classifier).kept is not None


def test_an_adapter_that_shows_no_epoch_is_judged_at_the_end() -> None:
    made, *_ = random_affine(2)
    assert made.train is not None
    train = made.train
    silent = replace(made, train=lambda x, y, plan: train(x, y, replace(plan, after_epoch=None)))
    run = affine_run(SMALL, silent)
    assert [one.number for one in run.rounds[0].epochs] == [SMALL.epochs]


def test_rounds_search_anew_from_what_was_kept() -> None:
    run = affine_run(replace(SMALL, rounds=2, keep="last", learning_rate=0.3))
    assert len(run.rounds) == 2
    first, second = (one.searched for one in run.rounds)
    assert first is not None
    assert second is not None
    assert not np.array_equal(first.directions, second.directions)
    assert run.kept is not None
    assert (run.kept.round, run.kept.epoch) == (2, SMALL.epochs)


def test_the_same_seed_gives_the_same_model() -> None:
    one, two, other = (affine_run(replace(SMALL, seed=seed, keep="last")) for seed in (4, 4, 5))
    assert one.classifier.fingerprint == two.classifier.fingerprint
    assert one.classifier.fingerprint != other.classifier.fingerprint


def test_adversarial_training_attacks_every_batch() -> None:
    pytest.importorskip("art")
    plan = replace(
        SMALL,
        method="adversarial",
        adversary=Attack("fgsm", {"epsilon": 0.05}),
        keep="last",
        learning_rate=0.5,
    )
    run = affine_run(plan)
    plain = affine_run(replace(plan, method="continued", directions_per_sample=1))
    assert run.rounds[0].examples is None
    assert run.classifier.fingerprint != plain.classifier.fingerprint


def test_an_adapter_that_ignores_the_adversary_is_found_out() -> None:
    pytest.importorskip("art")
    made, *_ = random_affine(2)
    assert made.train is not None
    train = made.train
    deaf = replace(made, train=lambda x, y, plan: train(x, y, replace(plan, perturb=None)))
    with pytest.raises(ClassifierError, match="did not train on"):
        affine_run(replace(SMALL, method="adversarial"), deaf)


def test_adversarial_training_needs_gradients() -> None:
    made, *_ = random_affine(2)
    with pytest.raises(ClassifierError, match="no gradients"):
        affine_run(replace(SMALL, method="adversarial"), replace(made, vjp=None))


def test_what_cannot_be_trained_says_why() -> None:
    made, *_ = random_affine(2)
    frozen = replace(made, train=None, details={"training": "its weights are whole numbers"})
    with pytest.raises(ClassifierError, match="whole numbers"):
        affine_run(SMALL, frozen)


def test_a_plan_describes_itself_in_plain_values() -> None:
    def halve() -> None:
        """Stand for an optimizer."""

    plan = replace(SMALL, optimizer=halve, loss=3, adversary=Attack("fgsm", {"epsilon": 0.1}))
    found = plan.described()
    json.dumps(found, allow_nan=False)
    assert "halve" in found["optimizer"]
    assert "0x" not in found["optimizer"]
    assert (found["loss"], found["search_samples"]) == ("int", 40)
    assert found["adversary"] == {"name": "fgsm", "epsilon": 0.1}


@pytest.mark.parametrize(
    "wrong",
    [
        {"method": "magic"},
        {"keep": "first"},
        {"epochs": 0},
        {"high_samples": 2.5},
        {"low_samples": -1},
        {"high_share": 0.7, "low_share": 0.5},
        {"weakest": 2.0, "strongest": 1.0},
        {"validation_share": 1.0},
        {"most_examples": 0},
    ],
)
def test_plans_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        HardeningPlan(**wrong)  # type: ignore[arg-type]

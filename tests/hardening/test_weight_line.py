"""The line of weights: its ends, what is chosen and confirmed, and what comes back."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robaudit import Classifier, SearchPlan
from robaudit.attacks.catalogue import Attack
from robaudit.errors import DataError, RobauditError, UsageError
from robaudit.hardening import HardeningPlan, Judge, Judgement, make_judge, retrain, weight_line
from robaudit.hardening.runs import Line, Standing
from robaudit.hardening.weight_line import SHARES, Walk, walk_line
from robaudit.search.directions import random_directions
from robaudit.storage.blocks import Blocks, Keeping
from robaudit.storage.journal import Journal
from robaudit.testing import affine_classifier
from tests.support.affine_hardening import SMALL, affine_run, random_affine

SIZE = 4
PLAN = HardeningPlan(keep="line", max_accuracy_drop=0.0)
SEARCH = SearchPlan(80, 4, step=0.02, steps=50, clip=False)
X = np.random.default_rng(0).uniform(0.2, 0.8, (80, SIZE)).astype(np.float32)
Y = (X[:, 0] > 0.5).astype(int)


def tilted(angle: float) -> Classifier:
    """Tell whether the first number is more than a half, or rather the second: by an angle."""
    normal = np.zeros(SIZE)
    normal[:2] = np.cos(angle), np.sin(angle)
    weights = np.stack([-normal, normal], axis=1)
    return affine_classifier(weights, np.array([1.0, -1.0]) * normal.sum() / 2, (SIZE,))


def standing(
    robustness: float,
    accuracy: float = 1.0,
    right: tuple[np.ndarray, ...] = (),
    spread: float = 0.01,
) -> Standing:
    """Stand so on a half of eight samples, along four directions."""
    margins = robustness + np.resize([-spread, spread], (8, 4))
    return Standing(Judgement(accuracy, robustness, right, margins), None, reach=1.0)


def walked(
    original: Classifier, trained: Classifier, plan: HardeningPlan
) -> tuple[Line, Classifier]:
    return walk_line(original, trained, make_judge(original, X, Y, SEARCH, 64), plan, X)


def test_its_ends_are_the_original_and_the_trained_model() -> None:
    """Each is judged as it is; the model that is right everywhere is kept, and is that one."""
    original, trained = tilted(np.pi / 2), tilted(0)
    line, kept = walked(original, trained, PLAN)
    assert tuple(point.share for point in line.points) == SHARES
    assert line.points[0].choosing.judgement.accuracy < 1
    assert line.points[-1].choosing.judgement.accuracy == 1
    accuracies = [point.choosing.judgement.accuracy for point in line.points]
    assert accuracies == sorted(accuracies)
    assert line.kept > 0
    assert (kept is trained) == (line.kept == 1)


def test_a_point_between_is_of_the_weights_between() -> None:
    """The middle of two lines at right angles halves the angle."""
    line, kept = walked(tilted(np.pi / 4), tilted(-np.pi / 4), PLAN)
    assert 0 < line.kept < 1
    assert kept.weights is not None
    share = line.kept
    normals = [np.array([1, 1]) / 2**0.5, np.array([1, -1]) / 2**0.5]
    wanted = (1 - share) * normals[0] + share * normals[1]
    np.testing.assert_allclose(kept.weights.take()["weights"][:2, 1], wanted)
    assert kept.fingerprint not in ("", tilted(np.pi / 4).fingerprint)


def test_where_all_is_worse_the_original_itself_comes_back() -> None:
    original = tilted(0)
    line, kept = walked(original, tilted(np.pi / 2), PLAN)
    assert line.kept == 0
    assert kept is original
    assert all(point.confirming is None for point in line.points[1:])


def told(monkeypatch: pytest.MonkeyPatch, points: dict[float, tuple[Standing, Standing]]) -> None:
    """Let points stand as told on the half that chooses and on the other, by their shares."""

    def stand(half: weight_line._Half, classifier: Classifier, _blocks: object = None) -> Standing:
        assert classifier.weights is not None
        weights = classifier.weights.take()["weights"][:2, 1]
        share = round(float(weights[0] / weights.sum()), 1)
        return points.get(share, (standing(0.2), standing(0.2)))[
            half.judge.plan.seed != SEARCH.seed
        ]

    monkeypatch.setattr(weight_line._Half, "stand", stand)
    monkeypatch.setattr(weight_line._Half, "stand_by_accuracy", stand)


def test_the_other_half_is_asked_about_the_first_that_keeps_its_accuracy_there_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The most robust on one half loses accuracy on the other; the third is not looked at."""
    points = {
        1.0: (standing(0.9), standing(0.9, accuracy=0.5)),
        0.9: (standing(0.8), standing(0.6)),
        0.8: (standing(0.7), standing(0.9)),
    }
    told(monkeypatch, points)
    line, _ = walked(tilted(np.pi / 2), tilted(0), PLAN)
    assert line.kept == 0.9
    tried = [point.share for point in line.points if point.confirming is not None]
    assert tried == [0.0, 0.9, 1.0]
    assert line.gain is not None
    assert line.gain.value == pytest.approx(0.4)


def test_what_the_other_half_does_not_show_to_be_better_is_not_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nor is anything else: a half that is asked again and again says yes by chance."""
    points = {
        1.0: (standing(0.9), standing(0.21, spread=0.2)),
        0.9: (standing(0.8), standing(0.9)),
    }
    told(monkeypatch, points)
    original = tilted(np.pi / 2)
    line, kept = walked(original, tilted(0), PLAN)
    assert line.kept == 0
    assert kept is original
    assert line.gain is not None
    assert (line.gain.value or 0) > 0 > (line.gain.low or 0)
    assert line.points[-2].confirming is None


def test_a_class_that_is_shown_to_have_lost_too_much_is_not_the_price(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = (np.full(40, True), np.full(40, True))
    lost = (np.arange(40) < 30, np.full(40, True))
    points = {
        0.0: (standing(0.2, right=right), standing(0.2, right=right)),
        1.0: (standing(0.9, right=lost), standing(0.9, right=right)),
        0.9: (standing(0.8, right=right), standing(0.8, right=lost)),
        0.8: (standing(0.7, right=right), standing(0.7, right=right)),
    }
    told(monkeypatch, points)
    assert walked(tilted(np.pi / 2), tilted(0), PLAN)[0].kept == 0.8
    told(monkeypatch, points)
    assert walked(tilted(np.pi / 2), tilted(0), replace(PLAN, max_class_drop=1.0))[0].kept == 1


def test_a_class_that_is_shown_to_have_lost_too_much_on_both_halves_is_not_the_price(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of 40 samples 5 are lost, which shows nothing; of 80 that are 10, which does."""
    right = (np.full(40, True), np.full(40, True))
    lost = (np.arange(40) < 35, np.full(40, True))
    points = {
        0.0: (standing(0.2, right=right), standing(0.2, right=right)),
        1.0: (standing(0.9, right=lost), standing(0.9, right=lost)),
        0.9: (standing(0.8, right=lost), standing(0.8, right=right)),
    }
    told(monkeypatch, points)
    line = walked(tilted(np.pi / 2), tilted(0), PLAN)[0]
    assert line.kept == 0.9
    asked = line.points[-1]
    assert len(asked.confirmed.right[0]) == 80
    assert asked.confirmed.accuracy == 1


def test_of_several_lines_it_is_the_best_point_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """One half puts all in one order, and the other is asked once, however many lines there are."""
    made = {"far": tilted(0), "near": tilted(np.pi / 2)}
    stands = {
        "far": (standing(0.9), standing(0.9, accuracy=0.9)),
        "near": (standing(0.8), standing(0.7)),
    }
    _told_of(monkeypatch, made, stands)
    original = tilted(np.pi / 4)
    walk = Walk(original, make_judge(original, X, Y, SEARCH, 64), PLAN, X)
    walk.to(made["far"], 0.2)
    walk.to(made["near"], 0.1)
    line, kept = walk.keep()
    assert kept is made["near"]
    assert (line.kept, line.budget) == (1.0, 0.1)
    assert [point.budget for point in line.points] == [None] + [0.2] * 10 + [0.1] * 10
    assert [point.share for point in line.points] == [*SHARES, *SHARES[1:]]
    asked = [number for number, point in enumerate(line.points) if point.confirming is not None]
    assert asked == [0, 10, 20]
    assert line.gain is not None
    assert line.gain.value == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("far", "there", "before", "wanted"),
    [
        (standing(0.9), 1.0, None, False),
        (standing(0.9, accuracy=0.9), 1.0, None, True),
        (standing(0.9), 0.9, None, True),
        (standing(0.9, accuracy=0.9), 1.0, standing(0.5), False),
        (standing(0.1, accuracy=0.9), 1.0, None, True),
    ],
    ids=["it is within", "here not", "there not", "another line is better", "none is better"],
)
def test_a_smaller_budget_may_give_more_where_the_end_lost_too_much(
    far: Standing,
    there: float,
    before: Standing | None,
    wanted: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By accuracy on either half; and where the line before has the best point, it gave less."""
    made = {"far": tilted(0), "before": tilted(np.pi / 2)}
    stands = {
        "far": (far, standing(0.9, accuracy=there)),
        "before": (before or standing(0.1), standing(0.1)),
    }
    _told_of(monkeypatch, made, stands)
    original = tilted(np.pi / 4)
    walk = Walk(original, make_judge(original, X, Y, SEARCH, 64), PLAN, X)
    if before is not None:
        walk.to(made["before"])
    assert walk.to(made["far"]) == wanted


def _told_of(
    monkeypatch: pytest.MonkeyPatch,
    made: dict[str, Classifier],
    stands: dict[str, tuple[Standing, Standing]],
) -> None:
    """Let some models stand as told on each half, and all others alike."""
    told_of = {made[name].fingerprint: stands[name] for name in made}

    def stand(half: weight_line._Half, classifier: Classifier, _blocks: object = None) -> Standing:
        pair = told_of.get(classifier.fingerprint, (standing(0.2), standing(0.2)))
        return pair[half.judge.plan.seed != SEARCH.seed]

    monkeypatch.setattr(weight_line._Half, "stand", stand)
    monkeypatch.setattr(weight_line._Half, "stand_by_accuracy", stand)


@pytest.mark.parametrize("lines", [1, 3])
def test_of_models_that_are_all_alike_better_is_said_of_few(
    lines: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In 200 hardenings without any true gain of fewer than 1 in 20, though 10 points are tried.

    Nor of more where there are several lines of as many. Planes at right angles through the
    middle of a cloud that is round, and labels by a coin: all points of the line are as near to
    all samples as each other in the mean. Margins are exact.
    """
    dimension, search = 16, SearchPlan(60, 6, clip=False)

    def exactly(judge: Judge, classifier: Classifier, _blocks: object = None) -> Judgement:
        assert classifier.weights is not None
        normal = classifier.weights.take()["weights"][:, 1]
        height = np.abs((judge.x[judge.searched] - 0.5) @ normal)
        slope = np.abs(judge.directions @ normal)
        # One of the two ways along a direction crosses, and the other never does.
        margins = (np.minimum(height[:, np.newaxis] / slope, 0.5) + 0.5) / 2
        return Judgement(0.5, float(margins.mean()), (), margins)

    monkeypatch.setattr(Judge, "__call__", exactly)
    plan = HardeningPlan(keep="line")
    said = []
    for seed in range(200):
        random = np.random.default_rng(seed)
        normals = np.linalg.qr(random.normal(size=(dimension, 1 + lines)))[0].T
        one, *others = (
            replace(
                affine_classifier(np.stack([-n, n], axis=1), np.zeros(2), (dimension,)), vjp=None
            )
            for n in normals
        )
        x = (0.5 + 0.1 * random.normal(size=(120, dimension))).astype(np.float32)
        judge = make_judge(one, x, random.integers(0, 2, 120), replace(search, seed=seed), 64)
        walk = Walk(one, judge, replace(plan, seed=seed), x)
        for other in others:
            walk.to(other)
        said.append(walk.keep()[0])
    assert sum(line.gain is not None for line in said) > 100
    assert sum(line.kept > 0 for line in said) < 10


def test_each_half_walks_along_directions_of_its_own() -> None:
    """A point that is better along some directions by chance is so on any samples.

    Those of the seeds that follow are trained on in the runs that follow.
    """
    judge = make_judge(tilted(0), X, Y, replace(SEARCH, directions=2), 64)
    one, other = weight_line._halves(tilted(0), judge, PLAN)
    assert one.judge.directions.shape == (2, SIZE)
    assert len(other.judge.directions) > 2
    few = make_judge(tilted(0), X, Y, replace(SEARCH, samples=10), 64)
    searched = [len(half.judge.searched) for half in weight_line._halves(tilted(0), few, PLAN)]
    assert searched == [5, 20]
    for seed in range(9):
        for part in ((), (1,)):
            others = random_directions((SIZE,), len(other.judge.directions), seed=seed, part=part)
            assert not np.allclose(others, other.judge.directions)


def test_what_is_kept_of_a_half_does_not_depend_on_how_many_are_judged_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def walk(batch_size: int) -> Line:
        blocks = Blocks(Keeping(Journal(tmp_path, print)))
        judge = make_judge(tilted(1), X, Y, SEARCH, batch_size)
        line, _ = walk_line(tilted(1), tilted(0), judge, PLAN, X, blocks)
        blocks.keeping.write()
        return line

    first = walk(64)
    monkeypatch.delattr(Judge, "__call__")
    assert walk(32) == first


def test_samples_hold_within_as_much_of_the_budget_as_is_nearer_than_the_boundary() -> None:
    """That of an affine model is the difference of scores over the L1 norm of its weights."""
    pytest.importorskip("art")
    plan = replace(PLAN, adversary=Attack("fgsm", {"epsilon": 0.2}))
    original = tilted(0)
    labels = np.where(np.arange(len(Y)) < 60, Y, 1 - Y)  # the others are wrong to begin with
    half, _ = weight_line._halves(original, make_judge(original, X, labels, SEARCH, 64), plan)
    assert half.attack is not None
    assert half.attack.name == "pgd", "since a single step tells too little"
    rows = half.judge.searched
    right = half.judge.y[rows] == original.predict(half.judge.x[rows]).argmax(axis=1)
    distances = np.abs(half.judge.x[rows][:, 0] - 0.5)
    budgets = np.array([0.05, 0.1, 0.15, 0.2])
    wanted = right * (distances[:, np.newaxis] > budgets).mean(axis=1)
    stands = half.stand(original, Blocks())
    assert 0 < right.mean() < 1
    assert len(set(wanted)) == 5
    assert stands.held == tuple(wanted)
    assert stands.attacked == pytest.approx(wanted.mean())
    assert half.stand(replace(original, vjp=None), Blocks()).held is None


def test_what_lost_too_much_on_the_half_that_confirms_is_judged_by_accuracy_alone() -> None:
    original = tilted(0)
    _, half = weight_line._halves(original, make_judge(original, X, Y, SEARCH, 64), PLAN)
    whole, alone = half.stand(tilted(1), Blocks()), half.stand_by_accuracy(tilted(1))
    assert alone.judgement.accuracy == whole.judgement.accuracy < 1
    assert alone.attacked is None
    assert alone.judgement.margins.size == 0


def test_a_hardening_walks_from_its_original_to_the_last_epoch() -> None:
    plan = replace(SMALL, keep="line", learning_rate=0.5, rounds=2)
    made, *_ = random_affine(2)
    run = affine_run(plan)
    assert run.line is not None
    last = affine_run(replace(plan, keep="last"))
    judged = [[epoch.number for epoch in part.epochs] for part in run.rounds]
    assert judged == [[plan.epochs]] * 2, "no other may be kept"
    if run.line.kept == 1:
        assert run.classifier.fingerprint == last.classifier.fingerprint
    assert (run.kept is None) == (run.line.kept == 0)
    if run.kept is None:
        assert run.classifier.fingerprint == made.fingerprint
        assert run.best == run.original


def test_a_function_that_judges_cannot_be_divided() -> None:
    original = tilted(0)
    with pytest.raises(UsageError, match="make_judge"):
        walk_line(original, tilted(1), lambda _one: Judgement(1.0, 1.0), PLAN, X)


@pytest.mark.parametrize(
    ("images", "changed", "said"),
    [
        (3, {}, "3 validation image.* at least 4"),
        (80, {"samples": 3}, "3 `validation_samples`"),
        (80, {"directions": 1}, "1 `validation_directions`"),
    ],
)
def test_what_could_never_show_a_gain_is_refused(
    images: int, changed: dict[str, Any], said: str
) -> None:
    original = tilted(0)
    judge = make_judge(original, X[:images], Y[:images], replace(SEARCH, **changed), 64)
    with pytest.raises(RobauditError, match=said):
        walk_line(original, tilted(1), judge, PLAN, X)


def test_what_cannot_walk_the_line_is_found_out_before_any_training() -> None:
    made, x, y = random_affine(2)
    untrained = replace(made, train=lambda *_: pytest.fail("it was trained"))
    plan = replace(SMALL, keep="line")
    with pytest.raises(UsageError, match="make_judge"):
        retrain(untrained, x, y, lambda _one: pytest.fail("it was judged"), plan)
    judge = make_judge(made, x[:2], y[:2], SEARCH, 64)
    with pytest.raises(DataError, match="2 validation image"):
        retrain(untrained, x, y, judge, plan)

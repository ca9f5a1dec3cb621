"""The line of weights: its ends, what is chosen and confirmed, and what comes back."""

from dataclasses import replace

import numpy as np
import pytest

from robaudit import Classifier, SearchPlan
from robaudit.errors import UsageError
from robaudit.hardening import HardeningPlan, Judgement, make_judge, weight_line
from robaudit.hardening.runs import Line, Standing
from robaudit.hardening.weight_line import SHARES, walk_line
from robaudit.testing import affine_classifier
from tests.support.affine_hardening import SMALL, affine_run, random_affine

SIZE = 4
PLAN = HardeningPlan(keep="line", max_accuracy_drop=0.0)
SEARCH = SearchPlan(40, 2, step=0.02, steps=50, clip=False)
X = np.random.default_rng(0).uniform(0.2, 0.8, (80, SIZE)).astype(np.float32)
Y = (X[:, 0] > 0.5).astype(int)


def tilted(angle: float) -> Classifier:
    """Tell whether the first number is more than a half, or rather the second: by an angle."""
    normal = np.zeros(SIZE)
    normal[:2] = np.cos(angle), np.sin(angle)
    weights = np.stack([-normal, normal], axis=1)
    return affine_classifier(weights, np.array([1.0, -1.0]) * normal.sum() / 2, (SIZE,))


def walked(
    original: Classifier, trained: Classifier, plan: HardeningPlan
) -> tuple[Line, Classifier]:
    return walk_line(original, trained, make_judge(original, X, Y, SEARCH, 64), plan, X)


def test_its_ends_are_the_original_and_the_trained_model() -> None:
    """Each is judged as it is; the model that is right everywhere is kept, and is that one."""
    original, trained = tilted(np.pi / 2), tilted(0)
    line, kept = walked(original, trained, PLAN)
    assert tuple(point.share for point in line.points) == SHARES
    assert line.points[0].choosing.accuracy < 1
    assert line.points[-1].choosing.accuracy == 1
    accuracies = [point.choosing.accuracy for point in line.points]
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


def test_what_one_half_chooses_the_other_must_confirm(monkeypatch: pytest.MonkeyPatch) -> None:
    """The most robust on one half is worse on the other, and so the next is kept."""
    told = {  # by the share: robustness on the half that chooses, and on the other
        1.0: (0.9, 0.1),
        0.9: (0.8, 0.6),
        0.8: (0.7, 0.9),
    }
    original, trained = tilted(np.pi / 2), tilted(0)
    seen: list[int] = []

    def stand(_half: object, classifier: Classifier, _blocks: object) -> Standing:
        assert classifier.weights is not None
        weights = classifier.weights.take()["weights"][:2, 1]
        share = round(float(weights[0] / weights.sum()), 1)
        seen.append(1)
        chosen, confirmed = told.get(share, (0.2, 0.2))
        return Standing(1.0, 0.5, None, chosen if len(seen) <= len(SHARES) else confirmed)

    monkeypatch.setattr(weight_line._Half, "stand", stand)
    line, _ = walked(original, trained, PLAN)
    assert line.kept == 0.9
    tried = [point.share for point in line.points if point.confirming is not None]
    assert tried == [0.0, 0.9, 1.0]


def test_a_hardening_walks_from_its_original_to_the_last_epoch() -> None:
    plan = replace(SMALL, keep="line", learning_rate=0.5, rounds=2)
    made, *_ = random_affine(2)
    run = affine_run(plan)
    assert run.line is not None
    last = affine_run(replace(plan, keep="last"))
    assert [len(part.epochs) for part in run.rounds] == [plan.epochs] * 2
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

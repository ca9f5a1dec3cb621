"""Hardenings of an affine classifier that are cut off, and go on in the same folder."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robaudit import Classifier, SearchPlan
from robaudit.attacks.catalogue import Attack
from robaudit.batches import resumable_batches
from robaudit.hardening import HardeningPlan, Judge, Judgement, Run, make_judge, retrain
from robaudit.hardening.mixture import Mixture
from robaudit.storage.blocks import Blocks, Keeping
from robaudit.storage.journal import Journal
from robaudit.testing import affine_classifier, oracles
from robaudit.testing.resuming_checks import CutOff
from robaudit.types import FloatArray
from tests.support.affine_hardening import SIZE, SMALL, random_affine


@dataclass
class Work:
    """What was done: batches trained on and models judged; ``cut`` ends it before a batch.

    ``end`` ends it before a model is judged.
    """

    cut: int | None = None
    end: int | None = None
    batches: int = 0
    judged: int = 0
    told: list[str] = field(default_factory=list)
    stop: bool = False


@contextmanager
def counted(work: Work) -> Iterator[None]:
    """Count what is done inside, and cut it off."""
    judge = Judge.__call__

    def batches_of(epochs: Any) -> Iterator[Any]:
        for epoch, batches in epochs:
            yield epoch, ticking(batches)

    def ticking(batches: Any) -> Iterator[Any]:
        for rows in batches:
            if work.batches == work.cut:
                raise CutOff
            work.batches += 1
            yield rows

    def judged(self: Judge, *arguments: Any) -> Judgement:
        if work.judged == work.end:
            raise CutOff
        work.judged += 1
        return judge(self, *arguments)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(
            oracles, "resumable_batches", lambda *given: batches_of(resumable_batches(*given))
        )
        patched.setattr(Judge, "__call__", judged)
        yield


def weak(x: FloatArray) -> Classifier:
    """Make a classifier that is right about few samples, and so can be made better."""
    weights = np.random.default_rng(2).normal(size=(SIZE * SIZE, 2))
    weights = weights + 2 * np.random.default_rng(7).normal(size=weights.shape)
    bias = -(x.reshape(len(x), -1) @ weights).mean(axis=0)
    return affine_classifier(weights, bias, (1, SIZE, SIZE))


def hardened(plan: HardeningPlan, folder: Path | None, work: Work, **given: Any) -> Run | None:
    """Retrain on 40 samples as far as is not cut off, and judge by another 20.

    Where a line is walked all 60 judge: halves of ten samples show no gain.
    """
    made, x, y = random_affine(2)
    keeping = Keeping()
    if folder is not None:
        journal = Journal(folder, work.told.append)
        keeping = Keeping(journal, lambda: work.stop, work.told.append)
    classifier: Classifier = given.pop("classifier", weak(x))
    count = 60 if plan.keep == "line" else 20
    search = SearchPlan(count, 8, clip=False, steps=30)
    judge = given.pop("judge", make_judge(made, x[:count], y[:count], search, 64))
    with suppress(CutOff, KeyboardInterrupt), counted(work):
        blocks = Blocks(keeping)
        try:
            return retrain(
                classifier, x[20:], y[20:], judge, plan, batch_size=64, blocks=blocks, **given
            )
        finally:
            keeping.write()
    return None


def assert_same_run(run: Run | None, wanted: Run | None) -> None:
    """Compare all that two hardenings gave, but for how long they took."""
    assert run is not None
    assert wanted is not None
    assert run.classifier.fingerprint == wanted.classifier.fingerprint
    assert (run.original, run.best, run.kept) == (wanted.original, wanted.best, wanted.kept)
    assert run.line == wanted.line
    assert [one.epochs for one in run.rounds] == [one.epochs for one in wanted.rounds]
    for one, other in zip(run.rounds, wanted.rounds, strict=True):
        assert set(one.seconds) == set(other.seconds)
        for mine, theirs in ((one.searched, other.searched), (one.examples, other.examples)):
            assert (mine is None) == (theirs is None)
        if one.examples is not None and other.examples is not None:
            np.testing.assert_array_equal(one.examples.strength, other.examples.strength)


FEEDBACK = replace(
    SMALL, batch_size=40, epochs=4, learning_rate=2.0, most_examples=1.0, max_accuracy_drop=0.3
)
"""Its first, second and fourth epoch are better than all before, and the third is not."""

PLANS = {
    "feedback": FEEDBACK,
    "the first epoch is the best": replace(FEEDBACK, learning_rate=8.0),
    "the last epoch is kept": replace(FEEDBACK, learning_rate=8.0, keep="last"),
    "one loses accuracy": replace(FEEDBACK, max_accuracy_drop=0.0, high_samples=0),
    "none is kept": replace(FEEDBACK, learning_rate=1e-9),
    "rounds": replace(FEEDBACK, rounds=2, epochs=2),
    "in vain": replace(FEEDBACK, rounds=2, epochs=2, learning_rate=8.0),
    "adversarial": replace(
        FEEDBACK,
        method="adversarial",
        batch_size=20,
        adversary=Attack("uniform-noise", {"epsilon": 0.3}),
    ),
    "combined": replace(
        FEEDBACK,
        method="combined",
        batch_size=10,
        epochs=2,
        keep="line",
        averaging=0.6,
        rate="cosine",
        mixture=Mixture(0.25, 0.25, 0.25, 0.25, budget_drawn=True),
        adversary=Attack("fgsm", {"epsilon": 0.1}),
    ),
    "within half": replace(
        FEEDBACK,
        method="combined",
        batch_size=20,
        epochs=1,
        keep="line",
        mixture=Mixture(0.25, 0.5, 0.25, 0.0, budget_ramp=0.0),
        adversary=Attack("fgsm", {"epsilon": 0.2}),
        learning_rate=5.0,
        max_accuracy_drop=0.2,
        max_class_drop=1.0,
        budget_halvings=1,
    ),
    "averaged": replace(FEEDBACK, averaging=0.6),
    "the line is walked": replace(
        FEEDBACK,
        seed=7,
        learning_rate=30.0,
        averaging=0.6,
        rate="cosine",
        epochs=3,
        keep="line",
        max_accuracy_drop=0.5,
        max_class_drop=1.0,
    ),
}

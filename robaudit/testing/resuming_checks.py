"""Checks of training that is cut off and goes on from a state that was kept."""
# ruff: noqa: S101 - checks are made of assertions

import json
from contextlib import suppress
from dataclasses import dataclass, field, replace
from unittest import SkipTest

import numpy as np

from robaudit.testing.checking import assert_close, has
from robaudit.testing.training_checks import TrainingChecks
from robaudit.types import Classifier, FloatArray, IntArray, State, TrainingState

_EPOCHS = 3
_CUTS = (2, 4, 6)
"""After how many batches a training is cut off: within an epoch, and at the end of one."""
_SAME = 1e-3
"""How far apart scores may be: on a GPU frameworks add in another order each time."""


class CutOff(BaseException):
    """What a training is cut off by; like an interruption it is no error of anyone's."""


@dataclass
class CheckpointInMemory:
    """A checkpoint that holds copies of the state last saved, and is due after each batch.

    ``asked`` tells whether a training ever asked it where to begin.
    """

    state: TrainingState | None = None
    asked: bool = field(default=False, init=False)

    def load(self) -> TrainingState | None:
        """Give the state."""
        self.asked = True
        return self.state

    def due(self) -> bool:
        """Have a state saved each time."""
        return True

    def save(self, state: TrainingState) -> None:
        """Copy a state as a file would hold it: arrays without objects, and JSON."""
        assert not any(array.dtype.hasobject for array in state.trainee.arrays.values())
        arrays = {name: array.copy() for name, array in state.trainee.arrays.items()}
        facts = json.loads(json.dumps(state.trainee.facts))
        self.state = replace(state, trainee=State(arrays, facts))


@dataclass
class _Watch:
    """Sees batches and epochs of a training, and cuts it off before a batch of some number."""

    cut: int | None = None
    batches: list[FloatArray] = field(default_factory=list)
    epochs: list[int] = field(default_factory=list)

    def perturb(self, _trainee: Classifier, x: FloatArray, _y: IntArray) -> FloatArray:
        """See a batch, and change nothing."""
        if len(self.batches) == self.cut:
            raise CutOff
        self.batches.append(np.array(x))
        return x

    def after_epoch(self, number: int, _classifier: Classifier) -> None:
        """See the end of an epoch."""
        self.epochs.append(number)


class ResumingChecks(TrainingChecks):
    """A plan's ``checkpoint`` is handed all that a training needs to go on where it was cut off."""

    def test_training_goes_on_where_it_was_cut_off(self) -> None:
        """It sees the batches that were left, in their order, and comes to the same scores."""
        classifier, x, y = self._samples()
        kept, whole = CheckpointInMemory(), _Watch()
        wanted = self._go_on(classifier, x, y, kept, whole)
        if not kept.asked:
            raise SkipTest("this classifier's train begins anew")
        for cut in _CUTS:
            kept, before, after = CheckpointInMemory(), _Watch(cut), _Watch()
            with suppress(CutOff):
                self._go_on(classifier, x, y, kept, before)
            assert kept.state is not None, f"nothing was saved in {cut} batches"
            resumed = self._go_on(self.make_classifier(), x, y, kept, after)
            seen = [*before.batches, *after.batches]
            assert len(seen) == len(whole.batches), (
                f"{len(after.batches)} batches follow the first {cut} of {len(whole.batches)}"
            )
            assert all(map(np.array_equal, seen, whole.batches)), f"other batches after {cut}"
            assert after.epochs == whole.epochs[-len(after.epochs) :], (
                f"after_epoch was told of {after.epochs}, cut off after {cut} batches"
            )
            assert_close(
                resumed.predict(x), wanted.predict(x), _SAME, f"scores, cut off after {cut} batches"
            )

    def _go_on(
        self,
        classifier: Classifier,
        x: FloatArray,
        y: IntArray,
        kept: CheckpointInMemory,
        watch: _Watch,
    ) -> Classifier:
        plan = replace(
            self.training_plan,
            epochs=_EPOCHS,
            checkpoint=kept,
            perturb=watch.perturb,
            after_epoch=watch.after_epoch,
        )
        return has(classifier.train, "train")(x, y, plan)

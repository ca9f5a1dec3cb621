"""What a training is kept by, so that one that was cut off goes on: states, and what was judged.

There are two files of states. One holds the last; the other the best epoch's, as training left
it, once an epoch is the best, and until then the one before the last. So a last one that is
damaged costs what was trained since the other, and the best epoch's model is made of its state.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from robaudit.batches import Blocks, Keeping
from robaudit.hardening.perturbations import Batches
from robaudit.hardening.plan import HardeningPlan
from robaudit.hardening.runs import Epoch, best_epoch
from robaudit.hardening.validation import Judgement
from robaudit.storage.latest import Latest
from robaudit.types import Classifier, State, TrainingState

SECONDS = 20.0
"""So much training is lost, or a batch if that takes longer."""

_STATE, _TRAINING, _EPOCH = "training", "trainings", "epochs"


def blocks_of(blocks: Blocks, classifier: Classifier, **parts: Any) -> Blocks:
    """Let blocks depend on a classifier, and on more; keep nothing where that cannot be told."""
    with suppress(TypeError):  # of functions, which have no fingerprint
        if classifier.fingerprint:
            return blocks.within(model=(classifier.fingerprint, classifier.spec), **parts)
    return Blocks(Keeping(is_to_stop=blocks.keeping.is_to_stop))


@dataclass(frozen=True)
class KeptState:
    """A state, the ``epochs`` that were judged before it, and what its batches are changed by.

    ``average`` is that of the weights until then, where there is one; ``seconds`` is how long it
    took to get there.
    """

    state: TrainingState
    epochs: tuple[Epoch, ...]
    changes: Mapping[str, Any]
    seconds: float
    average: State | None = None


@dataclass(frozen=True)
class KeptTraining:
    """A training that is finished: all its epochs, and how long they took."""

    epochs: tuple[Epoch, ...]
    seconds: float


@dataclass(frozen=True)
class _JudgedEpoch:
    epoch: Epoch
    fingerprint: str


@dataclass(frozen=True)
class Held:
    """A checkpoint that gives back one state, and keeps none."""

    state: TrainingState

    def load(self) -> TrainingState | None:
        """Give the state."""
        return self.state

    def due(self) -> bool:
        """Want no other."""
        return False

    def save(self, state: TrainingState) -> None:
        """Keep no other."""


@dataclass(frozen=True)
class Start:
    """From where a training goes on: from its beginning, by default.

    ``epochs`` were judged before, ``best`` is what the one that is kept of them left, if any is.
    Nothing is left to be done where it is ``finished``, and else what follows ``kept``, from the
    file of the number ``last``.
    """

    epochs: tuple[Epoch, ...] = ()
    seconds: float = 0.0
    finished: bool = False
    kept: KeptState | None = None
    best: KeptState | None = None
    last: int = 0
    of_best: int | None = None


class TrainingKeeper:
    """Keeps one training in ``blocks``, by a plan, and is its `robaudit.types.Checkpoint`.

    ``best`` judges the model that it has to do better than; ``changed`` is what its batches are
    changed by. ``start`` is where it begins.
    """

    def __init__(
        self, blocks: Blocks, plan: HardeningPlan, best: Judgement, changed: Batches
    ) -> None:
        self._blocks, self._plan, self._best, self._changed = blocks, plan, best, changed
        self._files = [Latest(blocks, f"{_STATE}-{plan.seed}-{number}") for number in range(2)]
        self.start = self._find_start()
        self.epochs = [*self.start.epochs]
        self._last, self._of_best = self.start.last, self.start.of_best
        self._saved = time.monotonic()
        self._began = self._saved - self.start.seconds

    @property
    def seconds(self) -> float:
        """How long the training took until now."""
        return self.start.seconds if self.start.finished else time.monotonic() - self._began

    def tell_what_is_left(self) -> None:
        """Say, where this is what a run goes on with, which epochs are left."""
        keeping, epochs = self._blocks.keeping, self._plan.epochs
        first = 1
        if self.start.kept is not None:
            keeping.found[_STATE] += 1
            first = self.start.kept.state.epoch
        keeping.tell_what_is_left(f"training from epoch {first} of {epochs} on, and what follows")

    def load(self) -> TrainingState | None:
        """Give the state to go on from; it is not held any longer."""
        kept = self.start.kept
        self.start = replace(self.start, kept=None, best=None)
        if kept is None:
            return None
        self._changed.go_on(kept.changes)
        self.go_on_averaging(kept)
        return kept.state

    def go_on_averaging(self, kept: KeptState) -> None:
        """Go back to the average of weights that a state is kept with, if it is with one."""
        if self._changed.average is not None and kept.average is not None:
            self._changed.average.go_on(kept.average)

    def due(self) -> bool:
        """Tell whether so much was trained that it should not be lost, or work is to stop."""
        late = time.monotonic() - self._saved >= SECONDS
        return late or self._blocks.keeping.is_to_stop()

    def save(self, state: TrainingState) -> None:
        """Write a state, not over that of the best epoch. Raises Stopped where work is to stop."""
        self._last = 1 - (self._last if self._of_best is None else self._of_best)
        average = self._changed.average
        kept = KeptState(
            state,
            tuple(self.epochs),
            self._changed.state(),
            self.seconds,
            None if average is None else average.state(),
        )
        self._files[self._last].write(kept)
        self._saved = time.monotonic()
        self._blocks.heed()

    def judged(self, number: int, classifier: Classifier, judge: Callable[[], Epoch]) -> Epoch:
        """Judge an epoch, or take what was kept of it where it gave the same model."""
        key, fingerprint = self._key(number), classifier.fingerprint
        found = self._blocks.find(_EPOCH, key, _JudgedEpoch)
        if found is None or not fingerprint or found.fingerprint != fingerprint:
            found = _JudgedEpoch(judge(), fingerprint)
            self._blocks.keep(_EPOCH, key, found)
        self.epochs.append(found.epoch)
        return found.epoch

    def keep_best(self) -> None:
        """Keep the last state, since the epoch that it ends is the best."""
        self._of_best = self._last

    def finish(self) -> None:
        """Keep that the training is finished, and no state but that of the best epoch."""
        if self._blocks.are_kept and not self.start.finished:
            whole = KeptTraining(tuple(self.epochs), self.seconds)
            self._blocks.keep(_TRAINING, self._blocks.key(_TRAINING), whole)
            self._blocks.keeping.write()
        for number, file in enumerate(self._files):
            if number != self._of_best:
                file.remove()

    def _key(self, epoch: int) -> str:
        return self._blocks.key(_EPOCH, number=epoch)

    def _find_start(self) -> Start:
        """Find the furthest place of which all is there, that the best model is made of too."""
        found = {
            number: kept
            for number, file in enumerate(self._files)
            if (kept := file.read(KeptState)) is not None
        }
        whole = {kept.state.epoch: number for number, kept in found.items() if kept.state.ends}

        def start(epochs: tuple[Epoch, ...], **where: Any) -> Start | None:
            epoch = best_epoch(epochs, self._best, self._plan)
            if epoch is None:
                return Start(epochs, **where)
            if epoch.number not in whole:
                return None
            of_best = whole[epoch.number]
            return Start(epochs, best=found[of_best], of_best=of_best, **where)

        finished = self._blocks.find(_TRAINING, self._blocks.key(_TRAINING), KeptTraining)
        begun = finished and start(finished.epochs, seconds=finished.seconds, finished=True)
        for number in sorted(found, key=lambda n: _place(found[n].state), reverse=True):
            kept = found[number]
            where: dict[str, Any] = {"kept": kept, "last": number, "seconds": kept.seconds}
            begun = begun or start(kept.epochs, **where)
            if begun is None and self._is_best(kept):
                begun = Start(kept.epochs, **where)
        return begun or Start()

    def _is_best(self, kept: KeptState) -> bool:
        """Tell whether a state ends an epoch that was judged to be the best until then."""
        judged = self._blocks.find(_EPOCH, self._key(kept.state.epoch), _JudgedEpoch)
        if judged is None or not kept.state.ends:
            return False
        epochs = (*kept.epochs, judged.epoch)
        return best_epoch(epochs, self._best, self._plan) == judged.epoch


def _place(state: TrainingState) -> tuple[int, int]:
    return state.epoch, state.batches

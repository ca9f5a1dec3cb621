"""Batches of training: from where they go on, and when a state is asked for."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from robaudit import TrainPlan
from robaudit.batches import resumable_batches, shuffled_batches
from robaudit.testing.resuming_checks import CheckpointInMemory
from robaudit.types import State, TrainingState

COUNT = 11
PLAN = TrainPlan(epochs=3, batch_size=4, seed=2)
BATCHES = [
    (epoch, rows)
    for epoch, batches in enumerate(shuffled_batches(COUNT, PLAN), start=1)
    for rows in batches
]


@pytest.mark.parametrize("done", range(10))
def test_batches_go_on_after_any_number_of_them(done: int) -> None:
    """What is gone back to is the state after the last that was done."""
    plan = replace(PLAN, checkpoint=CheckpointInMemory())
    gone_back: list[State] = []
    seen: list[tuple[int, np.ndarray]] = []

    def train_until(limit: int) -> None:
        for epoch, batches in resumable_batches(
            COUNT, plan, lambda: State({}, {"seen": len(seen)}), gone_back.append
        ):
            for rows in batches:
                if len(seen) == limit:
                    return
                seen.append((epoch, rows))

    train_until(done)
    train_until(100)
    assert [state.facts["seen"] for state in gone_back] == ([done] if done else [])
    assert len(BATCHES) == 9
    for (epoch, rows), (wanted, others) in zip(seen, BATCHES, strict=True):
        assert epoch == wanted
        np.testing.assert_array_equal(rows, others)


@dataclass
class Seldom:
    """A checkpoint that is due once, after some batch."""

    after: int
    saved: list[tuple[int, int]] = field(default_factory=list)
    asked: int = 0

    def load(self) -> TrainingState | None:
        return None

    def due(self) -> bool:
        self.asked += 1
        return self.asked == self.after

    def save(self, state: TrainingState) -> None:
        self.saved.append((state.epoch, state.batches))


def test_a_state_is_saved_when_it_is_due_and_after_each_epoch() -> None:
    kept = Seldom(after=2)
    for _, batches in resumable_batches(
        COUNT, replace(PLAN, checkpoint=kept), lambda: State({}), print
    ):
        list(batches)
    assert kept.saved == [(1, 2), (1, 3), (2, 3), (3, 3)]


def test_nothing_is_saved_of_what_has_no_state() -> None:
    kept = Seldom(after=2)
    plan = replace(PLAN, checkpoint=kept)
    assert [len(list(rows)) for _, rows in resumable_batches(COUNT, plan, lambda: None, print)] == [
        3,
        3,
        3,
    ]
    assert kept.saved == []

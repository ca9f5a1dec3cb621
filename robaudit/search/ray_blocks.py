"""The blocks of a search: runs of samples whose rays are kept together once all have ended.

Rays of several blocks are under way at a time, so that batches are as full as without them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from robaudit.search.calibrated import Calibrated
from robaudit.search.cut import Cut
from robaudit.search.ray_scores import RayScores
from robaudit.search.refine import refine
from robaudit.search.state import SearchState
from robaudit.storage.columns import empty_column
from robaudit.types import FloatArray, IntArray


@dataclass(frozen=True)
class WalkedRays:
    """What is kept of a block: see `Crossings`, whose fields these are, of its rays (n,)."""

    step: IntArray
    adjacent: IntArray
    place: FloatArray | None
    evaluations: int
    near_ties: int


class RayBlocks:
    """Takes the rays of each block that has ended to be kept, refined if the plan says so.

    ``evaluate`` is that of the search, which began with ``begun``. ``place`` (R,) is where
    crossings lie between steps, if the plan says so. ``passed_over`` tells whether there are
    blocks that another share has to do.
    """

    def __init__(
        self,
        cut: Cut,
        state: SearchState,
        evaluate: RayScores,
        batch_size: int,
        begun: Calibrated,
    ) -> None:
        self._cut, self._state, self._batch_size = cut, state, batch_size
        self.evaluate = evaluate.counting_anew()
        self.place: FloatArray | None = None
        if state.plan.refine is not None:
            self.place = empty_column(state.rays, np.float32, 0)
        self._counts = np.zeros((2, len(state.blocks)), dtype=np.int64)
        self._whole = np.zeros(len(state.blocks), dtype=bool)
        self._ended: list[int] = []
        self._crossed = 0
        self._key = self._keys(begun)
        self.passed_over = False
        for number, mine in enumerate(cut.blocks.mine(len(state.blocks))):
            self._take(number, mine=mine)
        left, total = int((~self._whole).sum()), len(self._whole)
        if left:
            what = f"{left:,} of {total:,} of the search, and what follows"
            cut.blocks.keeping.tell_what_is_left(what)
        state.when_ended = self._when_ended

    @property
    def samples(self) -> int:
        """How many samples there are, from the first on, all of whose rays have ended."""
        missing = np.flatnonzero(~self._whole)
        state = self._state
        return state.blocks[missing[0]].start if len(missing) else len(state.origin)

    @property
    def counts(self) -> tuple[int, int]:
        """How many points were evaluated for these samples, and near ties among them."""
        number = -(-self.samples // self._cut.samples)
        evaluations, near_ties = self._counts[:, :number].sum(axis=1).tolist()
        return evaluations, near_ties

    def _keys(self, begun: Calibrated) -> Callable[[int], str]:
        state, marks, blocks = self._state, self._cut.marks, self._cut.blocks
        if marks is None or not blocks.are_kept:
            return lambda _number: ""
        scores = self.evaluate
        known = begun.known[0, begun.known[0].argsort()]
        blocks = blocks.within(
            process=begun.process,
            skip_beyond=begun.skip_beyond,
            quantum=scores.quantum,
            kind=scores.kind,
        )

        blocks.keeping.began_with.setdefault("search", blocks.base)  # others follow from it

        def key(number: int) -> str:
            part, rays = state.blocks[number], state.rays_of(number)
            first, last = np.searchsorted(known, (rays.start, rays.stop))
            return blocks.key(
                "rays",
                samples=marks[part],
                origin=state.origin[part].astype(np.int64),
                start=state.start[part].astype(np.int64),
                first=scores.first + part.start,
                known=known[first:last] - rays.start,
            )

        return key

    def _take(self, number: int, *, mine: bool) -> None:
        """Take a block as it was kept, if it is there; else pass over one of another share."""
        found = self._cut.blocks.find("rays", self._key(number), WalkedRays)
        rays = self._state.rays_of(number)
        if found is None or found.step.shape != (rays.stop - rays.start,):
            if not mine:
                self._state.pass_over(number)
                self.passed_over = True
            return
        self._state.fill(number, found.step, found.adjacent)
        if self.place is not None and found.place is not None:
            self.place[rays] = found.place
        self._counts[:, number] = found.evaluations, found.near_ties
        self._whole[number] = True

    def _when_ended(self, number: int) -> None:
        self._ended.append(number)
        if self.place is not None:  # as many are refined together as fill a batch
            self._crossed += int((self._state.step[self._state.rays_of(number)] > 0).sum())
            if self._crossed < self._batch_size:
                return
        self.settle()

    def settle(self) -> None:
        """Refine and keep the blocks that have ended. Raises Stopped where the work is to stop."""
        state, counts = self._state, self.evaluate.counts
        if self.place is not None and state.plan.refine is not None and self._ended:
            rays = [state.rays_of(number) for number in self._ended]
            classes, precision = self.evaluate.classes, state.plan.refine
            refine(classes, state, self.place, rays, precision, self._batch_size)
        for number in self._ended:
            part, rays_of_it = state.blocks[number], state.rays_of(number)
            self._counts[:, number] = evaluations, near_ties = counts.of(part)
            place = None if self.place is None else self.place[rays_of_it]
            value = WalkedRays(
                state.step[rays_of_it], state.adjacent[rays_of_it], place, evaluations, near_ties
            )
            self._cut.blocks.keep("rays", self._key(number), value)
            self._whole[number] = True
        self._ended, self._crossed = [], 0
        self._cut.blocks.heed()

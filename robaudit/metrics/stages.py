"""A search in stages, each of the samples that follow on those before, put together as one."""

from collections.abc import Callable
from dataclasses import replace

from robaudit.metrics.tally import Tally, tally_rays
from robaudit.search.joined import Searched, joined
from robaudit.search.plan import SearchPlan

Search = Callable[[SearchPlan, int], Searched]
"""Search by a plan whose samples follow on so many others: (plan, first) -> rays, crossings."""


class Stages:
    """What was searched so far for a model of so many ``classes``: ``samples``, their ``tally``.

    ``most_traced`` stages may be traced; of later ones each step is probed. Where a search was
    ``stopped``, fewer samples were searched than asked for, and no further ones are to be.
    """

    def __init__(self, search: Search, classes: int, most_traced: int = 1) -> None:
        self._search, self._classes, self._most_traced = search, classes, most_traced
        self._parts: list[Searched] = []
        self.samples = 0
        self.stopped = False
        self.tally: Tally

    def go_on(self, plan: SearchPlan) -> None:
        """Search on, until as many samples are as the plan has."""
        traced = sum(crossings.check.strategy == "traced" for _, crossings in self._parts)
        strategy = plan.strategy if traced < self._most_traced else "linear"
        further = replace(plan, samples=plan.samples - self.samples, strategy=strategy)
        part = self._search(further, self.samples)
        found = len(part[0].sample_origin)
        self.stopped = found < further.samples
        if self.stopped and self._most_traced > 1:
            # The bound of a part of a stage cannot be held together with those of whole ones.
            if self._parts:
                return
            self._most_traced = 1
        self._parts.append(part)
        self.samples += found
        self.tally = tally_rays(self.found(plan)[0], self._classes)

    def found(self, plan: SearchPlan) -> Searched:
        """Give all that was found, as the answer to one plan."""
        rays, crossings = joined(self._parts, self._most_traced)
        return replace(rays, plan=replace(plan, samples=self.samples)), crossings

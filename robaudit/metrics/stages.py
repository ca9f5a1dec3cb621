"""A search in stages, each of the samples that follow on those before, put together as one."""

from collections.abc import Callable
from dataclasses import replace

from robaudit.metrics.tally import Tally, tally_rays
from robaudit.search.joined import Searched, joined
from robaudit.search.plan import SearchPlan, Strategy

Search = Callable[[SearchPlan, int], Searched]
"""Search by a plan whose samples follow on so many others: (plan, first) -> rays, crossings."""


class Stages:
    """What was searched so far for a model of so many ``classes``: ``samples``, their ``tally``.

    At most one stage may be traced: the bounds of several checks do not hold together.
    """

    def __init__(self, search: Search, classes: int) -> None:
        self._search, self._classes = search, classes
        self._parts: list[Searched] = []
        self.samples = 0
        self.tally: Tally

    def go_on(self, plan: SearchPlan, strategy: Strategy) -> None:
        """Search on, until as many samples are as the plan has."""
        further = replace(plan, samples=plan.samples - self.samples, strategy=strategy)
        self._parts.append(self._search(further, self.samples))
        self.samples = plan.samples
        self.tally = tally_rays(joined(self._parts)[0], self._classes)

    def found(self, plan: SearchPlan) -> Searched:
        """Give all that was found, as the answer to one plan."""
        rays, crossings = joined(self._parts)
        return replace(rays, plan=plan), crossings

"""Hardenings that were to stop: what there is of them by then."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from robaudit.audit import Audit
from robaudit.batches import Stopped
from robaudit.hardening.plan import HardeningPlan
from robaudit.hardening.runs import Run
from robaudit.types import IntArray


class RunStopped(Stopped):
    """A run was to stop: ``run`` is what there is of it, whose last round may end early."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run = run


class HardeningStopped(Stopped):
    """A hardening by a ``plan`` was to stop once its original was audited, or some of that.

    ``runs`` are one a seed, the last of which may be unfinished, on training data of classes y
    (n,); ``before`` is partial where there are none.
    """

    def __init__(
        self,
        plan: HardeningPlan,
        before: Audit,
        y: IntArray | None = None,
        runs: tuple[Run, ...] = (),
    ) -> None:
        super().__init__()
        self.plan, self.before, self.runs = plan, before, runs
        self.y: IntArray = np.zeros(0, np.int64) if y is None else y


@contextmanager
def telling_what_there_is(
    plan: HardeningPlan, before: Audit | None, y: IntArray, runs: list[Run]
) -> Iterator[None]:
    """Raise HardeningStopped where work inside this is to stop, with the ``runs`` by then.

    Of one share of a hardening, which has no audit ``before``, nothing is told.
    """
    try:
        yield
    except RunStopped as stopped:
        if before is None:
            raise
        raise HardeningStopped(plan, before, y, (*runs, stopped.run)) from stopped
    except Stopped as stopped:
        if before is None:
            raise
        raise HardeningStopped(plan, before, y, tuple(runs)) from stopped

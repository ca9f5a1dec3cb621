"""Going on until gates are decided, and how many samples would decide those that are not.

Which numbers of samples may be looked at is known beforehand: the first, twice as many, and so
on. Each look spends an equal share of the error, so that the intervals of all of them hold at
once, whatever makes one stop and whichever are left out (Bonferroni over looks: Jennison and
Turnbull, Group Sequential Methods, 2000). Those are left out that are unlikely to decide.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from robaudit.errors import UsageError
from robaudit.metrics.estimating import (
    MEANS,
    SEARCHED,
    cells_and_unit,
    counted,
    estimate_figure,
)
from robaudit.metrics.figures import WORST_CLASS
from robaudit.metrics.gates import Gate
from robaudit.metrics.stages import Search, Stages
from robaudit.metrics.tally import Tally
from robaudit.search.joined import Searched
from robaudit.search.plan import SearchPlan
from robaudit.stats.components import components_of
from robaudit.stats.sequential import error_of_look, looks_until, samples_to_decide
from robaudit.stats.student import student_quantile
from robaudit.types import Estimate

ERROR = 0.05
_POWER = 0.8
"""So many samples decide a gate this often, if the figure is what it seems to be."""

_FIRST, _FIRST_OF_CLASS = 100, 10
_FIRST_LEAP = 3
"""The first look says too little of how many samples it takes to leave out more of them."""

_MOST = 10**8
"""A gate that would take more samples than this is at its threshold, as far as can be told."""

_MOST_TRACED = 3
"""So many stages share the error of the bound on rays told otherwise."""


@dataclass(frozen=True)
class Looks:
    """How often gates were looked at: ``planned`` times at most, of which ``taken`` were.

    Each may have spent ``error``, which is the chance that an interval of a gate misses.
    """

    planned: int
    taken: int
    error: float


def searched_gates(gates: Sequence[Gate]) -> list[Gate]:
    """Give the gates on figures of the search: those that more samples decide."""
    return [gate for gate in gates if gate.figure in SEARCHED]


def check_deciding(
    gates: Sequence[Gate], plan: SearchPlan, *, real: bool, randomised: bool
) -> None:
    """Raise UsageError where a search cannot go on until gates are decided.

    ``real`` says whether there are images, ``randomised`` whether the model is searched
    several times over.
    """
    if not searched_gates(gates):
        raise UsageError(
            "`decide` without a gate on a figure that is searched",
            expected="one at least, such as crossing-rate=0.4",
            advice="A gate on accuracy is held against all images there are.",
        )
    if not real:
        raise UsageError("gates to decide without data", expected="`data`, real inputs")
    if plan.precision is not None:
        raise UsageError("`decide` and `precision` together", expected="one of them")
    if randomised:
        raise UsageError(
            "`decide` and `randomised` together",
            expected="one of them: gates are over all draws, of which more samples are no more",
        )


def decide_gates(
    gates: Sequence[Gate], search: Search, plan: SearchPlan, classes: int
) -> tuple[Searched, SearchPlan, Looks]:
    """Search until all gates on figures of the search are decided, or the samples run out.

    ``plan.samples`` are the most there are. Gives what was found, the plan that it is the
    answer to, and how often gates were looked at.
    """
    gates, most = searched_gates(gates), plan.samples
    of_classes = any(_needs_classes(gate) for gate in gates)
    looks = looks_until(max(_FIRST, _FIRST_OF_CLASS * classes * of_classes), most)
    error = error_of_look(len(looks), ERROR)
    # A tolerance is that of a single bound.
    most_traced = _MOST_TRACED if plan.tolerance is None and len(looks) > 1 else 1
    stages, at, taken = Stages(search, classes, most_traced), 0, 0
    while True:
        sized = replace(plan, samples=looks[at])
        stages.go_on(sized)
        taken += 1
        if stages.stopped:
            sized = replace(sized, samples=stages.samples)
            break
        enough = _samples_for_all(gates, stages.tally, sized, error, most)
        if enough is None or sized.samples == most:
            break
        enough_at = next(place for place, samples in enumerate(looks) if samples >= enough)
        leap = _FIRST_LEAP if taken == 1 else len(looks)
        at = max(at + 1, min(enough_at, at + leap))
    return stages.found(sized), sized, Looks(len(looks), taken, error)


def _samples_for_all(
    gates: Sequence[Gate], tally: Tally, plan: SearchPlan, error: float, most: int
) -> int | None:
    """Give how many samples, ``most`` at most, decide all gates; ``None`` where all are."""
    enough = []
    for gate in gates:
        estimate = estimate_figure(gate.figure, tally, plan, error)
        if gate.outcome(estimate) == "inconclusive":
            samples = samples_for_gate(gate, estimate, tally, plan, error)
            enough.append(most if samples is None else min(most, samples))
    return max(enough, default=None)


def _needs_classes(gate: Gate) -> bool:
    """Tell whether a gate is on the worst class, so that each needs samples of its own."""
    return gate.figure.name.startswith(WORST_CLASS.name)


def samples_for_gate(
    gate: Gate, estimate: Estimate, tally: Tally, plan: SearchPlan, error: float = ERROR
) -> int | None:
    """Give how many samples would decide a gate 4 times in 5, were the figure what it seems.

    ``estimate`` is that of the gate's figure, at ``error``, by a search of ``plan``. ``None``
    where no number of samples would, and where that cannot be told.
    """
    value, low, high = estimate.value, estimate.low, estimate.high
    if value is None or low is None or high is None:
        return None
    figure, own = counted(gate.figure, tally)
    share = len(own.origin) / plan.samples
    if figure not in MEANS:
        return samples_by_square_law(gate, estimate, plan.samples, error)
    cells, unit = cells_and_unit(figure, own, plan)
    samples = samples_to_decide(
        gate.threshold / unit,
        components_of(cells),
        plan.directions_of_each,
        plan.directions,
        len(tally.sums),
        most=_MOST,
        error=error,
        power=_POWER,
    )
    return None if samples is None else max(plan.samples + 1, math.ceil(samples / share))


def samples_by_square_law(
    gate: Gate, estimate: Estimate, samples: int, error: float = ERROR
) -> int | None:
    """Give as much as `samples_for_gate` does, from an interval of so many samples alone.

    Its length, and chance, shrink as 1 / sqrt(n).
    """
    value, low, high = estimate.value, estimate.low, estimate.high
    if value is None or low is None or high is None or value == gate.threshold:
        return None
    of_interval = value - low if value > gate.threshold else high - value
    of_chance = student_quantile(1 - _POWER, 1e9) / student_quantile(error / 2, 1e9)
    times = (of_interval * (1 + of_chance) / abs(value - gate.threshold)) ** 2
    return max(samples + 1, math.ceil(samples * times)) if samples * times <= _MOST else None

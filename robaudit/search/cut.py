"""How a search is cut into blocks, each of which is kept once it is done.

Which they are follows from the plan and the size of an input alone: they are the same whatever
the batches, the machine and how many work on them.
"""

from dataclasses import dataclass, field

from robaudit.batches import Blocks, inputs_in_block
from robaudit.search.plan import SearchPlan
from robaudit.search.refine import halvings_for
from robaudit.storage.fingerprint import marks_of
from robaudit.types import FloatArray, InputSpec, IntArray

_POINTS_OF_TRACED = 5
"""About so many points of a ray are evaluated by the traced search."""


def samples_in_block(plan: SearchPlan, points: int) -> int:
    """Choose how many samples take about so many points.

    >>> samples_in_block(SearchPlan(5000, 784, own_directions=4), 5349)
    134
    >>> samples_in_block(SearchPlan(1500, 784), 5349)
    1
    """
    of_ray = _POINTS_OF_TRACED if plan.strategy == "traced" else max(1, plan.steps // 2)
    of_ray += 0 if plan.refine is None else halvings_for(plan, plan.refine)
    return max(1, round(points / (of_ray * plan.rays_per_sample)))


@dataclass(frozen=True)
class Cut:
    """A cut of a search into blocks of so many ``samples``, which are kept in ``blocks``.

    ``marks`` (S, n) tell each sample from all others. What is done before any block is cut
    into parts of about so many ``points``. Both are ``None`` where nothing is kept.
    """

    samples: int
    points: int | None = None
    marks: IntArray | None = None
    blocks: Blocks = field(default_factory=Blocks)


def cut_for(
    x: FloatArray, directions: FloatArray, plan: SearchPlan, spec: InputSpec, blocks: Blocks
) -> Cut:
    """Cut a search from x (S, *shape) along directions (K, *shape)."""
    points = inputs_in_block(spec)
    samples = samples_in_block(plan, points)
    if not blocks.are_kept:
        return Cut(samples, blocks=blocks)
    of_all = blocks.within(
        directions=directions,
        of_each=plan.directions_of_each,
        signs=plan.signs,
        step=plan.step,
        steps=plan.steps,
        clip=plan.clip,
        refine=plan.refine,
    )
    return Cut(samples, points, marks_of(x), of_all)

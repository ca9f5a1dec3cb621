"""How a search is to be done: the plan, and the presets that users choose from."""

from dataclasses import dataclass
from typing import Literal, get_args

from robaudit.errors import UsageError
from robaudit.types import InputSpec

Effort = Literal["quick", "standard", "paper"]
Reference = Literal["label", "prediction"]
Strategy = Literal["traced", "linear"]

_LARGEST_STEP = 10.0
_SAMPLES = {"quick": 1000, "standard": 5000}
_OWN_DIRECTIONS = 4
_SHARED = {"quick": (100, 50), "standard": (300, 100)}
"""Samples and directions where all samples share the directions."""
_FULL_EFFORT_DIMENSION = 1024
"""Inputs larger than this get fewer rays, so that the cost grows no faster than the model's."""
_MOST_DRAWN, _FEWEST_DRAWN, _NUMBERS_DRAWN = 784, 16, 2**22
"""How many directions are drawn to choose from, and how many numbers they may be."""


@dataclass(frozen=True)
class Precision:
    """How precisely a figure is to be known: half of high less low of its 95 % interval.

    The unit is the figure's own: margins are RMS, as a share of the pixel range.
    """

    half_width: float
    figure: str = "restricted-mean-margin"

    def __post_init__(self) -> None:
        if not self.half_width > 0:
            raise UsageError(f"a precision of {self.half_width}", expected="more than 0")


@dataclass(frozen=True)
class SearchPlan:
    """A boundary search: how many samples and directions, how far, in what steps.

    ``step`` is an RMS distance, a fraction of the pixel range (0.02 is the
    paper's MNIST step). ``signs`` is 2 when each direction is walked both ways,
    1 when only forwards. ``directions`` are drawn; each sample is searched along
    ``own_directions`` of them, which are others for its neighbours, or along all (``None``).
    The strategy ``linear`` evaluates every step; ``traced`` leaves
    out those that cannot matter, with at most a share ``tolerance`` of the rays told
    otherwise (the 95 % upper bound of a check), or as many as the means of so many samples
    would not notice (``None``). ``refine`` is how precisely crossings are
    found between two steps, an RMS distance, or ``None`` for the step beyond. With a
    ``precision`` samples are the most that are searched, and no more are than it takes.
    Everything random is drawn from ``seed``.
    """

    samples: int
    directions: int
    signs: int = 2
    step: float = 0.02
    steps: int = 25
    clip: bool = True
    strategy: Strategy = "traced"
    seed: int = 0
    tolerance: float | None = None
    refine: float | None = None
    own_directions: int | None = None
    precision: Precision | None = None

    def __post_init__(self) -> None:
        for name in ("samples", "directions", "steps"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} = {getattr(self, name)}", expected="at least 1")
        if not 1 <= self.directions_of_each <= self.directions:
            raise UsageError(
                f"own_directions = {self.own_directions}",
                expected=f"from 1 to the {self.directions} that are drawn",
            )
        if self.steps > 32_000:
            raise UsageError(f"steps = {self.steps}", expected="at most 32000")
        if self.signs not in (1, 2):
            raise UsageError(f"signs = {self.signs}", expected="1 (forwards) or 2 (both ways)")
        if not 0 < self.step <= _LARGEST_STEP:
            raise UsageError(
                f"step = {self.step}", expected=f"a share of the pixel range, up to {_LARGEST_STEP}"
            )
        if self.strategy not in get_args(Strategy):
            raise UsageError(
                f"strategy {self.strategy!r}", expected="one of " + ", ".join(get_args(Strategy))
            )
        if self.tolerance is not None and not 0 <= self.tolerance <= 1:
            raise UsageError(f"tolerance = {self.tolerance}", expected="a share, from 0 to 1")
        if self.refine is not None and not 0 < self.refine <= self.step:
            raise UsageError(
                f"refine = {self.refine}", expected=f"more than 0, up to the step ({self.step})"
            )
        if self.seed < 0:
            raise UsageError(f"seed = {self.seed}", expected="0 or more")

    @property
    def reach(self) -> float:
        """The distance that the search goes to, in RMS units."""
        return self.step * self.steps

    @property
    def directions_of_each(self) -> int:
        """Along how many directions each sample is searched."""
        return self.directions if self.own_directions is None else self.own_directions

    @property
    def rays_per_sample(self) -> int:
        """How many rays start from each sample."""
        return self.directions_of_each * self.signs


def preset(effort: Effort, spec: InputSpec, *, seed: int = 0) -> SearchPlan:
    """Make the plan that an effort stands for, for inputs like these.

    ``paper`` is Section V of the paper: 1,500 samples; 784 directions both ways in
    25 steps of 0.02, or, for inputs with an axis of three channels, 1,000 directions
    one way in 63 steps of 2/255. The other two search as many samples as their rays allow,
    along few directions of their own: nearly all that makes a mean uncertain lies between
    samples (docs/statistics.md). They take fewer rays on inputs of more than 1,024 numbers.

    >>> plan = preset("quick", InputSpec(shape=(1, 28, 28), classes=10))
    >>> plan.samples, plan.directions, plan.own_directions
    (1000, 784, 4)
    >>> preset("quick", InputSpec(shape=(3, 224, 224), classes=1000)).samples
    36
    """
    if effort == "paper":
        return shared_preset(effort, spec, seed=seed)
    _check_effort(effort)
    dimension = spec.dimension
    share = min(1.0, _FULL_EFFORT_DIMENSION / dimension)
    drawn = min(_MOST_DRAWN, max(_FEWEST_DRAWN, _NUMBERS_DRAWN // dimension), dimension)
    return SearchPlan(
        samples=max(10, round(_SAMPLES[effort] * share ** (2 / 3))),
        directions=drawn,
        own_directions=min(drawn, max(2, round(_OWN_DIRECTIONS * share ** (1 / 3)))),
        seed=seed,
    )


def shared_preset(effort: Effort, spec: InputSpec, *, seed: int = 0) -> SearchPlan:
    """Make the plan of an effort in which all samples share the directions, as in the paper.

    So each sample is seen from many sides: for examples to train on, and for centres of classes.
    Of inputs of more than 1,024 numbers samples are kept rather than directions.

    >>> shared_preset("quick", InputSpec(shape=(1, 28, 28), classes=10)).samples
    100
    >>> shared_preset("quick", InputSpec(shape=(3, 224, 224), classes=1000)).directions
    2
    """
    _check_effort(effort)
    dimension = spec.dimension
    if effort == "paper":
        if 3 in spec.shape:
            return SearchPlan(1500, min(1000, dimension), 1, 2 / 255, 63, seed=seed)
        return SearchPlan(1500, min(784, dimension), seed=seed)
    samples, directions = _SHARED[effort]
    share = min(1.0, _FULL_EFFORT_DIMENSION / dimension)
    return SearchPlan(
        samples=max(10, round(samples * share ** (1 / 3))),
        directions=min(dimension, max(2, round(directions * share ** (2 / 3)))),
        seed=seed,
    )


def _check_effort(effort: str) -> None:
    if effort not in get_args(Effort):
        raise UsageError(f"effort {effort!r}", expected="one of " + ", ".join(get_args(Effort)))

"""What ways to search need until the mean margin is known: samples, passes, seconds.

`--precision` is run as it is. Of the others slices are walked, in turn with it: they tell how fast
each way is, and what the check of the traced search takes. How many samples each needs
follows from the components of variance, and from these its passes.
"""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from statistics import median

from benchmarks.search.subjects import SHARE_TOLD_OTHERWISE, Bench, Subject
from benchmarks.search.ways import authors_way
from robaudit import Images, InputSpec, SearchPlan, preset
from robaudit.batches import pace_for
from robaudit.data.sampling import balanced_rows
from robaudit.metrics.precision import half_width, search_to
from robaudit.metrics.tally import Tally, tally_rays
from robaudit.predicting import classes_of, make_probe
from robaudit.search.batch_size import measured_batch_size
from robaudit.search.boundary_search import search_rays
from robaudit.search.joined import Searched
from robaudit.search.plan import Precision, shared_preset
from robaudit.stats.components import Components, components_of, predicted, samples_for
from robaudit.stats.components import half_width as half_width_of
from robaudit.types import FloatArray, IntArray

WIDTH = 0.01
"""Half of the interval, as a share of the reach."""

_DIRECTIONS = 100
"""So many are shared in a slice: few samples, seen from many sides, part variance best."""


@dataclass(frozen=True)
class Slices:
    """How much of each way is walked in a turn, how many turns, and the most images.

    ``authors`` and ``linear`` count samples. ``before`` counts rays: with less than twice those
    that its check takes, some 3,000 of samples that are right, the traced search would be given up.
    """

    authors: int = 1
    linear: int = 5
    before: int = 12_000
    images: int | None = None
    turns: int = 1


@dataclass(frozen=True)
class Need:
    """What a way needs: samples, directions of each, passes and seconds; ``None`` where none do."""

    samples: int | None
    each: int
    passes: float | None
    seconds: float | None


@dataclass(frozen=True)
class Result:
    """One model: ``steps`` of a ray on the average, halves of intervals as shares of the reach.

    ``paper`` and ``before`` are those of their plans as they stand, ``reached`` is what
    `--precision` came to. ``needs`` are by way.
    """

    name: str
    steps: float
    parts: Components
    paper: float
    before: float
    reached: float
    needs: Mapping[str, Need]


def paper_walk(subject: Subject) -> Subject:
    """Have a subject opened with the paper's plan for its inputs, and few images."""
    paper = preset("paper", InputSpec(subject.image_shape, 10))
    return replace(subject, plan=replace(paper, samples=64))


@dataclass
class Searches:
    """Searches of one model, from samples in the dealt order, and what they take together.

    ``passes`` counts points evaluated, ``linear`` what every step of the same rays takes, and
    ``full`` the rays walked to calibrate and check a traced search. Without a ``batch_size``
    each search finds its own.
    """

    bench: Bench
    images: Images
    batch_size: int | None = None
    passes: int = 0
    linear: int = 0
    full: int = 0
    rows: IntArray = field(init=False)

    def __post_init__(self) -> None:
        self.rows = balanced_rows(self._labels, len(self.images), seed=0)

    @property
    def _labels(self) -> IntArray:
        assert self.images.labels is not None  # noqa: S101 - the shared data sets have them
        return self.images.labels

    def inputs(self, first: int, count: int) -> FloatArray:
        """Give samples, from that of a number on, as inputs of the model."""
        pixels = self.images.unit_pixels(self.rows[first : first + count])
        pixels = pixels.reshape(-1, *self.bench.subject.image_shape)
        shape = self.bench.classifier.spec.shape
        return self.bench.preprocessing.arrangement.arrange(pixels, shape)

    def __call__(self, plan: SearchPlan, first: int = 0) -> Searched:
        """Search by a plan, from the sample of that number on."""
        model = self.bench.classifier
        found = search_rays(
            model,
            self.inputs(first, plan.samples),
            self._labels[self.rows[first : first + plan.samples]],
            self.bench.directions[: plan.directions],
            plan,
            pace_for(model.spec, self.batch_size),
            first=first,
        )
        crossings = found[1]
        self.passes += crossings.evaluations
        self.linear += crossings.linear_evaluations
        if crossings.check.strategy == "traced":
            self.full += crossings.check.audited + crossings.check.calibrated
        return found


@dataclass
class Walked:
    """A slice of a way: its plan, the slice's own, and the passes a second of its turns."""

    plan: SearchPlan
    part: SearchPlan
    speeds: list[float] = field(default_factory=list)

    def take_turn(self, bench: Bench, images: Images) -> tuple[Searches, Tally]:
        """Walk the slice in batches that suit the whole plan, which are looked for before."""
        searches, model = Searches(bench, images), bench.classifier
        x, directions = searches.inputs(0, self.part.samples), bench.directions
        probe = make_probe(model, x, directions[: self.part.directions], clip=self.part.clip)
        samples = min(self.plan.samples, 10 * self.part.samples)  # a batch is a 32nd of the rays
        searches.batch_size = measured_batch_size(probe, samples, self.part, model.spec)
        before = time.perf_counter()
        rays, _ = searches(self.part)
        self.speeds.append(searches.passes / (time.perf_counter() - before))
        return searches, tally_rays(rays, model.spec.classes)


def measure(bench: Bench, images: Images, slices: Slices) -> Result:
    """Take turns: walk slices of the other ways, run `--precision`; and say what each needs.

    ``bench`` has the paper's plan.
    """
    spec = InputSpec(bench.subject.image_shape, bench.classifier.spec.classes)
    paper, classes = preset("paper", spec), spec.classes
    before = replace(
        shared_preset("standard", spec),
        step=paper.step,
        steps=paper.steps,
        signs=paper.signs,
        tolerance=SHARE_TOLD_OTHERWISE,
    )
    linear = replace(before, strategy="linear")
    wide = min(_DIRECTIONS, len(bench.directions))
    walked = {
        name: Walked(plan, replace(plan, samples=samples, directions=wide))
        for name, plan, samples in (
            ("linear", linear, slices.linear),
            ("before", before, math.ceil(slices.before / wide / paper.signs)),
        )
    }
    most = min(slices.images or len(images), len(images))
    asked = replace(paper, samples=most, directions=preset("standard", spec).directions)
    authors: list[float] = []
    own: list[float] = []
    few = bench.x[: slices.authors]
    start, _ = classes_of(bench.classifier.predict, few, len(few))
    loop = authors_way(replace(bench, x=few, start=start))
    for _ in range(slices.turns):
        turn = loop(slices.authors)
        authors.append(turn.probes / turn.seconds)
        walked["linear"].take_turn(bench, images)
        shared, tally = walked["before"].take_turn(bench, images)
        search, begun = Searches(bench, images), time.perf_counter()
        precision = Precision(WIDTH * paper.reach)
        (rays, crossings), sized, reached = search_to(precision, search, asked, classes)
        own.append(time.perf_counter() - begun)
    steps = crossings.linear_evaluations / len(rays)
    parts = _components(tally_rays(rays, classes), tally)

    def need(plan: SearchPlan, speeds: list[float], *, traced: bool = False) -> Need:
        samples = samples_for(WIDTH, parts, plan.directions, plan.directions, classes)
        if samples is None:
            return Need(None, plan.directions, None, None)
        count = samples * plan.rays_per_sample
        passes = _traced(shared, tally.rays, count) if traced else count * steps
        return Need(samples, plan.directions, passes, passes / median(speeds))

    return Result(
        name=bench.subject.name,
        steps=steps,
        parts=parts,
        paper=_half(parts, paper, classes),
        before=_half(parts, before, classes),
        reached=(half_width(tally_rays(rays, classes), sized, reached.figure) or 0.0) / paper.reach,
        needs={
            "authors": need(paper, authors),
            "linear": need(linear, walked["linear"].speeds),
            "before": need(before, walked["before"].speeds, traced=True),
            "precision": Need(sized.samples, sized.directions_of_each, search.passes, median(own)),
        },
    )


def _components(own: Tally, shared: Tally) -> Components:
    """Put together what the many samples of one search say, and the many directions of another."""
    total, along = components_of(own.margin_cells), components_of(shared.margin_cells)
    whole = total.sample + total.direction + total.rest
    of_samples = max(0.0, whole - along.direction - along.rest)
    return Components(total.value, of_samples, along.direction, along.rest)


def _traced(walked: Searches, rays: int, count: int) -> float:
    """Scale the passes of a traced search to ``count`` rays: what its check takes does not grow."""
    of_check = walked.full * walked.linear / rays
    return walked.passes + (count - rays) * (walked.passes - of_check) / (rays - walked.full)


def _half(parts: Components, plan: SearchPlan, classes: int) -> float:
    each = plan.directions
    return half_width_of(predicted(parts, plan.samples, each, each, classes))

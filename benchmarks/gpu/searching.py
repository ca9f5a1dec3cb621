"""The paper's whole search on a device, set beside the same search on the CPU."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

import numpy as np

import robaudit
from robaudit import Classifier, SearchPlan, record
from robaudit.audit import scan
from robaudit.batches import batch_size_for, pace_for
from robaudit.predicting import classes_of, make_probe, near_ties
from robaudit.search.batch_size import measured_batch_size
from robaudit.search.boundary_search import Crossings, search, search_samples
from robaudit.search.directions import random_directions
from robaudit.search.rays import NONE, locate_rays
from robaudit.types import FloatArray, IntArray, Probe

_SECONDS_EACH = 0.3
"""Seconds that each size of a batch is tried."""
_SAME = 1e-3
"""Numbers of two records are the same within this share of them: near ties may move means."""
_OWN = ("environment", "seconds")
"""What a record says of the machine."""


@dataclass(frozen=True)
class Sizes:
    """How much is done; without ``samples`` and ``directions``, what the paper does.

    ``images`` are trained on for ``epochs``, and ``trained`` where training is timed; ``tested``
    others give the accuracy. Up to ``compared`` samples are searched on the CPU as well, for
    ``patience`` seconds, and ``recorded`` samples along ten directions are audited on both.
    Of the contract of adapters only ``checks`` are made, if they are named.
    """

    images: int = 10_000
    epochs: int = 3
    trained: int = 10_000
    tested: int = 2_000
    samples: int | None = None
    directions: int | None = None
    compared: int = 50
    patience: float = 40.0
    recorded: int = 100
    batches: tuple[int, ...] = tuple(2**power for power in range(4, 15))
    seconds_each: float = _SECONDS_EACH
    checks: str = ""


class Watch:
    """Passes calls of a probe on, and adds up what those for single points take.

    These are near ties, computed again, but for the last ray of all.
    """

    def __init__(self, probe: Probe) -> None:
        self.probe = probe
        self.seconds = self.alone = 0.0
        self.calls_alone = 0

    def __call__(self, sample: IntArray, direction: IntArray, distance: FloatArray) -> FloatArray:
        """Evaluate points, on time."""
        before = time.perf_counter()
        scores = self.probe(sample, direction, distance)
        took = time.perf_counter() - before
        self.seconds += took
        if len(sample) == 1:
            self.alone += took
            self.calls_alone += 1
        return scores


@dataclass(frozen=True)
class Setting:
    """What is searched: samples (S, *shape) by a plan, along directions (K, *shape)."""

    x: FloatArray
    directions: FloatArray
    plan: SearchPlan

    def linear(
        self, classifier: Classifier, origin: IntArray, scale: float, first: int, count: int
    ) -> Crossings:
        """Search some of the samples step by step, with the classes (S,) that all start from."""
        part = slice(first, first + count)
        return search_samples(
            classifier,
            self.x[part],
            origin[part],
            self.directions,
            replace(self.plan, samples=count, strategy="linear"),
            pace_for(classifier.spec, batch_size_for(classifier.spec)),
            predicted=(origin[part], scale),
            first=first,
        )


def measure_search(
    there: Classifier,
    here: Classifier,
    x: FloatArray,
    sizes: Sizes,
    note: Callable[[dict[str, Any]], None],
) -> None:
    """Search from x (n, *shape) on the device (``there``) and on the CPU (``here``).

    What is known is noted at once: batch sizes, the whole search by the paper's plan, rays of the
    first samples and a small record beside those of the CPU.
    """
    paper = robaudit.preset("paper", there.spec)
    plan = replace(
        paper,
        samples=sizes.samples or paper.samples,
        directions=sizes.directions or paper.directions,
    )
    directions = random_directions(there.spec.shape, plan.directions, seed=plan.seed)
    setting = Setting(x[: plan.samples], directions, plan)
    origin, scale = classes_of(there.predict, setting.x, batch_size_for(there.spec))
    probe = make_probe(there, setting.x, directions, clip=plan.clip)
    note({"points/s by batch": dict(speeds(probe, setting.plan, sizes))})
    whole = search_whole(probe, there, setting, origin, scale)
    step, adjacent = whole.pop("answer")
    note({"whole": whole})
    for found in compared(there, here, setting, origin, scale, sizes):
        rays = found["rays"]
        linear = found.pop("answer")
        told = (step[:rays] != linear[0]) | (adjacent[:rays] != linear[1])
        note({"compared": found | {"traced otherwise": int(told.sum())}})
    note({"record": compare_records(there, here, x, sizes)})


def speeds(probe: Probe, plan: SearchPlan, sizes: Sizes) -> Iterator[tuple[str, float]]:
    """Give points a second by the size of the batch, until memory ends."""
    rays = plan.samples * plan.rays_per_sample
    for size in takewhile(lambda size: size <= rays, sizes.batches):
        sample, direction, sign = locate_rays(np.arange(size), plan)
        try:
            probe(sample, direction, sign * plan.reach)  # warms up
            done, before = 0, time.perf_counter()
            while (passed := time.perf_counter() - before) < sizes.seconds_each or not done:
                probe(sample, direction, sign * plan.reach)
                done += size
        except MemoryError:
            return
        yield str(size), done / passed


def search_whole(
    probe: Probe, classifier: Classifier, setting: Setting, origin: IntArray, scale: float
) -> dict[str, Any]:
    """Search by the whole plan, and say what it took; "answer" has steps and classes (R,)."""
    plan, spec = setting.plan, classifier.spec
    before = time.perf_counter()
    batch_size = measured_batch_size(probe, plan.samples, plan, spec)
    watch = Watch(probe)
    found = search(
        watch, origin, origin, plan, scale=scale, batch_size=batch_size, scores=spec.scores
    )
    seconds = time.perf_counter() - before
    check = found.check
    return {
        "rays": len(found.step),
        "seconds": seconds,
        "passes": found.evaluations,
        "linear passes": found.linear_evaluations,
        "batch size": batch_size,
        "near ties": found.near_ties,
        "single points": watch.calls_alone,
        "single points, share of the time": watch.alone / seconds,
        "in the probe, share of the time": watch.seconds / seconds,
        "check": f"{check.disagreements} of {check.audited}, at most {check.upper_bound:.3%}",
        "crossing rate": float(np.mean(found.step != NONE)),
        "answer": (found.step, found.adjacent),
    }


def compared(
    there: Classifier,
    here: Classifier,
    setting: Setting,
    origin: IntArray,
    scale: float,
    sizes: Sizes,
) -> Iterator[dict[str, Any]]:
    """Search sample by sample on the CPU as well, step by step on both, until time is over.

    Rays that differ are counted, and those among them that hang on a near tie: where they
    part, the two best classes are as close as rounding may be, on one of the two devices.
    "answer" has steps and classes of the device.
    """
    begun, per = time.perf_counter(), setting.plan.rays_per_sample
    step = np.empty(0, dtype=np.int32)
    adjacent = np.empty(0, dtype=np.int32)
    differ = explained = ties_here = ties_there = 0
    probes = [
        make_probe(one, setting.x, setting.directions, clip=setting.plan.clip)
        for one in (here, there)
    ]
    for first in range(min(sizes.compared, setting.plan.samples)):
        one, other = (setting.linear(model, origin, scale, first, 1) for model in (here, there))
        apart = np.flatnonzero((one.step != other.step) | (one.adjacent != other.adjacent))
        differ += len(apart)
        ties_here += one.near_ties
        ties_there += other.near_ties
        sample, direction, sign = locate_rays(first * per + apart, setting.plan)
        steps = setting.plan.steps + 1
        parted = np.minimum(
            *(np.where(part < 0, steps, part)[apart] for part in (one.step, other.step))
        )
        for row in range(len(apart)):
            point = (
                sample[[row]],
                direction[[row]],
                sign[[row]] * (parted[[row]] * setting.plan.step),
            )
            explained += any(bool(near_ties(probe(*point), scale)[0]) for probe in probes)
        step = np.concatenate([step, other.step])
        adjacent = np.concatenate([adjacent, other.adjacent])
        yield {
            "samples": first + 1,
            "rays": len(step),
            "differ": differ,
            "of them near ties": explained,
            "near ties on the CPU": ties_here,
            "near ties there": ties_there,
            "answer": (step, adjacent),
        }
        if time.perf_counter() - begun > sizes.patience:
            return


def compare_records(
    there: Classifier, here: Classifier, x: FloatArray, sizes: Sizes
) -> dict[str, Any]:
    """Audit a few samples on both; count the numbers and words of their records that differ."""
    directions = min(10, sizes.directions or 10)
    plan = SearchPlan(sizes.recorded, directions, strategy="linear")
    y = classes_of(here.predict, x[: sizes.recorded], batch_size_for(here.spec))[0]
    one, other = (
        dict(
            leaves(
                json.loads(
                    record.to_json(record.make_record(scan(model, (x[: len(y)], y), plan=plan)))
                )
            )
        )
        for model in (here, there)
    )
    differ = [
        path for path in one.keys() | other.keys() if not _same(one.get(path), other.get(path))
    ]
    return {"entries": len(one), "differ": len(differ), "such as": sorted(differ)[:10]}


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Give what a record says, entry by entry, but for what it says of the machine.

    >>> dict(leaves({"a": [1, {"b": "x"}], "seconds": 2}))
    {'.a.0': 1, '.a.1.b': 'x'}
    """
    if isinstance(value, dict):
        for key, one in value.items():
            if key not in _OWN:
                yield from leaves(one, f"{path}.{key}")
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from leaves(one, f"{path}.{place}")
    else:
        yield path, value


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return bool(np.isclose(one, other, rtol=_SAME, atol=_SAME))
    return bool(one == other)

"""A search of training samples on disk: what is read back is, bit for bit, what was written."""

from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from robaudit.hardening.training_search import Searched
from robaudit.search.plan import SearchPlan
from robaudit.search.rays import MISCLASSIFIED, NONE, Rays
from robaudit.search.traced.check import Check
from robaudit.storage.checked_arrays import (
    finite_directions,
    integers,
    numbers,
    opened,
    require,
    settings_as_array,
)
from robaudit.storage.npz import Archive, write_archive
from robaudit.types import FloatArray, IntArray

_KIND = "search"


def write_search(searched: Searched, file: IO[bytes]) -> None:
    """Write a search as an ``.npz`` archive, for `read_search`.

    It holds the arrays of `Searched` and of its `Rays` as they are, and as JSON the
    number of classes, the plan and the check.
    """
    rays = searched.rays
    settings = {
        "classes": searched.classes,
        "plan": vars(rays.plan),
        "check": vars(searched.check),
    }
    arrays: dict[str, npt.NDArray[Any]] = {
        "settings": settings_as_array(_KIND, settings),
        "rows": searched.rows,
        "origin": searched.origin,
        "directions": searched.directions,
        "step": rays.step,
        "adjacent": rays.adjacent,
        "realised": rays.realised,
    }
    if rays.place is not None:
        arrays["place"] = rays.place
    write_archive(file, arrays)


def read_search(path: Path) -> Searched:
    """Read what `write_search` wrote.

    Raises RecordError for a file that is missing, damaged, or does not fit together.
    """
    with opened(path, _KIND) as (arrays, settings):
        plan, classes = _plan(settings["plan"]), settings["classes"]
        require(type(classes) is int and classes >= 2, "the number of classes")
        samples = (plan.samples,)
        rows = integers(arrays, "rows", samples, 0)
        require(len(np.unique(rows)) == len(rows), "rows")
        directions = finite_directions(arrays)
        require(len(directions) == plan.directions, "the number of directions")
        origin = integers(arrays, "origin", samples, 0, classes)
        rays = _rays(arrays, origin, plan, classes)
        return Searched(rows, origin, directions, rays, classes, _check(settings["check"]))


def _plan(given: Mapping[str, Any]) -> SearchPlan:
    """Make the plan of what a file says, where it says all of it and in the right types."""
    _fit(given, vars(SearchPlan(1, 1, refine=0.01)), "plan", optional="refine")
    return SearchPlan(**given)


def _check(given: Mapping[str, Any]) -> Check:
    """Make the check of what a file says, where it says all of it and in the right types."""
    _fit(given, vars(Check("linear", 0, fallback="why")), "check", optional="fallback")
    require(given["strategy"] in ("linear", "traced"), "the strategy")
    numbers = (given["audited"], given["disagreements"], given["upper_bound"], given["calibrated"])
    require(min(numbers) >= 0, "the check")
    return Check(**given)


def _fit(given: Mapping[str, Any], usual: Mapping[str, Any], what: str, optional: str) -> None:
    """Require all of the usual fields, each of its usual type, and one perhaps without a value."""
    require(set(given) == set(usual), f"the fields of the {what}")
    for name, value in given.items():
        kinds = [type(usual[name])]
        kinds += [int] if kinds == [float] else []
        require(type(value) in kinds or (name == optional and value is None), name)


def _rays(arrays: Archive, origin: IntArray, plan: SearchPlan, classes: int) -> Rays:
    count = (plan.samples * plan.rays_per_sample,)
    step = integers(arrays, "step", count, NONE, plan.steps + 1)
    adjacent = integers(arrays, "adjacent", count, NONE, classes)
    realised = numbers(arrays, "realised", count)
    none = step == NONE
    of_origin = np.repeat(origin, plan.rays_per_sample)
    same = np.array_equal(none, adjacent == NONE)
    require(same and not (adjacent == of_origin).any(), "adjacent classes")
    wrong = (step == MISCLASSIFIED).reshape(plan.samples, plan.rays_per_sample)
    require(bool((wrong == wrong[:, :1]).all()), "misclassified samples")
    require(bool((np.isinf(realised) == none).all() and (realised >= 0).all()), "realised")
    place = None
    if plan.refine is not None:
        place = _places(numbers(arrays, "place", count), step)
    return Rays(step, adjacent, realised, origin, plan, place=place)


def _places(place: FloatArray, step: IntArray) -> FloatArray:
    """Check places of crossings in steps, each of which lies at its step or before it."""
    crossed = step > 0
    require(bool((place[~crossed] == step[~crossed]).all()), "places of crossings")
    before = step[crossed] - place[crossed]
    require(bool(((before >= 0) & (before < 1)).all()), "places of crossings")
    return place

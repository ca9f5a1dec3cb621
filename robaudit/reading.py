"""Reading results back: the record of an audit, and what lies in files beside it.

All of it is as untrusted as any file: nothing in it is run, and what does not
belong together is refused.
"""

import json
import math
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from robaudit.comparing.findings import Attacked, Findings
from robaudit.errors import RecordError, UsageError
from robaudit.plan import SearchPlan
from robaudit.rays import NONE, Rays, enumerate_rays
from robaudit.types import IntArray
from robaudit.writing import column_names

Arrays = Mapping[str, npt.NDArray[Any]]

_SAME = 1e-6
_AGAIN = "Run the scan again, and keep what it writes together."


def read_record(path: Path) -> Any:
    """Read a record; what it holds is checked by the report that is drawn from it."""
    try:
        return json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
    except FileNotFoundError as error:
        raise UsageError(f"no record at {path}", expected="an audit.json") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise RecordError(
            f"{path} is no JSON ({error})", expected="an audit.json written by robaudit"
        ) from error


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def read_findings(path: Path | str) -> Findings:
    """Read an ``audit.json``, or the folder that holds one, and the rays beside it.

    Raises UsageError where a file is missing, RecordError where one is damaged or
    belongs to another audit.
    """
    path = Path(path)
    path = path / "audit.json" if path.is_dir() else path
    record = read_record(path)
    beside = path.with_name("rays.npz")
    arrays = _read_arrays(beside)
    if arrays is None:
        raise UsageError(
            f"no rays.npz beside {path}", expected="both, as robaudit scan writes them"
        )
    if not {"predicted", "sample"} <= arrays.keys():
        raise RecordError(
            f"{beside} lacks the class of each image",
            expected="a rays.npz written by this version of robaudit",
            advice=_AGAIN,
        )
    attacked = _read_arrays(path.with_name("attacks.npz"))
    try:
        return _put_together(record, arrays, attacked)
    except (LookupError, TypeError, ValueError, AttributeError, UsageError) as error:
        raise RecordError(
            f"{path} and the files beside it do not belong together ({error})",
            expected="an audit.json, rays.npz and attacks.npz of one scan",
            advice=_AGAIN,
        ) from error


def _read_arrays(path: Path) -> Arrays | None:
    """Read all arrays of an ``.npz`` file, ``None`` where there is no file."""
    try:
        # Opened here, since NumPy leaves a file open that is no archive.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return dict(archive)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise RecordError(
            f"{path} cannot be read ({error})", expected="arrays written by robaudit", advice=_AGAIN
        ) from error


def _put_together(record: Any, arrays: Arrays, attacked: Arrays | None) -> Findings:
    """Check that a record and arrays are of one audit; raise whatever comes where not."""
    plan = SearchPlan(**{field.name: record["plan"][field.name] for field in fields(SearchPlan)})
    images, classes = record["data"]["samples"], record["model"]["classes"]
    rays = _rays(arrays, plan, classes)
    _require(len(rays) == record["search"]["rays"], "the number of rays")
    _require(int((rays.step != NONE).sum()) == record["search"]["crossed"], "crossed rays")
    rows = _within(arrays["sample"], 0, images, "rows of samples")[:: plan.rays_per_sample]
    _require(len(np.unique(rows)) == len(rows), "rows of samples")
    directions = arrays["directions"]
    shape = (plan.directions, *record["model"]["input"]["shape"])
    numbers = directions.dtype.kind == "f" and directions.shape == shape
    _require(bool(numbers and np.isfinite(directions).all()), "directions")
    predicted, labels = _integers(arrays, "predicted", classes, images), None
    if record["data"]["labelled"]:
        labels = _integers(arrays, "labels", classes, images)
        accuracy = record["clean"]["accuracy"]["value"]
        _require(_close(float((predicted == labels).mean()), accuracy), "clean accuracy")
    origin = rays.origin[:: plan.rays_per_sample]
    known = labels if record["data"]["reference"] == "label" else predicted
    _require(known is not None and np.array_equal(known[rows], origin), "reference classes")
    found = Findings(
        record=record,
        plan=plan,
        rays=rays,
        rows=rows,
        origin=origin,
        labels=labels,
        predicted=predicted,
        directions=directions,
        attacks=_attacks(record, attacked, images),
    )
    mean = record["margins"]["restricted_mean"]["value"]
    _require(_close(float(found.restricted.mean()), mean), "mean margin")
    return found


def _rays(arrays: Arrays, plan: SearchPlan, classes: int) -> Rays:
    count = plan.samples * plan.rays_per_sample
    columns = {
        name: _integers(arrays, name, limit, count, low)
        for name, low, limit in (
            ("direction", 0, plan.directions),
            ("sign", -1, 2),
            ("step", NONE, plan.steps + 1),
            ("origin", 0, classes),
            ("adjacent", NONE, classes),
        )
    }
    sample, direction, sign = enumerate_rays(plan.samples, plan)
    _require(np.array_equal(columns["direction"], direction), "the order of directions")
    _require(np.array_equal(columns["sign"], sign), "the order of signs")
    for name, column in (("sample", arrays["sample"]), ("origin", columns["origin"])):
        _require(column.shape == (count,), name)
        first = column[:: plan.rays_per_sample]
        _require(np.array_equal(column, np.repeat(first, plan.rays_per_sample)), name)
    step, adjacent = columns["step"], columns["adjacent"]
    _require(np.array_equal(step == NONE, adjacent == NONE), "adjacent classes")
    _require(not (adjacent == columns["origin"]).any(), "adjacent classes")
    realised = arrays["realised"]
    _require(realised.shape == (count,) and realised.dtype.kind == "f", "realised distances")
    return Rays(
        sample=sample,
        direction=direction,
        sign=sign,
        step=step,
        # Worked out again: the file rounds it.
        distance=np.where(step == NONE, np.inf, step * plan.step),
        realised=realised,
        origin=columns["origin"],
        adjacent=adjacent,
    )


def _attacks(record: Any, arrays: Arrays | None, images: int) -> tuple[Attacked | None, ...]:
    """Find what each attack of a record did; not known of any without a file."""
    attacks = record["attacks"]
    if arrays is None:
        return (None,) * len(attacks)
    rows = _within(arrays["sample"], 0, images, "rows of attacked samples")
    names = column_names([None if one["skipped"] else one["name"] for one in attacks])
    found: list[Attacked | None] = []
    for name, attack in zip(names, attacks, strict=True):
        if name is None:
            found.append(None)
            continue
        success = arrays[f"{name}.success"]
        _require(success.shape == rows.shape and success.dtype == np.bool_, name)
        _require(_close(float((~success).mean()), attack["accuracy"]["value"]), name)
        found.append(Attacked(rows, success))
    return tuple(found)


def _integers(arrays: Arrays, name: str, limit: int, count: int, low: int = 0) -> IntArray:
    _require(arrays[name].shape == (count,), name)
    return _within(arrays[name], low, limit, name)


def _within(values: npt.NDArray[Any], low: int, limit: int, name: str) -> IntArray:
    _require(values.dtype.kind in "iu" and values.ndim == 1 and len(values) > 0, name)
    _require(bool(low <= values.min() and values.max() < limit), name)
    return values


def _close(found: float, told: float) -> bool:
    return math.isclose(found, told, rel_tol=_SAME, abs_tol=_SAME)


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(what)

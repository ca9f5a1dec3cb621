"""Reading results back: the record of an audit, and what lies in files beside it.

All of it is as untrusted as any file: nothing in it is run, and what does not
belong together is refused.
"""

import json
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import IO, Any

import numpy as np
from msgspec import UNSET

from robaudit.errors import RecordError, UsageError
from robaudit.record.belonging import check_belonging
from robaudit.record.beside import Beside, read_beside
from robaudit.record.findings import Attacked, Findings
from robaudit.record.schema.audit import AuditRecord, PlanRecord, PrecisionRecord
from robaudit.record.schema.check import check_audit
from robaudit.record.schema.comparison import ComparisonRecord
from robaudit.record.schema.numbers import given
from robaudit.record.write import column_names
from robaudit.search.plan import Precision, SearchPlan
from robaudit.search.rays import NONE, Rays
from robaudit.storage.checked_arrays import (
    finite_directions,
    integers,
    numbers,
    require,
    within,
)
from robaudit.storage.columns import empty_column
from robaudit.storage.files import waiting_files
from robaudit.storage.nearest import nearest_path
from robaudit.storage.npz import Archive, open_archive
from robaudit.storage.sealed import AGAIN, open_sealed
from robaudit.types import FloatArray, IntArray

_ROUNDED = 1e-2
"""How far distances that the file rounds may be from what they were, in steps."""
_NUMBERS = ("distance", "realised")
_COLUMNS = ("sample", "direction", "sign", "step", "origin", "adjacent", *_NUMBERS)


def read_record(path: Path) -> Any:
    """Read the plain values of a record; `check_audit` tells whether they are one.

    Raises UsageError where there is none, RecordError for what is no JSON.
    """
    if path.exists() and not path.is_file() and path.parts[:2] != ("/", "dev"):
        # It would be waited for, or have no end; what a shell lends, /dev/fd/63, was named.
        raise UsageError(f"{path} is a device or a pipe", expected="an audit.json")
    try:
        with _open_record(path) as file:
            record = json.loads(file.read().decode(), parse_constant=_refuse)
        json.dumps(record, ensure_ascii=False).encode()  # halves of characters are no text
        return record
    except FileNotFoundError as error:
        raise UsageError(
            f"no record at {path}", expected="an audit.json", advice=nearest_path(path)
        ) from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise RecordError(
            f"{path} is no JSON ({error})", expected="an audit.json written by robaudit"
        ) from error


def _open_record(path: Path) -> IO[bytes]:
    """Open a record: one that waits for its name where a hardening was killed, else that of it."""
    folder = path.absolute().parent
    comparison = folder.parent / "comparison.json"
    if waiting_files(path) and comparison.is_file():
        with suppress(OSError, ValueError, RecursionError, LookupError, TypeError, RecordError):
            whole = json.loads(comparison.read_text(encoding="utf-8"))
            file = open_sealed(path, whole["files"][f"{folder.name}/{path.name}"])
            if file is not None:
                return file
    return path.open("rb")


def check_files(path: Path, record: AuditRecord | ComparisonRecord) -> None:
    """Raise RecordError where a file beside a record is not the one written with it.

    What is not there is not missed, since a record is whole without it. Records of earlier
    versions do not say what was written with them.
    """
    for name, digest in given(record.files, {}).items():
        file = open_sealed(path.parent / name, digest)
        if file is not None:
            file.close()


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def read_findings(path: Path | str) -> Findings:
    """Read an ``audit.json``, or the folder that holds one, and the rays beside it.

    Raises UsageError where a file is missing, RecordError where one is damaged or
    belongs to another audit.
    """
    path = Path(path)
    path = path / "audit.json" if path.is_dir() else path
    record = check_audit(read_record(path))
    beside, of_attacks = path.with_name("rays.npz"), path.with_name("attacks.npz")
    files = given(record.files, {})
    with (
        open_archive(beside, files.get(beside.name)) as arrays,
        open_archive(of_attacks, files.get(of_attacks.name)) as attacked,
    ):
        if arrays is None:
            raise UsageError(
                f"no rays.npz beside {path}", expected="both, as robaudit scan writes them"
            )
        if not {"predicted", "sample"} <= arrays.names:
            raise RecordError(
                f"{beside} lacks the class of each image",
                expected="a rays.npz written by this version of robaudit",
                advice=AGAIN,
            )
        try:
            ours = not files or of_attacks.name in files  # else an older scan left it
            return _put_together(record, arrays, attacked if ours else None)
        except (LookupError, TypeError, ValueError, AttributeError, UsageError) as error:
            raise RecordError(
                f"{path} and the files beside it do not belong together ({error})",
                expected="an audit.json, rays.npz and attacks.npz of one scan",
                advice=AGAIN,
            ) from error


def _put_together(record: AuditRecord, arrays: Archive, attacked: Archive | None) -> Findings:
    """Check that a record and arrays are of one audit; raise whatever comes where not."""
    plan = plan_of(record.plan)
    images, classes = record.data.samples, record.model.classes
    rays, rows = _read_rays(arrays, plan, classes)
    directions = finite_directions(arrays)
    require(directions.shape == (plan.directions, *record.model.input.shape), "directions")
    predicted, labels = integers(arrays, "predicted", (images,), 0, classes), None
    if record.data.labelled:
        labels = integers(arrays, "labels", (images,), 0, classes)
    attacks, beside = _attacks(record, attacked, images)
    findings = Findings(
        audit_record=record,
        plan=plan,
        rays=rays,
        rows=rows,
        origin=rays.sample_origin,
        labels=labels,
        predicted=predicted,
        directions=directions,
        attacks=attacks,
        beside=beside,
    )
    check_belonging(findings)
    return findings


def plan_of(record: PlanRecord) -> SearchPlan:
    """Make the plan that a record tells of; older ones have no tolerance and no refinement."""
    told = {field.name: getattr(record, field.name) for field in fields(SearchPlan)}
    asked = told["precision"]
    if isinstance(asked, PrecisionRecord):
        told["precision"] = Precision(asked.half_width, asked.figure)
    return SearchPlan(**{name: value for name, value in told.items() if value is not UNSET})


def _read_rays(arrays: Archive, plan: SearchPlan, classes: int) -> tuple[Rays, IntArray]:
    """Read and check rays block by block; also give the rows (S,) that the samples come from.

    Distances are worked out again, since the file rounds them, but for those between steps.
    """
    count = plan.samples * plan.rays_per_sample
    for name in _COLUMNS:
        shape, kind = arrays.shape_and_dtype(name)
        require(shape == (count,) and kind.kind in ("f" if name in _NUMBERS else "iu"), name)
    origin, rows = np.zeros((2, plan.samples), dtype=np.int64)
    rays = Rays(
        step=empty_column(count, np.int16, NONE),
        adjacent=empty_column(count, np.int32, NONE),
        realised=empty_column(count, np.float32, np.inf),
        sample_origin=origin,
        plan=plan,
        place=None if plan.refine is None else empty_column(count, np.float32, NONE),
    )
    sizes = [len(block) for block in rays.blocks()]
    pieces = zip(*(arrays.pieces(name, sizes) for name in _COLUMNS), strict=True)
    for block, columns in zip(rays.blocks(), pieces, strict=True):
        column = dict(zip(_COLUMNS, columns, strict=True))
        require(np.array_equal(column["direction"], block.direction), "the order of directions")
        require(np.array_equal(column["sign"], block.sign), "the order of signs")
        block.step[:] = within(column["step"], "step", NONE, plan.steps + 1)
        block.adjacent[:] = within(column["adjacent"], "adjacent", NONE, classes)
        block.realised[:] = column["realised"]
        block.sample_origin[:] = _once("origin", column["origin"], plan)
        within(block.sample_origin, "origin", 0, classes)
        first, last = block.first, block.first + len(block.sample_origin)
        rows[first:last] = _once("sample", column["sample"], plan)
        same = np.array_equal(block.step == NONE, block.adjacent == NONE)
        require(same and not (block.adjacent == block.origin).any(), "adjacent classes")
        if block.place is not None:
            block.place[:] = _places(column["distance"], block.step, plan)
    return rays, rows


def _places(distance: FloatArray, step: IntArray, plan: SearchPlan) -> FloatArray:
    """Give the places of crossings in steps, each of which lies at its step or before it."""
    place: FloatArray = np.where(step == NONE, NONE, distance / plan.step)
    check_places(place, step)
    return place


def check_places(place: FloatArray, step: IntArray) -> None:
    """Raise ValueError where crossings (R,) lie elsewhere than at their steps or before them."""
    before = step - place
    require(bool(((before > -_ROUNDED) & (before < 1 + _ROUNDED)).all()), "distances")


def _once(name: str, column: IntArray, plan: SearchPlan) -> IntArray:
    """Take what all rays of each sample have in common, out of a column that should hold it."""
    by_sample = column.reshape(-1, plan.rays_per_sample)
    require(bool((by_sample == by_sample[:, :1]).all()), name)
    return by_sample[:, 0]


def _attacks(
    record: AuditRecord, arrays: Archive | None, images: int
) -> tuple[tuple[Attacked | None, ...], Beside]:
    """Find what each attack of a record did, and what was measured beside them.

    Neither is known without a file.
    """
    if arrays is None:
        return (None,) * len(record.attacks), {}
    count = arrays.shape_and_dtype("sample")[0][:1]
    require(count > (0,), "rows of attacked samples")
    rows = integers(arrays, "sample", count, 0, images)
    names = column_names([None if attack.skipped else attack.name for attack in record.attacks])
    attacked: list[Attacked | None] = []
    for name in names:
        if name is None:
            attacked.append(None)
            continue
        success = arrays.whole(f"{name}.success")
        require(success.shape == rows.shape and success.dtype == np.bool_, name)
        distance = numbers(arrays, f"{name}.distance", rows.shape)
        attacked.append(Attacked(rows, success, distance))
    return tuple(attacked), read_beside(arrays, rows)

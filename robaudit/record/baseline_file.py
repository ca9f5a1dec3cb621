"""An audit in one file, small enough to commit: what it takes to compare others with it.

The record is there without its pictures, of the directions a few numbers each, and what
clipping left of distances is left out: the means of pairs of audits do not rest on them.
"""

from pathlib import Path
from typing import IO, Any

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import UNSET

from robaudit.errors import UsageError
from robaudit.record.belonging import check_belonging
from robaudit.record.beside import Beside, columns_of, read_beside
from robaudit.record.findings import Attacked, Findings
from robaudit.record.plain import as_plain
from robaudit.record.read import check_places, plan_of, read_findings
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.check import check_audit
from robaudit.search.directions import telling_numbers
from robaudit.search.plan import SearchPlan
from robaudit.search.rays import NONE, Rays
from robaudit.storage.checked_arrays import (
    finite_directions,
    integers,
    numbers,
    opened,
    require,
    settings_as_array,
)
from robaudit.storage.npz import Archive, Array, write_archive

SUFFIX = ".npz"
_KIND = "baseline"


def write_baseline(findings: Findings, file: IO[bytes]) -> None:
    """Write an audit as one ``.npz`` archive that `read_baseline` reads.

    ``settings`` (bytes of JSON) holds the record. One row a ray, in the order of `Rays`:
    ``step``, ``adjacent`` and, where crossings were found between steps, ``place``. One a
    sample: ``row``; one an image of the split: ``predicted`` and, where there are any,
    ``labels``. ``directions`` (K, n) are `telling_numbers`. ``attacked`` (T,) are the rows that
    attacks were run on, ``fell`` (A, T) marks those that each attack of the record broke.
    ``beside`` (T,) are the rows that figures with a value a sample were measured on, and stand
    there by their names.
    """
    rays, record = findings.rays, _without_pictures(findings.audit_record)
    arrays: dict[str, Array] = {
        "settings": settings_as_array(_KIND, {"record": as_plain(record)}),
        "step": rays.step.astype(np.int16),
        "adjacent": rays.adjacent.astype(np.int16),
        "row": findings.rows.astype(np.int32),
        "predicted": findings.predicted.astype(np.int16),
        "directions": telling_numbers(findings.directions).astype(np.float32),
    }
    if rays.place is not None:
        arrays["place"] = rays.place.astype(np.float32)
    if findings.labels is not None:
        arrays["labels"] = findings.labels.astype(np.int16)
    ran = [attacked for attacked in findings.attacks if attacked is not None]
    if ran:
        arrays["attacked"] = ran[0].rows.astype(np.int32)
        nothing = np.zeros(len(ran[0].rows), dtype=np.bool_)
        arrays["fell"] = np.stack(
            [nothing if one is None else one.success for one in findings.attacks]
        )
    for sampled in findings.beside.values():
        arrays["beside"] = sampled.rows.astype(np.int32)
    write_archive(file, {**arrays, **columns_of(findings.beside)})


def _without_pictures(record: AuditRecord) -> AuditRecord:
    """Leave out what nothing is compared by: pictures, and the SHA-256 of other files."""
    centers = [msgspec.structs.replace(one, picture=None) for one in record.class_centers]
    return msgspec.structs.replace(
        record, class_centers=centers, gallery=[], attack_gallery=UNSET, files=UNSET
    )


def read_either(path: Path) -> Findings:
    """Read an audit: one file of `write_baseline`, or an ``audit.json``, or its folder.

    Raises UsageError where it is missing, RecordError where it is damaged.
    """
    return read_baseline(path) if path.suffix == SUFFIX else read_findings(path)


def read_baseline(path: Path) -> Findings:
    """Read what `write_baseline` wrote; of its directions there are a few numbers each.

    Raises UsageError where there is none, RecordError for what is none, or is damaged.
    """
    if not path.is_file():
        raise UsageError(
            f"no baseline at {path}",
            expected="an audit.json, its folder, or one file made of them",
            advice=f"Make one of an audit: robaudit baseline write AUDIT -o {path.name}",
        )
    with opened(path, _KIND) as (arrays, settings):
        record = check_audit(settings["record"])
        plan, images, classes = plan_of(record.plan), record.data.samples, record.model.classes
        rows = integers(arrays, "row", (plan.samples,), 0, images).astype(np.int64)
        predicted, labels = integers(arrays, "predicted", (images,), 0, classes), None
        if record.data.labelled:
            labels = integers(arrays, "labels", (images,), 0, classes).astype(np.int64)
        known = labels if record.data.reference == "label" else predicted
        require(known is not None, "reference classes")
        origin = np.asarray(known)[rows].astype(np.int64)
        directions = finite_directions(arrays)
        require(len(directions) == plan.directions and directions.ndim == 2, "directions")
        findings = Findings(
            audit_record=record,
            plan=plan,
            rays=_rays(arrays, plan, classes, origin),
            rows=rows,
            origin=origin,
            labels=labels,
            predicted=predicted.astype(np.int64),
            directions=directions,
            attacks=_attacks(arrays, record),
            beside=_beside(arrays, images),
        )
        check_belonging(findings)
        return findings


def _rays(arrays: Archive, plan: SearchPlan, classes: int, origin: npt.NDArray[np.int64]) -> Rays:
    count = (plan.samples * plan.rays_per_sample,)
    step = integers(arrays, "step", count, NONE, plan.steps + 1).astype(np.int16)
    adjacent = integers(arrays, "adjacent", count, NONE, classes).astype(np.int32)
    require(np.array_equal(step == NONE, adjacent == NONE), "adjacent classes")
    place = None
    if plan.refine is not None:
        place = numbers(arrays, "place", count).astype(np.float32)
        check_places(place, step)
    rays = Rays(step, adjacent, np.zeros(0), origin, plan, place=place)
    require(not (adjacent == rays.origin).any(), "adjacent classes")
    return Rays(step, adjacent, rays.distance.astype(np.float32), origin, plan, place=place)


def _beside(arrays: Archive, images: int) -> Beside:
    if "beside" not in arrays.names:
        return {}
    shape = arrays.shape_and_dtype("beside")[0]
    require(len(shape) == 1, "rows of samples")
    return read_beside(arrays, integers(arrays, "beside", shape, 0, images).astype(np.int64))


def _attacks(arrays: Archive, record: AuditRecord) -> tuple[Attacked | None, ...]:
    """Give what each attack did; not known of any where none ran, or only the record was left."""
    if "fell" not in arrays.names:
        return (None,) * len(record.attacks)
    shape = arrays.shape_and_dtype("attacked")[0]
    require(len(shape) == 1 and shape[0] > 0, "rows of attacked samples")
    rows = integers(arrays, "attacked", shape, 0, record.data.samples).astype(np.int64)
    kind: tuple[Any, ...] = arrays.shape_and_dtype("fell")
    require(kind == ((len(record.attacks), *shape), np.dtype(np.bool_)), "attacked samples")
    fell = arrays.whole("fell")
    return tuple(
        None if attack.skipped else Attacked(rows, of_one)
        for attack, of_one in zip(record.attacks, fell, strict=True)
    )

"""Whether two audits can be compared at all, and what to bear in mind where they can."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from robaudit.errors import UsageError
from robaudit.phrases import printable
from robaudit.record.findings import Findings

_SAME_DIRECTION = 1e-4
"""Directions of one seed may differ by this much between machines; theirs is unit RMS."""

_SETTINGS = (
    ("model", "classes", "another number of classes"),
    ("data", "split", "another split of the data"),
    ("data", "samples", "another number of images"),
    ("data", "pixel_range", "pixels read in another range"),
    ("data", "reference", "another reference class"),
    ("plan", "step", "another step"),
    ("plan", "steps", "another number of steps"),
    ("plan", "signs", "another number of signs"),
    ("plan", "clip", "clipping in one of them only"),
    ("plan", "refine", "another precision of crossings"),
)


def check_comparable(before: Findings, after: Findings) -> None:
    """Raise UsageError with every reason for which two audits cannot be compared."""
    reasons = list(_reasons_against(before, after))
    if reasons:
        raise UsageError(
            "not comparable: " + "; ".join(reasons),
            expected="two audits of the same images, samples and directions",
            advice="Scan both models with the same --data, --reference, --seed and search options.",
        )


def _reasons_against(before: Findings, after: Findings) -> Iterator[str]:
    first, second = before.record, after.record
    if first["data"]["sha256"] != second["data"]["sha256"]:
        yield "other data" + _both(*(_data_of(record) for record in (first, second)))
    for section, key, reason in _SETTINGS:
        one, other = first[section].get(key), second[section].get(key)
        if one != other:
            yield reason + _both(one, other)
    box, other_box = (
        [r["model"]["input"][end] for end in ("low", "high")] for r in (first, second)
    )
    if box != other_box:
        yield "another pixel box" + _both(box, other_box)
    labels, others = before.labels, after.labels
    if labels is not None and others is not None and not np.array_equal(labels, others):
        yield "other labels"
    if not np.array_equal(before.rows, after.rows):
        shared = len(np.intersect1d(before.rows, after.rows))
        sizes = f"{len(before.rows)} and {len(after.rows)}"
        yield f"other samples were searched ({sizes}, {shared} of them the same)"
    yield from _other_directions(before, after)


def _other_directions(before: Findings, after: Findings) -> Iterator[str]:
    one, other = before.directions, after.directions
    if len(one) != len(other):
        yield "another number of directions" + _both(len(one), len(other))
    elif one.size != other.size:
        yield "inputs of another size" + _both(one.shape[1:], other.shape[1:])
    else:
        shape, looks = before.record["data"]["image_shape"], []
        for found in (before, after):
            preprocessing = found.record["data"]["preprocessing"]
            looks.append((preprocessing["layout"], preprocessing["channels"]))
        # The same numbers are another direction where they fall on other pixels.
        if shape[-1] > 1 and len(shape) == 3 and looks[0] != looks[1]:
            described = (" ".join(look) for look in looks)
            yield "another layout of the inputs, and so other directions" + _both(*described)
        elif not np.allclose(one.ravel(), other.ravel(), rtol=0, atol=_SAME_DIRECTION):
            yield f"other directions (seed {before.plan.seed} before, {after.plan.seed} after)"


def _data_of(record: Any) -> str:
    return printable(f"{record['data']['source']} with sha256 {record['data']['sha256'][:12]}")


def _both(before: object, after: object) -> str:
    return f" ({before} before, {after} after)"


def cautions(before: Findings, after: Findings) -> list[str]:
    """Say what makes a difference between two audits mean less than it seems to."""
    found = []
    first, second = before.record, after.record
    digest = first["model"]["sha256"]
    if digest and digest == second["model"]["sha256"]:
        found.append("Both audits are of the same model.")
    keys = ("name", "mean", "std")
    one, other = (
        {key: record["data"]["preprocessing"][key] for key in keys} for record in (first, second)
    )
    if one != other:
        found.append(
            f"The preprocessing is not the same ({_preprocessing(one)} before, "
            f"{_preprocessing(other)} after). That is right only where the models were trained so."
        )
    names = first["model"]["class_names"], second["model"]["class_names"]
    if None not in names and names[0] != names[1]:
        found.append(
            "The classes have other names in the two audits: see to it that they are the same "
            "classes in the same order."
        )
    if not np.array_equal(before.origin, after.origin):
        changed = int((before.origin != after.origin).sum())
        found.append(
            f"{changed} of {len(before.origin)} samples start from another class after than "
            "before, since the reference is the prediction: figures of classes, and over them, "
            "cannot be compared. Audit both against labels (--reference label)."
        )
    return found


def _preprocessing(found: dict[str, Any]) -> str:
    mean, std = (",".join(f"{value:g}" for value in found[key]) for key in ("mean", "std"))
    return printable(f"{found['name']}: mean {mean}, std {std}")

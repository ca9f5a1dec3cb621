"""Whether two audits can be compared at all, and what to bear in mind where they can."""

import math
from collections.abc import Callable, Iterator

import numpy as np

from robaudit.errors import UsageError
from robaudit.phrases import printable
from robaudit.record.findings import Findings
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.numbers import given
from robaudit.search.directions import telling_numbers

_SAME_DIRECTION = 1e-4
"""Directions of one seed may differ by this much between machines; theirs is unit RMS."""

_SETTINGS: tuple[tuple[Callable[[AuditRecord], object], str], ...] = (
    (lambda record: record.model.classes, "another number of classes"),
    (lambda record: record.data.split, "another split of the data"),
    (lambda record: record.data.samples, "another number of images"),
    (lambda record: record.data.pixel_range, "pixels read in another range"),
    (lambda record: record.data.reference, "another reference class"),
    (lambda record: record.plan.step, "another step"),
    (lambda record: record.plan.steps, "another number of steps"),
    (lambda record: record.plan.signs, "another number of signs"),
    (lambda record: given(record.plan.own_directions, None), "other directions of each sample"),
    (lambda record: record.plan.clip, "clipping in one of them only"),
    (lambda record: given(record.plan.refine, None), "another precision of crossings"),
    (lambda record: [record.model.input.low, record.model.input.high], "another pixel box"),
)


def check_comparable(before: Findings, after: Findings) -> None:
    """Raise UsageError with every reason for which two audits cannot be compared."""
    reasons = reasons_against(before, after)
    if reasons:
        raise UsageError(
            "not comparable: " + "; ".join(reasons),
            expected="two audits of the same images, samples and directions",
            advice="Scan both models on the same data, with the same reference, seed and search.",
        )


def reasons_against(before: Findings, after: Findings) -> list[str]:
    """Give every reason for which two audits cannot be compared: none where they can."""
    return list(_reasons_against(before, after))


def _reasons_against(before: Findings, after: Findings) -> Iterator[str]:
    first, second = before.audit_record, after.audit_record
    if first.randomised or second.randomised:
        yield "a model that answers differently each time, so that no difference is its own"
    if first.data.sha256 != second.data.sha256:
        yield "other data" + _both(_data_of(first), _data_of(second))
    for setting, reason in _SETTINGS:
        if setting(first) != setting(second):
            yield reason + _both(setting(first), setting(second))
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
    shapes = [tuple(findings.audit_record.model.input.shape) for findings in (before, after)]
    if one.size != other.size:  # of one of them a few numbers were kept
        one, other = telling_numbers(one), telling_numbers(other)
    if len(one) != len(other):
        yield "another number of directions" + _both(len(one), len(other))
    elif math.prod(shapes[0]) != math.prod(shapes[1]) or one.size != other.size:
        yield "inputs of another size" + _both(*shapes)
    else:
        shape = before.audit_record.data.image_shape
        layouts = [_layout_of(findings.audit_record) for findings in (before, after)]
        # The same numbers are another direction where they fall on other pixels.
        turned = [_is_turned(findings.audit_record) for findings in (before, after)]
        colour = shape[-1] > 1 and len(shape) == 3
        if turned[0] != turned[1]:
            yield "rows and columns exchanged in one of them, and so other directions"
        elif colour and layouts[0] != layouts[1]:
            yield "another layout of the inputs, and so other directions" + _both(*layouts)
        elif not np.allclose(one.ravel(), other.ravel(), rtol=0, atol=_SAME_DIRECTION):
            yield f"other directions (seed {before.plan.seed} before, {after.plan.seed} after)"


def _layout_of(record: AuditRecord) -> str:
    return f"{record.data.preprocessing.layout} {record.data.preprocessing.channels}"


def _is_turned(record: AuditRecord) -> bool:
    return given(record.data.preprocessing.exchanged, False)


def _data_of(record: AuditRecord) -> str:
    return printable(f"{record.data.source} with sha256 {record.data.sha256[:12]}")


def _both(before: object, after: object) -> str:
    return f" ({before} before, {after} after)"


def cautions(before: Findings, after: Findings) -> list[str]:
    """Say what makes a difference between two audits mean less than it seems to."""
    sentences = []
    first, second = before.audit_record, after.audit_record
    for when, record in (("before", first), ("after", second)):
        if record.partial:
            sentences.append(
                f"The audit {when} is partial: it was interrupted in its {record.partial.stage}, "
                "so what is not there cannot be compared."
            )
    if first.model.sha256 and first.model.sha256 == second.model.sha256:
        sentences.append("Both audits are of the same model.")
    steps = [_preprocessing_of(record) for record in (first, second)]
    if steps[0] != steps[1]:
        sentences.append(
            f"The preprocessing is not the same ({steps[0]} before, {steps[1]} after). That is "
            "right only where the models were trained so."
        )
    names = first.model.class_names, second.model.class_names
    if None not in names and names[0] != names[1]:
        sentences.append(
            "The classes have other names in the two audits: see to it that they are the same "
            "classes in the same order."
        )
    if not np.array_equal(before.origin, after.origin):
        changed = int((before.origin != after.origin).sum())
        sentences.append(
            f"{changed} of {len(before.origin)} samples start from another class after than "
            "before, since the reference is the prediction: figures of classes, and over them, "
            "cannot be compared. Audit both against labels (--reference label)."
        )
    return sentences


def _preprocessing_of(record: AuditRecord) -> str:
    steps = record.data.preprocessing
    mean, std = (",".join(f"{value:g}" for value in values) for values in (steps.mean, steps.std))
    return printable(f"{steps.name}: mean {mean}, std {std}")

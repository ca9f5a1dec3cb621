"""Checking that plain values are a record: their types, and that their parts belong together."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET

from robaudit.errors import RecordError
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.comparison import ComparisonRecord
from robaudit.record.schema.numbers import given

RecordType = TypeVar("RecordType", AuditRecord, ComparisonRecord)


def check_record(plain: Any) -> AuditRecord | ComparisonRecord:
    """Give the record of an audit or of a comparison, whichever it is, by its types.

    Raises RecordError, naming the first place that is wrong, for what is none.
    """
    if isinstance(plain, Mapping) and plain.get("kind") == "comparison":
        return check_comparison(plain)
    return check_audit(plain)


def check_audit(plain: Any) -> AuditRecord:
    """Give an audit's record by its types.

    Raises RecordError, naming the first place that is wrong, for what is none.
    """
    record = _by_type(plain, AuditRecord, "no audit record", "an audit.json")
    _check_parts_of_audit(record, "no audit record: ")
    return record


def check_comparison(plain: Any) -> ComparisonRecord:
    """Give the record of a comparison by its types.

    Raises RecordError, naming the first place that is wrong, for what is none.
    """
    record = _by_type(plain, ComparisonRecord, "no comparison", "a comparison.json")
    for name in ("before", "after"):
        _check_parts_of_audit(getattr(record, name), f"no comparison: {name}.")
    _check_parts_of_comparison(record)
    return record


def _by_type(plain: Any, kind: type[RecordType], what: str, file: str) -> RecordType:
    try:
        return msgspec.convert(plain, kind)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        where = place.strip("`").lstrip(".") or "the whole"
        raise RecordError(
            f"{what}: {where} is wrong ({message[:200]})",
            expected=f"{file} written by robaudit, schema 1",
        ) from error


def _check_parts_of_audit(record: AuditRecord, where: str) -> None:
    """Check what types cannot: lists that must be as long as there are classes, and the like."""
    classes = record.model.classes
    margins, inequality = record.margins, record.inequality
    for name, matrix in (
        ("mean_matrix", margins.mean_matrix),
        ("count_matrix", margins.count_matrix),
    ):
        if len(matrix) != classes or any(len(row) != classes for row in matrix):
            raise RecordError(
                f"{where}margins.{name} is wrong",
                expected=f"{classes} rows of {classes} numbers, 0 or more",
            )
    one_a_class: tuple[tuple[str, Sequence[object]], ...] = (
        ("clean.per_class", record.clean.per_class),
        ("margins.per_class", margins.per_class),
        ("inequality.class_robustness", inequality.class_robustness),
        ("inequality.class_robustness_missing", inequality.class_robustness_missing),
        ("inequality.adjacent_share", inequality.adjacent_share),
        ("inequality.levels", inequality.levels),
        ("inequality.intervals.class_robustness", inequality.intervals.class_robustness),
        ("inequality.intervals.adjacent_share", inequality.intervals.adjacent_share),
    )
    reasons = given(inequality.intervals.class_robustness_missing, None)
    if reasons is not None:
        one_a_class += (("inequality.intervals.class_robustness_missing", reasons),)
    for name, entries in one_a_class:
        _check_length(where + name, entries, classes, "one a class")
    for place, of_class in enumerate(margins.per_class):
        searched = of_class.restricted_mean.value is not None
        if of_class.class_index != place or searched != bool(of_class.samples):
            raise RecordError(
                f"{where}margins.per_class[{place}] is of class {of_class.class_index}, with "
                f"{of_class.samples} samples and a mean of {of_class.restricted_mean.value}",
                expected=f"class {place}, and a mean where there are samples",
            )
    preprocessing = record.data.preprocessing
    if preprocessing.how == "found" and not preprocessing.candidates:
        raise RecordError(
            f"{where}data.preprocessing was found by trying none",
            expected="candidates, of which it is one",
        )
    if margins.right_at_start is not UNSET:
        entries = margins.right_at_start.per_class
        _check_length(f"{where}margins.right_at_start.per_class", entries, classes, "one a class")
    _check_attacks(record, where)


def _check_attacks(record: AuditRecord, where: str) -> None:
    classes, curves = record.model.classes, given(record.curves, [])
    if (record.attacks or curves) and not given(record.attack_plan, None):
        raise RecordError(
            f"{where}attack_plan is missing", expected="what all attacks share, beside attacks"
        )
    for number, attack in enumerate(record.attacks):
        _check_length(
            f"{where}attacks[{number}].per_class",
            attack.per_class,
            0 if attack.skipped else classes,
            "one a class, or none where the attack did not run",
        )
    for number, curve in enumerate(curves):
        _check_length(
            f"{where}curves[{number}].accuracy",
            curve.accuracy,
            len(curve.strengths),
            "one a strength",
        )
    for number, by_queries in enumerate(given(record.query_curves, [])):
        for name in ("accuracy", "median_distance"):
            _check_length(
                f"{where}query_curves[{number}].{name}",
                getattr(by_queries, name),
                len(by_queries.queries),
                "one a number of queries",
            )
    for name, index in _classes_named(record):
        if index >= classes:
            raise RecordError(
                f"{where}{name} names class {index}", expected=f"a class from 0 to {classes - 1}"
            )


def _check_length(name: str, entries: Sequence[object], wanted: int, why: str) -> None:
    if len(entries) != wanted:
        raise RecordError(f"{name} has {len(entries)} entries", expected=f"{wanted}, {why}")


def _classes_named(record: AuditRecord) -> Iterator[tuple[str, int]]:
    inequality, right = record.inequality, given(record.inequality.right_at_start, None)
    yield "inequality.worst_class", inequality.worst_class
    for index in given(inequality.worst_alike, []):
        yield "inequality.worst_alike", index
    if right is not None and right.worst_class is not None:
        yield "inequality.right_at_start.worst_class", right.worst_class
    for index in given(right.worst_alike, []) if right else ():
        yield "inequality.right_at_start.worst_alike", index
    for number, attack in enumerate(record.attacks):
        for index in given(attack.worst_alike, []):
            yield f"attacks[{number}].worst_alike", index
    closest = given(record.closest, None)
    for of_class in closest.per_class if closest else ():
        yield "closest.per_class", of_class.class_index
    for index in closest.disagreeing if closest else ():
        yield "closest.disagreeing", index
    for picture in given(record.attack_gallery, []):
        yield "attack_gallery", max(picture.origin, picture.adjacent)


def _check_parts_of_comparison(record: ComparisonRecord) -> None:
    """Check that two audits, and what stands beside them, belong together."""
    plans = (record.before.plan, record.after.plan)
    shared = [
        ("model.classes", record.before.model.classes, record.after.model.classes),
        *(
            (f"plan.{name}", *(getattr(plan, name) for plan in plans))
            for name in ("samples", "directions", "signs", "step", "steps")
        ),
    ]
    for name, before, after in shared:
        if before != after:
            raise RecordError(
                f"no comparison: {name} is {before} before and {after} after",
                expected="two audits of the same samples along the same directions",
            )
    for name, index, count in _indices(record):
        if index is not None and index >= count:
            raise RecordError(
                f"no comparison: {name} is {index}", expected=f"a number from 0 to {count - 1}"
            )
    hardening = record.hardening
    for number, figure in enumerate(hardening.spread if hardening else []):
        _check_length(
            f"no comparison: hardening.spread[{number}].values",
            figure.values,
            len(hardening.runs) if hardening else 0,
            "one a run",
        )


def _indices(record: ComparisonRecord) -> Iterator[tuple[str, int | None, int]]:
    """Give the name of each index, the index, and how many there are to point at."""
    classes, attacks = record.before.model.classes, len(record.before.attacks)
    for number, row in enumerate(record.differences):
        yield f"differences[{number}].class", row.class_index, classes
        yield f"differences[{number}].attack", row.attack, attacks
    for number, center in enumerate(record.class_centers):
        yield f"class_centers[{number}].class", center.class_index, classes
    for run in record.hardening.runs if record.hardening else []:
        for selection in (selection for turn in run.rounds for selection in turn.classes):
            yield "hardening.runs.rounds.classes.class", selection.class_index, classes

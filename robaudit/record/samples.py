"""What an audit found of each sample, as a table: one row a sample that was searched."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from robaudit.phrases import printable
from robaudit.record.findings import Findings
from robaudit.record.write import column_names
from robaudit.search.rays import NONE
from robaudit.types import BoolArray, FloatArray, IntArray

Values = Sequence[Any]
"""One value a row, plain ones, ``None`` where there is none."""


class Column(NamedTuple):
    """A column of the table: its values are "integer", "number", "boolean" or "text"."""

    name: str
    kind: str
    values: Values


def sample_columns(findings: Findings, files: Sequence[str] | None = None) -> list[Column]:
    """Give the columns of the table, in order, each of the S samples that were searched.

    ``row`` is the row in the data, ``file`` the path of a picture below the folder of the data,
    out of ``files`` (N,) of all images.
    ``label``, ``prediction`` and ``reference`` (the class that rays must leave) are
    numbers of classes, the first two with names beside them. ``margin`` is the mean over the
    sample's rays of min(margin, reach), RMS as a share of the pixel range; it is ``censored``
    where a ray met no other class within the reach, and so at least as large. ``crossed`` is
    the share of rays that met one. Of each attack that ran, ``NAME.success`` says whether it
    changed the class, true for samples misclassified to begin with, and ``NAME.distance`` how
    far the example lies, in the attack's norm and as a share of the pixel range; there is none
    where the sample held, and neither where it was not attacked. Names of attacks
    are `column_names`.

    Of a model that answers differently each time they are of the first draw.
    """
    tally, rows = findings.tally, findings.rows.tolist()
    named = [None if files is None else printable(files[row]) for row in rows]
    labels = None if findings.labels is None else findings.labels[findings.rows]
    return [
        Column("row", "integer", rows),
        Column("file", "text", named),
        *_classes(findings, "label", labels),
        *_classes(findings, "prediction", findings.predicted[findings.rows]),
        Column("reference", "integer", findings.origin.tolist()),
        Column("margin", "number", tally.restricted.tolist()),
        Column("censored", "boolean", _censored(findings).tolist()),
        Column("crossed", "number", tally.crossed_share.tolist()),
        *_attacks(findings),
    ]


def _classes(findings: Findings, name: str, classes: IntArray | None) -> list[Column]:
    model = findings.audit_record.model
    numbers = [None] * len(findings.rows) if classes is None else classes.tolist()
    names = [None if one is None else printable(model.name_of(one)) for one in numbers]
    return [Column(name, "integer", numbers), Column(f"{name}_name", "text", names)]


def _censored(findings: Findings) -> BoolArray:
    """Mark the samples with a ray that met no other class: (S,)."""
    return np.concatenate(
        [
            (block.step == NONE).reshape(len(block.sample_origin), -1).any(axis=1)
            for block in findings.rays.blocks()
        ]
    )


def _attacks(findings: Findings) -> list[Column]:
    ran = [
        None if attack.skipped or attacked is None else attack.name
        for attack, attacked in zip(findings.audit_record.attacks, findings.attacks, strict=True)
    ]
    columns = []
    for name, attacked in zip(column_names(ran), findings.attacks, strict=True):
        if name is None or attacked is None:
            continue
        places = {row: place for place, row in enumerate(attacked.rows.tolist())}
        of_sample = [places.get(row) for row in findings.rows.tolist()]
        columns.append(_column(f"{name}.success", "boolean", attacked.success.tolist(), of_sample))
        if attacked.distance is not None:
            distance = _finite(attacked.distance)
            columns.append(_column(f"{name}.distance", "number", distance, of_sample))
    return columns


def _column(name: str, kind: str, found: Values, places: Sequence[int | None]) -> Column:
    """Give each sample what was found at its place, nothing where it has none."""
    return Column(name, kind, [None if place is None else found[place] for place in places])


def _finite(distance: FloatArray) -> list[float | None]:
    return [far if np.isfinite(far) else None for far in distance.tolist()]

"""What an audit found of each sample, as a table: one row a sample that was searched."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from robaudit.audit import Audit
from robaudit.phrases import printable
from robaudit.record.write import column_names
from robaudit.search.rays import NONE
from robaudit.types import FloatArray, IntArray

Values = Sequence[Any]
"""One value a row, plain ones, ``None`` where there is none."""


class Column(NamedTuple):
    """A column of the table: its values are "integer", "number", "boolean" or "text"."""

    name: str
    kind: str
    values: Values


def sample_columns(audit: Audit) -> list[Column]:
    """Give the columns of the table, in order, each of the S samples that were searched.

    ``row`` is the row in the data, ``file`` the path of a picture below the folder of the data.
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
    samples, images, tally = audit.samples, audit.prepared.images, audit.margins.tally
    rows = samples.rows.tolist()
    files = [None] * len(rows) if images.files is None else [images.files[row] for row in rows]
    labels = None if images.labels is None else images.labels[samples.rows]
    return [
        Column("row", "integer", rows),
        Column("file", "text", [None if file is None else printable(file) for file in files]),
        *_classes(audit, "label", labels),
        *_classes(audit, "prediction", audit.start),
        Column("reference", "integer", audit.origin.tolist()),
        Column("margin", "number", tally.restricted.tolist()),
        Column("censored", "boolean", _censored(audit).tolist()),
        Column("crossed", "number", tally.crossed_share.tolist()),
        *_attacks(audit),
    ]


def _classes(audit: Audit, name: str, classes: IntArray | None) -> list[Column]:
    spec = audit.classifier.spec
    numbers = [None] * len(audit.origin) if classes is None else classes.tolist()
    names = [None if one is None else printable(spec.name_of(one)) for one in numbers]
    return [Column(name, "integer", numbers), Column(f"{name}_name", "text", names)]


def _censored(audit: Audit) -> Any:
    """Mark the samples with a ray that met no other class: (S,)."""
    return np.concatenate(
        [
            (block.step == NONE).reshape(len(block.sample_origin), -1).any(axis=1)
            for block in audit.rays.blocks()
        ]
    )


def _attacks(audit: Audit) -> list[Column]:
    assessment = audit.assessment
    if assessment is None:
        return []
    columns = []
    results = assessment.results
    ran = [result.attack.name if result.outcome else None for result in results]
    for name, result in zip(column_names(ran), results, strict=True):
        if result.outcome is None:
            continue
        success: list[Any] = [None] * len(audit.origin)
        distance: list[Any] = [None] * len(audit.origin)
        places = assessment.places.tolist()
        for place, fell, far in zip(
            places, result.outcome.success.tolist(), _finite(result.outcome.distance), strict=True
        ):
            success[place], distance[place] = fell, far
        columns += [
            Column(f"{name}.success", "boolean", success),
            Column(f"{name}.distance", "number", distance),
        ]
    return columns


def _finite(distance: FloatArray) -> list[float | None]:
    return [far if np.isfinite(far) else None for far in distance.tolist()]

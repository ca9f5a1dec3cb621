"""What every report says of figures that attacks bring beside robust accuracy."""

from functools import partial

from robaudit.phrases import printable
from robaudit.record import headlines_beside
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.numbers import given
from robaudit_report.view import agreement, words
from robaudit_report.view.audit import Figure


def figures(record: AuditRecord) -> list[Figure]:
    """Give the headline figures of what was measured."""
    meanings, listed = _meanings(record), []
    for figure, estimate in headlines_beside(record).items():
        write = partial(words.write, figure.unit)
        interval = words.estimate_interval(estimate, write)
        if estimate.low is None and estimate.high is None:
            interval = f"no interval: {printable(estimate.reason or 'this record has none')}"
        listed.append(Figure(figure.title, write(estimate.value), interval, meanings[figure.name]))
    return listed


def _meanings(record: AuditRecord) -> dict[str, str]:
    closest = given(record.closest, None)
    return {
        "closest-boundary": "Half of the samples attacked lie no farther than this from a point of "
        "another class, by any means: RMS, as a share of the pixel range; those misclassified at "
        f"0. {agreement.found_by(record, closest) if closest else ''}"
    }

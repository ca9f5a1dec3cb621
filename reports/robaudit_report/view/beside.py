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
    closest, beside = given(record.closest, None), given(record.measures, None)
    meanings = {}
    if closest is not None:
        meanings["closest-boundary"] = (
            "Half of the samples attacked lie no farther than this from a point of another class, "
            "by any means: RMS, as a share of the pixel range; those misclassified at 0. "
            + agreement.found_by(record, closest)
        )
    if beside is not None and beside.corruptions is not None:
        clean = words.percent(beside.corruptions.clean.value)
        meanings["mean-corruption-error"] = (
            f"Share of pictures that are wrong under the {len(beside.corruptions.corruptions)} "
            f"common corruptions of ImageNet-C, over {len(beside.corruptions.severities)} "
            f"severities; {clean} of them are as they are. Not divided by AlexNet's, as mCE is."
        )
    if beside is not None and beside.detection is not None:
        named = ", ".join(
            printable(one.trained_on)
            for one in beside.detection.pairs
            if one.trained_on == one.tested_on
        )
        meanings["detection"] = (
            "How often a detector that sees the boundaries around an input gives an example a "
            "higher score than a sample: the least over the attacks that it was trained on "
            f"({named}). At 50% it tells nothing."
        )
    return meanings

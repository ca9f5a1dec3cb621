"""What changed, in a few sentences; "more than chance" only where an interval leaves out 0."""

from collections.abc import Sequence

from robaudit.comparison.rows import ERROR, beyond_chance
from robaudit.metrics.figures import ACCURACY, MEAN_MARGIN, OF_RIGHT, Figure
from robaudit.phrases import printable
from robaudit.record.findings import Findings
from robaudit.record.schema.comparison import DifferenceRecord

_MOST_NAMES = 10


def verdict(
    before: Findings, after: Findings, differences: Sequence[DifferenceRecord]
) -> list[str]:
    """Sum up a comparison: margins, clean accuracy, attacks, classes that became worse."""
    sentences = [
        _margins(differences),
        _accuracy(_overall(differences, ACCURACY)),
    ]
    if before.audit_record.attacks or after.audit_record.attacks:
        sentences.append(_attacks(before, differences))
    sentences.append(_classes(before, differences))
    return sentences


def cautions_on_tests(differences: Sequence[DifferenceRecord]) -> list[str]:
    """Say what many tests, and figures without an interval, mean for the reader."""
    sentences = []
    tested = [row for row in differences if row.p_value is not None]
    if len(tested) > 1:
        sentences.append(
            f"{len(tested)} differences were tested. What is said to be more than chance allows "
            "for all of them (p_adjusted: Holm's method, with equal parts of the error for the "
            "model, attacks and classes): of two models that are alike nothing is said to differ "
            f"in {1 - ERROR:.0%} of comparisons."
        )
    unsure = sum(row.difference is not None and row.p_value is None for row in differences)
    if unsure:
        sentences.append(
            f"{unsure} differences have no interval: the rays of too few samples changed, or "
            "classes have too few samples, for a bootstrap to tell."
        )
    return sentences


def _overall(differences: Sequence[DifferenceRecord], figure: Figure) -> DifferenceRecord:
    return next(row for row in differences if row.name == figure.name and row.class_index is None)


def _margins(differences: Sequence[DifferenceRecord]) -> str:
    """Speak of all samples, and of those right at the start on both models where they differ.

    The former tell of accuracy too: samples that are misclassified are at 0.
    """
    overall = _overall(differences, MEAN_MARGIN)
    sentence = (
        f"Margins {_went(overall)}: the restricted mean margin is {_before_and_after(overall)}."
    )
    for row in differences:
        if row.name == OF_RIGHT[MEAN_MARGIN].name and row.low is not None:
            sentence += (
                f" Those of the {row.samples:,} samples right at the start on both models "
                f"{_went(row)}: {_before_and_after(row)}."
            )
    return sentence


def _went(row: DifferenceRecord) -> str:
    went = {"better": "grew by more than chance", "worse": "shrank by more than chance"}
    return went.get(beyond_chance(row) or "", "did not change by more than chance")


def _before_and_after(row: DifferenceRecord) -> str:
    return (
        f"{row.before:.3f} before and {row.after:.3f} after ({row.difference:+.3f}, 95% interval "
        f"{row.low:+.3f} to {row.high:+.3f})"
    )


def _accuracy(row: DifferenceRecord) -> str:
    if row.difference is None:
        return f"Clean accuracy is not known: {row.missing}."
    went = {"better": "rose by more than chance", "worse": "fell by more than chance"}
    how = went.get(beyond_chance(row) or "", "did not change by more than chance")
    points, low, high = (100 * (end or 0.0) for end in (row.difference, row.low, row.high))
    return (
        f"Clean accuracy {how}: {row.before:.1%} before and {row.after:.1%} after "
        f"({points:+.1f} points, 95% interval {low:+.1f} to {high:+.1f})."
    )


def _attacks(before: Findings, differences: Sequence[DifferenceRecord]) -> str:
    """Speak of adversaries, and of noise and corruptions, which do not look for the worst."""
    attacks = before.audit_record.attacks
    rows = [(row, attacks[row.attack]) for row in differences if row.attack is not None]
    if not rows:
        return "No attack ran on both models in the same way."
    adversaries = [beyond_chance(row) for row, attack in rows if attack.is_adversary]
    others = [beyond_chance(row) for row, attack in rows if not attack.is_adversary]
    sentences = [
        f"Robust accuracy {_under(adversaries, 'attacks')}."
        if adversaries
        else "No adversary ran on both models in the same way, so robust accuracy is not compared."
    ]
    if others:
        sentences.append(f"Accuracy {_under(others, 'noises and corruptions')}.")
    return " ".join(sentences)


def _under(ways: Sequence[str | None], what: str) -> str:
    better, worse = ways.count("better"), ways.count("worse")
    if not better and not worse:
        return f"did not change by more than chance under any of {len(ways)} {what}"
    return (
        f"rose by more than chance under {better or 'none'} of {len(ways)} {what}, and fell by "
        f"more than chance under {worse or 'none'}"
    )


def _classes(before: Findings, differences: Sequence[DifferenceRecord]) -> str:
    what = {ACCURACY.name: "accuracy", MEAN_MARGIN.name: "margin"}
    of_classes = [row for row in differences if row.class_index is not None and row.name in what]
    compared = {what[row.name] for row in of_classes if row.difference is not None}
    if not compared:
        return "Single classes cannot be compared."
    means = " or ".join(name for name in what.values() if name in compared)
    worse: dict[int, list[str]] = {}
    for row in of_classes:
        if row.class_index is not None and beyond_chance(row) == "worse":
            worse.setdefault(row.class_index, []).append(what[row.name])
    if not worse:
        return f"No class became worse by more than chance, in {means}."
    listed = [
        f"{printable(before.audit_record.model.name_of(index))} ({' and '.join(names)})"
        for index, names in worse.items()
    ]
    more = f" and {len(listed) - _MOST_NAMES} more" if len(listed) > _MOST_NAMES else ""
    return (
        f"{len(listed)} of {len(of_classes) // len(what)} classes became worse by more than "
        f"chance, in {means}: {', '.join(listed[:_MOST_NAMES])}{more}."
    )

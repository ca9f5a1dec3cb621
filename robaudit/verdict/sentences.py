"""What gates and audits come to, in terms of the model: "PGD at 0.3 leaves 0 % of 200 images"."""

from robaudit.metrics.deciding import ERROR
from robaudit.metrics.figures import (
    ACCURACY,
    CLOSEST,
    CORRUPTION_ERROR,
    DETECTION,
    ROBUST_ACCURACY,
    WORST_CLASS,
    Figure,
)
from robaudit.phrases import printable
from robaudit.record.schema.attacks import AttackRecord
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.numbers import given
from robaudit.types import Estimate
from robaudit.verdict.gated import Gated


def percent(value: float) -> str:
    """Write a share in percent.

    >>> percent(0.9), percent(0.123), percent(0.99961)
    ('90%', '12.3%', '99.96%')
    """
    digits = 2 if 0 < min(value, 1 - value) < 0.005 else 1
    return f"{100 * value:.{digits}f}".rstrip("0").rstrip(".") + "%" if value else "0%"


def interval(estimate: Estimate, *, share: bool) -> str:
    """Write an interval, or why there is none."""
    if estimate.low is None or estimate.high is None:
        return f"no interval: {printable(estimate.reason)}" if estimate.reason else "no interval"
    if share:
        return f"{percent(estimate.low)} to {percent(estimate.high)}"
    return f"{estimate.low:.3f} to {estimate.high:.3f}"


def attack_with_budget(attack: AttackRecord) -> str:
    """Name an attack, what it is made of and what it may change: "PGD at 0.3"."""
    title = printable(attack.title)
    if members := given(attack.members, []):
        title += f" ({printable(', '.join(members))})"
    return title if attack.budget is None else f"{title} at {attack.budget:.4g}"


def strongest(record: AuditRecord) -> AttackRecord | None:
    """Give the adversary that left least, of those that ran."""
    ran = [
        attack
        for attack in record.attacks
        if attack.is_adversary and attack.accuracy.value is not None
    ]
    return min(ran, key=lambda attack: attack.accuracy.value or 0.0, default=None)


def class_called(record: AuditRecord, index: int) -> str:
    """Name a class: "class 8", "class 'cat'"."""
    name = printable(record.model.name_of(index))
    return f"class {name}" if name == str(index) else f"class '{name}'"


def gate_sentence(gated: Gated, record: AuditRecord, looks: int | None = None) -> str:
    """Say what was found of a gate's figure, and what was wanted.

    An interval that is not at 95 %, as all others, says so, and for how many looks it is.
    """
    gate, estimate = gated.gate, gated.estimate
    share = gate.figure.unit == "share"
    if gate.drop:
        return _drop(gated, record)
    side = "at least" if gate.better == "higher" else "at most"
    threshold = f"{100 * gate.threshold:g}%" if share else f"{gate.threshold:g}"
    wanted = f"wanted {side} {threshold}"
    ends = interval(estimate, share=share)
    if estimate.low is not None and gated.error != ERROR:
        ends += f" at {1 - gated.error:.1%}"
        ends += f", for up to {looks} looks" if looks else ""
    if estimate.value is None:
        return f"{what(gated, record)} is not known ({ends}), {wanted}"
    return f"{_found(gated, record)} ({ends}), {wanted}"


def what(gated: Gated, record: AuditRecord) -> str:
    """Name the figure of a gate: "robust accuracy of class 8 under PGD at 0.3"."""
    gate, model = gated.gate, record.model
    title = printable(gate.figure.title)
    of = ""
    index = gated.class_index if gated.worst_class is None else gated.worst_class
    if index is not None and gate.figure != WORST_CLASS:
        of = f" of {class_called(record, index)}"
        if gated.worst_class is not None:
            of += f", the worst of {model.classes},"
    if gate.figure == ROBUST_ACCURACY:
        attack = _attack(gated, record)
        of += f" under {attack_with_budget(attack)}" if attack else ""
    return title + of + _by_what(gate.figure, record)


def _by_what(figure: Figure, record: AuditRecord) -> str:
    """Say by which adversaries, or under what, a figure beside those of the search was measured."""
    measures = given(record.measures, None)
    if figure == CLOSEST:
        return _found_by(record)
    if figure == DETECTION and measures and measures.detection:
        names = dict.fromkeys(one.trained_on for one in measures.detection.pairs)
        return f" of {printable(', '.join(names))}"
    if figure == CORRUPTION_ERROR and measures and measures.corruptions:
        found = measures.corruptions
        return f" ({len(found.corruptions)} corruptions at {len(found.severities)} severities)"
    return ""


def _found_by(record: AuditRecord) -> str:
    """Say by what the nearest points of samples were found: " (DDN for 61, FMN-L2 for 39)"."""
    closest = given(record.closest, None)
    if closest is None:
        return ""
    by = sorted(closest.by.items(), key=lambda item: -item[1])
    named = given(closest.titles, {})
    means = [f"{named[name]} for {count:,}" for name, count in by if name in named]
    return f" ({printable(', '.join(means))})" if means else ""


def _attack(gated: Gated, record: AuditRecord) -> AttackRecord | None:
    if gated.gate.attack is None:
        return strongest(record)
    return next(a for a in record.attacks if a.name == gated.gate.attack)


def _found(gated: Gated, record: AuditRecord) -> str:
    gate, value = gated.gate, gated.estimate.value or 0.0
    if gate.figure == ROBUST_ACCURACY and gate.of_class is None:
        attack, plan = _attack(gated, record), given(record.attack_plan, None)
        if attack is not None and plan is not None:
            images = f"{plan.samples:,} images"
            return f"{attack_with_budget(attack)} leaves {percent(value)} of {images}"
    if gate.figure == ACCURACY and gate.of_class is None:
        return f"{percent(value)} of {record.data.samples:,} images are classified right"
    number = percent(value) if gate.figure.unit == "share" else f"{value:.3f}"
    return f"{what(gated, record)} is {number}"


def _drop(gated: Gated, record: AuditRecord) -> str:
    gate, estimate = gated.gate, gated.estimate
    share = gate.figure.unit == "share"
    wanted = f"{100 * gate.threshold:g} points" if share else f"{gate.threshold:g}"
    if estimate.value is None or estimate.low is None or estimate.high is None:
        why = estimate.reason or "no interval"
        return f"{what(gated, record)} cannot be held against the baseline: {printable(why)}"
    went = "gained" if estimate.value < 0 else "lost"
    size, low, high = abs(estimate.value), estimate.low, estimate.high
    times, unit, digits = (100, " points", 1) if share else (1, "", 4)
    ends = f"loss of {times * low:.{digits}f} to {times * high:.{digits}f}"
    found = f"{times * size:.{digits}f}{unit} ({ends} at {1 - gated.error:.2%})"
    said = f"{what(gated, record)} {went} {found}, at most {wanted} may be lost"
    if estimate.value > 0 and low <= gate.threshold < high:
        said += f"; up to {times * high:.{digits}f}{unit} cannot be ruled out"
    return said

"""What every report says of attacks, in words and in numbers ready to print.

Records without attacks, and those older than attacks, have nothing here.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from robaudit.phrases import printable
from robaudit.record.schema.attacks import (
    AttackPlanRecord,
    AttackRecord,
    ClassClosestRecord,
    ClosestRecord,
)
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.numbers import given
from robaudit_report.view import audit as view
from robaudit_report.view import words
from robaudit_report.view.audit import Figure
from robaudit_report.view.words import Estimated

NORMS = {"linf": "L-inf", "l2": "L2"}


@dataclass(frozen=True)
class AttackRow:
    """What is said of one attack; ``skipped`` is empty where it ran.

    ``share`` is the robust accuracy with the ends of its interval, and ``lowest``
    marks the attacks that leave least.
    """

    title: str
    budget: str
    skipped: str
    accuracy: str
    interval: str
    share: tuple[float, float, float]
    worst_class: str
    distance: str
    evaluations: str
    effort: str
    lowest: bool


@dataclass(frozen=True)
class Flag:
    """One trust flag: its name in words, its sentence, and what was measured."""

    name: str
    sentence: str
    measured: str


@dataclass(frozen=True)
class Recipe:
    """How one attack was run: its parameters, where they come from, what did not count."""

    title: str
    parameters: str
    source: str
    outside: str


def attacked(record: AuditRecord) -> bool:
    """Tell whether a record has anything to say of attacks."""
    return bool(record.attacks or given(record.curves, []))


def plan(record: AuditRecord) -> AttackPlanRecord:
    """Give what all attacks of a record share; one with attacks has it."""
    shared = given(record.attack_plan, None)
    if shared is None:
        raise ValueError("attacks without attack_plan")
    return shared


def amount(value: float) -> str:
    """Write a share of the pixel range; small ones in grey levels too where they are whole.

    >>> amount(0.3), amount(8 / 255)
    ('0.3', '0.0314 (8/255)')
    """
    levels = 255 * value
    if 0 < value < 0.1 and math.isclose(levels, round(levels), abs_tol=1e-4):
        return f"{value:.3g} ({levels:.0f}/255)"
    return f"{value:.3g}"


def parameter(value: float) -> str:
    """Write a parameter of an attack.

    >>> parameter(1000.0), parameter(8 / 255)
    ('1,000', '0.03137')
    """
    return f"{int(value):,}" if float(value).is_integer() else f"{value:.4g}"


def budget(attack: AttackRecord) -> str:
    """Write what an attack may change: its norm and budget, or its strength if it has none."""
    norm = NORMS.get(attack.norm)
    if norm is None:
        return parameters(attack)
    return f"{norm} {'without limit' if attack.budget is None else amount(attack.budget)}"


def parameters(attack: AttackRecord) -> str:
    """List the parameters of an attack."""
    words = (
        f"{printable(name).replace('_', ' ')} {parameter(value)}"
        for name, value in attack.parameters.items()
    )
    return ", ".join(words) or "-"


def verdict(record: AuditRecord) -> list[str]:
    """Sum up the attacks in a sentence or two."""
    lowest = _lowest(record)
    if not lowest:
        return []
    accuracy, samples = lowest[0].accuracy, plan(record).samples
    sentences = [
        f"Of {samples:,} samples under attack, {words.percent(accuracy.value)} hold against "
        f"{_named(lowest)}, the least of all attacks that ran."
    ]
    if raised := len(flags(record, True)):
        sentences.append(f"{_flags(raised)} raised: read that figure with them.")
    return sentences


def figures(record: AuditRecord) -> list[Figure]:
    """Give the headline figure: the lowest robust accuracy."""
    if not record.attacks:
        return []
    name, lowest = "Lowest robust accuracy", _lowest(record)
    if not lowest:
        return [Figure(name, "-", "-", "Not known: no attack could run on this model.")]
    ran = sum(not attack.skipped for attack in record.attacks)
    accuracy, samples = lowest[0].accuracy, plan(record).samples
    raised = len(flags(record, True))
    return [
        Figure(
            name,
            words.percent(accuracy.value),
            words.estimate_interval(accuracy, words.percent),
            f"Share of {samples:,} samples that hold against {_named(lowest)}; the least over "
            f"{ran} of {len(record.attacks)} attacks, those that ran. Stronger ones may leave "
            "less." + (f" {_flags(raised)} raised." if raised else ""),
        )
    ]


def _lowest(record: AuditRecord) -> list[AttackRecord]:
    """List the attacks that leave the lowest robust accuracy: several where they tie."""
    accuracies = [attack.accuracy.value for attack in record.attacks]
    least = min((value for value in accuracies if value is not None), default=None)
    if least is None:
        return []
    return [attack for attack in record.attacks if attack.accuracy.value == least]


def _named(lowest: Sequence[AttackRecord]) -> str:
    first = f"{printable(lowest[0].title)} ({budget(lowest[0])})"
    return first if len(lowest) == 1 else f"{first} and {len(lowest) - 1} more"


def _flags(count: int) -> str:
    return "1 trust flag is" if count == 1 else f"{count} trust flags are"


def attack_rows(record: AuditRecord) -> list[AttackRow]:
    """List what is said of each attack, those that were skipped too."""
    lowest = _lowest(record)
    return [
        AttackRow(
            title=printable(attack.title),
            budget=budget(attack),
            skipped=printable(attack.skipped or ""),
            accuracy=words.percent(attack.accuracy.value),
            interval=words.estimate_interval(attack.accuracy, words.percent),
            share=words.ends(attack.accuracy),
            worst_class=_worst_class(record, attack.per_class),
            distance=_distance(attack),
            evaluations=f"{attack.evaluations:,}",
            effort=_effort(attack),
            lowest=attack in lowest,
        )
        for attack in record.attacks
    ]


def _worst_class(record: AuditRecord, per_class: Sequence[Estimated]) -> str:
    values = [estimate.value for estimate in per_class]
    least = min((value for value in values if value is not None), default=None)
    if least is None:
        return "-"
    tied = [index for index, value in enumerate(values) if value == least]
    if len(tied) == 1:
        return f"{view.class_name(record, tied[0])} ({words.percent(least)})"
    return f"{len(tied)} classes ({words.percent(least)})"


def _distance(attack: AttackRecord) -> str:
    """Write a median distance, with its norm where the attack has none of its own."""
    text = words.number(attack.median_distance)
    return f"{text} (L2)" if attack.norm == "none" and text != "-" else text


def _effort(attack: AttackRecord) -> str:
    """Say what an attack took besides evaluations."""
    seconds = attack.seconds
    time = "under 0.1 s" if seconds < 0.05 else f"{words.number(seconds, 1)} s"
    return f"{attack.gradients:,} gradients, {time}" if attack.gradients else time


def recipes(record: AuditRecord) -> list[Recipe]:
    """List how each attack was run."""
    return [
        Recipe(
            printable(attack.title),
            parameters(attack),
            printable(attack.source),
            f"{attack.outside_budget:,} examples of another class lay beyond the budget and do "
            "not count."
            if attack.outside_budget
            else "",
        )
        for attack in record.attacks
    ]


def skipped(record: AuditRecord) -> list[tuple[str, str]]:
    """Group the attacks that did not run by the reason: titles and reason."""
    reasons: dict[str, list[str]] = {}
    for row in attack_rows(record):
        if row.skipped:
            reasons.setdefault(row.skipped, []).append(row.title)
    return [(", ".join(titles), reason) for reason, titles in reasons.items()]


def flags(record: AuditRecord, raised: bool | None) -> list[Flag]:
    """List the trust flags that were raised, were not, or (``None``) could not be checked."""
    return [
        Flag(
            printable(flag.name).replace("-", " ").capitalize(),
            printable(flag.sentence),
            ", ".join(
                f"{printable(name).replace('_', ' ')} {_measured(value)}"
                for name, value in flag.measured.items()
                if value is not None
            ),
        )
        for flag in given(record.trust, [])
        if flag.raised is raised
    ]


def _measured(value: Any) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return parameter(value) if is_number else printable(str(value))


def trust_counts(record: AuditRecord) -> str:
    """Say how many trust flags were raised, were not, and could not be checked."""
    if not given(record.trust, []):
        return ""
    counts = [len(flags(record, raised)) for raised in (True, False, None)]
    return (
        f"Trust flags: {counts[0]} raised, {counts[1]} not raised, "
        f"{counts[2]} could not be checked."
    )


def found_by(record: AuditRecord, closest: ClosestRecord) -> str:
    """Say by what means the smallest distances were found."""
    titles = {attack.name: attack.title for attack in record.attacks}
    titles["rays"] = "a random direction"
    parts = [
        f"{printable(titles.get(name, name))} for {count:,}"
        for name, count in sorted(closest.by.items(), key=lambda item: -item[1])
        if count and name not in _NO_MEANS
    ]
    sentence = f"Of {closest.samples:,} samples, the nearest point was found by " + (
        ", ".join(parts) + "." if parts else "no means: none was found."
    )
    others = (
        f"{said}: {closest.by[name]:,}." for name, said in _NO_MEANS.items() if closest.by.get(name)
    )
    return " ".join([sentence, *others])


_NO_MEANS = {
    "misclassified": "Misclassified to begin with, at distance 0",
    "none": "Without any such point",
}


def correlation_interval(closest: ClosestRecord) -> str:
    """Write the interval of the rank correlation, with two digits like the correlation."""
    return words.estimate_interval(closest.rank_correlation, lambda bound: words.number(bound, 2))


def closest_classes(closest: ClosestRecord) -> list[ClassClosestRecord]:
    """List the classes to show beside each other, from the smallest margin on.

    All, or of many those where margins and attacks disagree and the worst others.
    """
    margins = {
        of_class.class_index: of_class.margin
        for of_class in closest.per_class
        if of_class.margin is not None
    }
    by_margin = sorted(margins, key=lambda index: margins[index])
    first = sorted(by_margin, key=lambda index: index not in closest.disagreeing)
    chosen = first[: view.MOST_CLASSES]
    by_index = {of_class.class_index: of_class for of_class in closest.per_class}
    return [by_index[index] for index in by_margin if index in chosen]

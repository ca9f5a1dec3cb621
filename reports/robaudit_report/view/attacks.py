"""What every report says of attacks, in words and in numbers ready to print.

Records without attacks, and those older than attacks, have nothing here.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from robaudit.phrases import printable
from robaudit.record.schema.attacks import AttackPlanRecord, AttackRecord
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.numbers import given
from robaudit_report.view import audit as view
from robaudit_report.view import trust, words
from robaudit_report.view.audit import Figure

NORMS = {"linf": "L-inf", "l2": "L2", "l1": "L1", "l0": "L0"}
SHORT = "*"
"""Marks the figure of an attack that was given too little for its budget."""


@dataclass(frozen=True)
class AttackRow:
    """What is said of one attack; ``skipped`` is empty where it ran.

    ``members`` are those that a cascade is made of. ``share`` is the robust accuracy with the
    ends of its interval, and ``lowest`` marks the adversaries that leave least. ``doubt`` says
    why it was given too little, where it was.
    """

    title: str
    budget: str
    members: str
    skipped: str
    accuracy: str
    interval: str
    share: tuple[float, float, float]
    worst_class: str
    distance: str
    evaluations: str
    effort: str
    lowest: bool
    doubt: str

    @property
    def marked(self) -> str:
        """The robust accuracy, marked where the attack was given too little."""
        return self.accuracy + (SHORT if self.doubt else "")


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


def budget(attack: AttackRecord) -> str:
    """Write what an attack may change: its norm and budget, or its strength if it has none."""
    norm = NORMS.get(attack.norm)
    if norm is None:
        return parameters(attack)
    return f"{norm} {'without limit' if attack.budget is None else amount(attack.budget)}"


def parameters(attack: AttackRecord) -> str:
    """List the parameters of an attack."""
    named = (
        f"{printable(name).replace('_', ' ')} {words.parameter(value)}"
        for name, value in attack.parameters.items()
    )
    return ", ".join(named) or "-"


def verdict(record: AuditRecord) -> list[str]:
    """Sum up the attacks in a sentence or two."""
    if not record.attacks:
        return []
    lowest = _lowest(record)
    if not lowest:
        return [f"How robust it is under attack is not known: {_why_unknown(record)}."]
    accuracy, samples = lowest[0].accuracy, plan(record).samples
    doubt = _doubt(lowest)
    interval = words.estimate_interval(given(plan(record).lowest, accuracy), words.percent)
    sentences = [
        f"Of {samples:,} samples under attack, {words.percent(accuracy.value)} "
        f"({interval}) hold against {_named(lowest)}, the least of all adversaries that ran"
        + (f"; but it was given too little to show that: {doubt}." if doubt else ".")
    ]
    if raised := len(trust.flags(record, True)):
        them = "it" if raised == 1 else "them"
        sentences.append(f"{_flags(raised)} raised: read that figure with {them}.")
    return sentences


def figures(record: AuditRecord) -> list[Figure]:
    """Give the headline figure: the lowest robust accuracy, of adversaries alone."""
    if not record.attacks:
        return []
    name, lowest = "Lowest robust accuracy", _lowest(record)
    if not lowest:
        why = _why_unknown(record)
        return [Figure(name, "-", "-", f"Not known: {why}.")]
    adversaries = [attack for attack in record.attacks if attack.is_adversary]
    ran = sum(not attack.skipped for attack in adversaries)
    accuracy, samples = lowest[0].accuracy, plan(record).samples
    raised, doubt = len(trust.flags(record, True)), _doubt(lowest)
    return [
        Figure(
            name,
            words.percent(accuracy.value) + (SHORT if doubt else ""),
            words.estimate_interval(given(plan(record).lowest, accuracy), words.percent),
            f"Share of {samples:,} samples that hold against {_named(lowest)}; the least over "
            f"{ran} of {len(adversaries)} adversaries, those that ran. "
            + (
                f"{SHORT} It was given too little, so less may hold: {doubt}."
                if doubt
                else "Stronger ones may leave less."
            )
            + (f" {_flags(raised)} raised." if raised else ""),
        )
    ]


def _lowest(record: AuditRecord) -> list[AttackRecord]:
    """List the adversaries that leave the lowest robust accuracy: several where they tie.

    Noise and corruptions do not look for the worst, and are none. Of those that tie, the
    ones that were given enough come first.
    """
    ran = [
        attack
        for attack in record.attacks
        if attack.is_adversary and attack.accuracy.value is not None
    ]
    least = min((attack.accuracy.value or 0.0 for attack in ran), default=None)
    lowest = [attack for attack in ran if attack.accuracy.value == least]
    return sorted(lowest, key=lambda attack: bool(doubt_of(attack)))


def _why_unknown(record: AuditRecord) -> str:
    if all(attack.skipped for attack in record.attacks):
        return "no attack could run on this model"
    if any(attack.is_adversary for attack in record.attacks):
        return "no adversary could run, and noise and corruptions do not look for the worst"
    return "no adversary was asked for, and noise and corruptions do not look for the worst"


def doubt_of(attack: AttackRecord) -> str:
    """Say why an attack was given too little; empty where nothing says so."""
    return printable(given(attack.doubt, None) or "")


def _doubt(lowest: Sequence[AttackRecord]) -> str:
    return doubt_of(lowest[0])


def _named(lowest: Sequence[AttackRecord]) -> str:
    first = with_members(lowest[0])
    return first if len(lowest) == 1 else f"{first} and {len(lowest) - 1} more"


def with_members(attack: AttackRecord) -> str:
    """Name an attack with its budget: "AutoAttack (APGD, Square; L-inf 0.3)"."""
    parts = [part for part in (_members(attack), budget(attack)) if part]
    return f"{printable(attack.title)} ({'; '.join(parts)})"


def _members(attack: AttackRecord) -> str:
    return printable(", ".join(given(attack.members, [])))


def _flags(count: int) -> str:
    return "1 trust flag is" if count == 1 else f"{count} trust flags are"


def attack_rows(record: AuditRecord) -> list[AttackRow]:
    """List what is said of each attack, those that were skipped too."""
    lowest = _lowest(record)
    return [
        AttackRow(
            title=printable(attack.title),
            budget=budget(attack),
            members=_members(attack),
            skipped=printable(attack.skipped or ""),
            accuracy=words.percent(attack.accuracy.value),
            interval=words.estimate_interval(attack.accuracy, words.percent),
            share=words.ends(attack.accuracy),
            worst_class=_worst_class(record, attack),
            distance=_distance(attack),
            evaluations=f"{attack.evaluations:,}",
            effort=_effort(attack, _seconds(record, place)),
            lowest=attack in lowest,
            doubt=doubt_of(attack),
        )
        for place, attack in enumerate(record.attacks)
    ]


def _worst_class(record: AuditRecord, attack: AttackRecord) -> str:
    """Name the class of which least hold where it can be told, else say of how many it is one."""
    values = [estimate.value for estimate in attack.per_class]
    alike = given(attack.worst_alike, None)
    least = min((value for value in values if value is not None), default=None)
    if least is None:
        return "-"
    if alike is None:
        return "not told"
    if len(alike) != 1:
        return f"one of {len(alike)}"
    return f"{view.class_name(record, alike[0])} ({words.percent(values[alike[0]])})"


def _distance(attack: AttackRecord) -> str:
    """Write a median distance, with its norm where the attack has none of its own."""
    text = words.number(attack.median_distance)
    return f"{text} (L2)" if attack.norm == "none" and text != "-" else text


def _seconds(record: AuditRecord, place: int) -> float:
    """Tell how long the attack at a place took; older records say so beside the attack."""
    listed = given(record.environment.attack_seconds, [])
    if place < len(listed):
        return listed[place]
    return given(record.attacks[place].seconds, 0.0)


def _effort(attack: AttackRecord, seconds: float) -> str:
    """Say what an attack took besides evaluations."""
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


def query_distances(record: AuditRecord) -> list[str]:
    """Say of each attack by queries how near it came, at first and in the end."""
    sentences = []
    for curve in given(record.query_curves, []):
        known = [
            f"{words.number(distance.value)} ({words.estimate_interval(distance, words.number)}) "
            f"after {queries:,}"
            for queries, distance in zip(curve.queries, curve.median_distance, strict=True)
            if distance.value is not None
        ]
        ends = known if len(known) < 2 else [known[0], known[-1]]
        title = f"{printable(curve.title)}: half of the samples, the misclassified ones at 0,"
        norm = NORMS.get(curve.norm, "L2")
        sentences.append(
            f"{title} have an example within a distance ({norm}) of {' and '.join(ends)} queries."
            if ends
            else f"{title} have no example after as many queries as it had."
        )
    return sentences


def given_too_little(record: AuditRecord) -> list[str]:
    """List the attacks whose figures are marked, and why."""
    return [
        f"{SHORT} {row.title} was given too little, so less may hold: {row.doubt}."
        for row in attack_rows(record)
        if row.doubt
    ]


def made_of(record: AuditRecord) -> list[str]:
    """Say which attacks a cascade was made of."""
    rows = attack_rows(record)
    return [f"{row.title} is {row.members}, one after the other." for row in rows if row.members]


def skipped(record: AuditRecord) -> list[tuple[str, str]]:
    """Group the attacks that did not run by the reason: titles and reason."""
    reasons: dict[str, list[str]] = {}
    for row in attack_rows(record):
        if row.skipped:
            reasons.setdefault(row.skipped, []).append(row.title)
    return [(", ".join(titles), reason) for reason, titles in reasons.items()]

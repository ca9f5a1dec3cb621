"""What every report says, in words and in numbers ready to print.

Reports differ in how they look, never in what they say: that is here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from robaudit.phrases import printable
from robaudit.record import headlines
from robaudit.record.schema.audit import AuditRecord, CheckRecord
from robaudit.record.schema.inputs import PreprocessingStep
from robaudit.record.schema.numbers import given
from robaudit_report.view import words
from robaudit_report.view.words import _NONE, estimate_interval, number, percent

MOST_CLASSES = 20
"""Of models with more classes, only the worst are shown."""


@dataclass(frozen=True)
class Figure:
    """A headline figure: its value and interval as text, and a sentence on what it is."""

    name: str
    value: str
    interval: str
    meaning: str


@dataclass(frozen=True)
class ClassRow:
    """What is said of one class."""

    index: int
    name: str
    samples: int
    accuracy: str
    margin: str
    margin_interval: str
    margin_share: tuple[float, float, float]
    crossing: str
    crossing_interval: str
    robustness: str
    robustness_missing: str
    level: str
    adjacent: float
    not_crossed: Sequence[float]


def class_name(record: AuditRecord, index: int) -> str:
    """Give the name of a class, safe to print."""
    return printable(record.margins.per_class[index].name)


def searched_classes(record: AuditRecord) -> list[int]:
    """List the classes that were searched, from the smallest margin on."""
    means = [of_class.restricted_mean.value for of_class in record.margins.per_class]
    searched = {index: mean for index, mean in enumerate(means) if mean is not None}
    return sorted(searched, key=lambda index: searched[index])


def shown_classes(record: AuditRecord) -> list[int]:
    """List the classes that reports show, in order: all, or the worst of many."""
    return sorted(searched_classes(record)[:MOST_CLASSES])


def omission(record: AuditRecord) -> str:
    """Say how many classes are not shown, if any."""
    shown, classes = len(shown_classes(record)), record.model.classes
    if shown == classes:
        return ""
    return f"Shown are {shown} of {classes} classes, those with the smallest margins."


def title(record: AuditRecord) -> str:
    """Give the name of the model, safe to print."""
    return printable(record.model.name)


def verdict(record: AuditRecord) -> list[str]:
    """Sum up an audit in a few sentences."""
    return [*_on_accuracy(record), _on_crossings(record), *_on_classes(record)]


def _on_accuracy(record: AuditRecord) -> list[str]:
    accuracy = record.clean.accuracy
    if accuracy.value is None:
        return []
    samples = record.data.samples
    return [f"It classifies {percent(accuracy.value)} of {samples:,} images correctly."]


def _on_crossings(record: AuditRecord) -> str:
    margins, plan = record.margins, record.plan
    ways = "both ways" if plan.signs == 2 else "one way"
    what = "synthetic inputs" if record.data.synthetic else "images"
    return (
        f"Walking from {plan.samples:,} {what} along {plan.directions:,} random directions, "
        f"{ways}, {percent(margins.crossing_rate.value)} of the rays "
        f"({estimate_interval(margins.crossing_rate, percent)}) leave their class within "
        f"{plan.reach:g} of the pixel range."
    )


def _on_classes(record: AuditRecord) -> list[str]:
    order = searched_classes(record)
    if len(order) < 2:
        return []
    per_class = record.margins.per_class
    worst, best = per_class[order[0]], per_class[order[-1]]
    ends = worst.restricted_mean.high, best.restricted_mean.low
    apart = ends[0] is not None and ends[1] is not None and ends[0] < ends[1]
    return [
        f"Easiest to leave is class {_margin_of(record, order[0])}, hardest is class "
        f"{_margin_of(record, order[-1])}"
        + ("." if apart else "; their intervals overlap, so that may be chance.")
    ]


def _margin_of(record: AuditRecord, index: int) -> str:
    of_class = record.margins.per_class[index]
    return (
        f"{class_name(record, index)} (mean margin {number(of_class.restricted_mean.value)}, "
        f"{percent(of_class.crossing_rate.value)} of its rays cross)"
    )


def figures(record: AuditRecord) -> list[Figure]:
    """List the headline figures."""
    meanings = _meanings(record)
    return [
        Figure(
            figure.title,
            words.write(figure.unit, estimate.value),
            estimate_interval(estimate, partial(words.write, figure.unit)),
            meanings[figure.name],
        )
        for figure, estimate in headlines(record).items()
    ]


def _meanings(record: AuditRecord) -> dict[str, str]:
    """Say what each headline figure is, by its name."""
    inequality, reach = record.inequality, f"{record.plan.reach:g}"
    return {
        "accuracy": "Share of all images of the split that are classified as labelled."
        if record.data.labelled
        else "Not known: the data has no labels.",
        "restricted-mean-margin": "How far a random direction can be followed before the class "
        f"changes, on average; rays that never cross count as {reach}. RMS, as a share of the "
        f"pixel range (Euclidean: {number(record.margins.restricted_mean.l2, 2)}).",
        "crossing-rate": f"Share of rays on which the class changes within {reach}.",
        "worst-class-margin": "The restricted mean margin of class "
        f"{class_name(record, inequality.worst_class)}, the smallest of all classes.",
        "model-robustness": "Mean margins summed over all pairs of classes (Eq. 2). "
        f"{_reached_pairs(record)} pairs were reached; each other one counts as {reach}.",
        "gini": "0 when all classes have the same restricted mean margin, towards 1 when one has "
        f"it all. The largest and the smallest differ by {number(inequality.max_min)}.",
    }


def _reached_pairs(record: AuditRecord) -> str:
    classes = record.model.classes
    reached = sum(count > 0 for row in record.margins.count_matrix for count in row)
    return f"{reached:,} of {classes * (classes - 1):,}"


def class_rows(record: AuditRecord) -> list[ClassRow]:
    """List what is said of each class shown."""
    reach = record.plan.reach
    inequality = record.inequality
    rows = []
    for index in shown_classes(record):
        of_class = record.margins.per_class[index]
        margin = of_class.restricted_mean
        value, low, high = words.ends(margin)
        rows.append(
            ClassRow(
                index=index,
                name=class_name(record, index),
                samples=of_class.samples,
                accuracy=percent(record.clean.per_class[index].value),
                margin=number(margin.value),
                margin_interval=estimate_interval(margin),
                margin_share=(value / reach, low / reach, high / reach),
                crossing=percent(of_class.crossing_rate.value),
                crossing_interval=estimate_interval(of_class.crossing_rate, percent),
                robustness=number(inequality.class_robustness[index]),
                robustness_missing=inequality.class_robustness_missing[index] or "",
                level=inequality.levels[index] or _NONE,
                adjacent=inequality.adjacent_share[index],
                not_crossed=of_class.not_crossed,
            )
        )
    return rows


def gate_lines(record: AuditRecord) -> list[tuple[str, str]]:
    """List each gate's outcome and the sentence that goes with it."""
    lines: list[tuple[str, str]] = []
    for gate in record.gates:
        side = "at least" if gate.better == "higher" else "at most"
        lines.append(
            (
                gate.outcome,
                f"{printable(gate.metric)} is {number(gate.value)} "
                f"({estimate_interval(gate)}), wanted {side} {gate.threshold:g}",
            )
        )
    return lines


def preprocessing_sentence(record: AuditRecord) -> str:
    """Say which preprocessing was used and how it was come by."""
    preprocessing = record.data.preprocessing
    name = _name_of(preprocessing)
    if preprocessing.how == "given":
        return f"Preprocessing as given: {name}."
    if preprocessing.how == "assumed":
        return f"Preprocessing assumed, not checked: {name}."
    first, second = preprocessing.candidates[:2]
    return (
        f"Preprocessing found by trying {len(preprocessing.candidates)} candidates on "
        f"{preprocessing.tried_on:,} labelled images: {name}, accuracy {percent(first.accuracy)} "
        f"and cross-entropy {number(first.cross_entropy)}; next comes {_name_of(second)} with "
        f"{percent(second.accuracy)} and {number(second.cross_entropy)}."
    )


def _name_of(preprocessing: PreprocessingStep) -> str:
    channels = preprocessing.channels
    order = "" if channels == "grey" else f", {channels.upper()}"
    return f"{printable(preprocessing.name)} ({preprocessing.layout}{order})"


def directions(record: AuditRecord) -> str:
    """Say along what the search walked."""
    plan = record.plan
    ways = "both ways" if plan.signs == 2 else "forwards"
    return f"{plan.directions:,} random orthogonal ones, walked {ways}"


def steps(record: AuditRecord) -> str:
    """Say how far the search walked."""
    plan = record.plan
    clipped = "clipped to the pixel range" if plan.clip else "not clipped"
    return f"{plan.steps} of {plan.step:g} (RMS), a reach of {plan.reach:g}, {clipped}"


def made(record: AuditRecord) -> str:
    """Say when and on what the audit was made."""
    made_on = record.environment
    return printable(f"{made_on.created}, Python {made_on.python}, {made_on.platform}")


def search(record: AuditRecord) -> str:
    """Say by which strategy the search was done, and what it took."""
    searched = record.search
    strategy = given(searched.strategy, record.plan.strategy)
    instead = ""
    if strategy != "linear":
        instead = f" instead of {searched.linear_evaluations:,} of a linear search"
    return (
        f"{strategy}: {searched.forward_evaluations:,} forward passes{instead}, for "
        f"{searched.rays:,} rays in {searched.seconds:,.1f} s"
    )


def search_check(record: AuditRecord) -> str:
    """Say how far the search can be trusted."""
    return check_sentence(record.search.check)


def check_sentence(check: CheckRecord | None) -> str:
    """Say how far a search can be trusted; older records say nothing of one that needs no check."""
    if check is None or check.strategy == "linear":
        why = check.fallback if check else None
        return "not needed: every step was probed" + (f" ({printable(why)})" if why else "")
    return (
        f"{check.disagreements:,} of {check.audited_rays:,} rays drawn at random told otherwise "
        f"when walked in full; with 95% confidence that is at most "
        f"{100 * check.disagreement_upper_bound:.2g}% of all rays"
    )

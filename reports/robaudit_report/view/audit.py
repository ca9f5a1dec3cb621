"""What every report says, in words and in numbers ready to print.

Reports differ in how they look, never in what they say: that is here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from robaudit.phrases import called, printable
from robaudit.record import headlines, headlines_right_at_start
from robaudit.record.schema.audit import AuditRecord, CheckRecord
from robaudit.record.schema.inputs import PreprocessingStep
from robaudit.record.schema.margins import RightClassMarginRecord, RightMarginsRecord
from robaudit.record.schema.numbers import given
from robaudit_report.view import words
from robaudit_report.view.words import _NONE, Estimated, estimate_interval, number, percent

MOST_CLASSES = 20
"""Of models with more classes, only the worst are shown."""


@dataclass(frozen=True)
class Figure:
    """A headline figure: its value and interval as text, and a sentence on what it is.

    ``of_right`` are value and interval over the samples that are right at the start, where
    these are not all.
    """

    name: str
    value: str
    interval: str
    meaning: str
    of_right: tuple[str, str] | None = None


@dataclass(frozen=True)
class RightRow:
    """What is said of a class's samples that are right at the start."""

    samples: int
    margin: str
    margin_interval: str
    margin_share: tuple[float, float, float]
    crossing: str
    crossing_interval: str


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
    of_right: RightRow | None


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


def right_at_start(record: AuditRecord) -> RightMarginsRecord | None:
    """Give the margins of samples that are right at the start, where these are not all.

    ``None``, too, for older records, which do not have them.
    """
    right = given(record.margins.right_at_start, None)
    return None if right is None or right.samples == record.plan.samples else right


def figures(record: AuditRecord) -> list[Figure]:
    """List the headline figures."""
    meanings = _meanings(record)
    of_right = headlines_right_at_start(record) if right_at_start(record) else {}
    listed = []
    for figure, estimate in headlines(record).items():
        write = partial(words.write, figure.unit)
        right = of_right.get(figure)
        listed.append(
            Figure(
                figure.title,
                write(estimate.value),
                estimate_interval(estimate, write),
                meanings[figure.name],
                None if right is None else (write(right.value), estimate_interval(right, write)),
            )
        )
    return listed


def _meanings(record: AuditRecord) -> dict[str, str]:
    """Say what each headline figure is, by its name."""
    inequality, reach = record.inequality, f"{record.plan.reach:g}"
    return {
        "accuracy": f"Share of all {called(record.data.image_shape)} of the split that are "
        "classified as labelled."
        if record.data.labelled
        else "Not known: the data has no labels.",
        "restricted-mean-margin": "How far a random direction can be followed before the class "
        f"changes, on average; rays that never cross count as {reach}. RMS, as a share of the "
        f"pixel range (Euclidean: {number(record.margins.restricted_mean.l2, 2)}).",
        "crossing-rate": f"Share of rays on which the class changes within {reach}.",
        "worst-class-margin": "The restricted mean margin of class "
        f"{class_name(record, inequality.worst_class)}, the smallest of all classes"
        + _worst_of_right(record)
        + ".",
        "model-robustness": "Mean margins summed over all pairs of classes (Eq. 2). "
        f"{_reached_pairs(record)} pairs were reached; each other one counts as {reach}.",
        "gini": "0 when all classes have the same restricted mean margin, towards 1 when one has "
        f"it all. The largest and the smallest differ by {number(inequality.max_min)}.",
    }


def _worst_of_right(record: AuditRecord) -> str:
    right = given(record.inequality.right_at_start, None)
    if right is None or right.worst_class is None or right_at_start(record) is None:
        return ""
    return f"; by samples right at the start, of class {class_name(record, right.worst_class)}"


def _reached_pairs(record: AuditRecord) -> str:
    classes = record.model.classes
    reached = sum(count > 0 for row in record.margins.count_matrix for count in row)
    return f"{reached:,} of {classes * (classes - 1):,}"


def class_rows(record: AuditRecord) -> list[ClassRow]:
    """List what is said of each class shown."""
    reach = record.plan.reach
    inequality, right = record.inequality, right_at_start(record)
    rows = []
    for index in shown_classes(record):
        of_class = record.margins.per_class[index]
        margin = of_class.restricted_mean
        rows.append(
            ClassRow(
                index=index,
                name=class_name(record, index),
                samples=of_class.samples,
                accuracy=percent(record.clean.per_class[index].value),
                margin=number(margin.value),
                margin_interval=estimate_interval(margin),
                margin_share=_share(margin, reach),
                crossing=percent(of_class.crossing_rate.value),
                crossing_interval=estimate_interval(of_class.crossing_rate, percent),
                robustness=number(inequality.class_robustness[index]),
                robustness_missing=inequality.class_robustness_missing[index] or "",
                level=inequality.levels[index] or _NONE,
                adjacent=inequality.adjacent_share[index],
                not_crossed=of_class.not_crossed,
                of_right=None if right is None else _right_row(right.per_class[index], reach),
            )
        )
    return rows


def _right_row(of_class: RightClassMarginRecord, reach: float) -> RightRow:
    margin, crossing = of_class.restricted_mean, of_class.crossing_rate
    return RightRow(
        samples=of_class.samples,
        margin=number(margin.value),
        margin_interval=estimate_interval(margin),
        margin_share=_share(margin, reach),
        crossing=percent(crossing.value),
        crossing_interval=estimate_interval(crossing, percent),
    )


def _share(margin: Estimated, reach: float) -> tuple[float, float, float]:
    """Give a margin and the ends of its interval as shares of the reach."""
    value, low, high = words.ends(margin)
    return value / reach, low / reach, high / reach


def preprocessing_sentence(record: AuditRecord) -> str:
    """Say which preprocessing was used and how it was come by."""
    preprocessing = record.data.preprocessing
    name, candidates = _name_of(preprocessing), preprocessing.candidates
    declared = given(preprocessing.declared, None)
    source = printable(declared.source) if declared else "the model's file"
    if preprocessing.how == "given":
        return f"Preprocessing as given: {name}."
    if preprocessing.how == "assumed":
        return f"Preprocessing assumed, not checked: {name}."
    if not candidates:
        return f"Preprocessing as {source} says, not checked: {name}."
    come_by = "found" if preprocessing.how == "found" else f"as {source} says, and found no worse"
    tried = given(preprocessing.tried, len(candidates))
    few = f" ({tried - len(candidates)} of them on a few)" if tried > len(candidates) else ""
    loss = "share of errors" if record.model.scores == "labels" else "cross-entropy"
    best = (
        f"Preprocessing {come_by} by trying {tried} candidates on {preprocessing.tried_on:,} "
        f"labelled {called(record.data.image_shape)}{few}: {name}, accuracy "
        f"{percent(candidates[0].accuracy)} and {loss} "
        f"{number(candidates[0].cross_entropy)}"
    )
    if len(candidates) == 1:
        return f"{best}."
    second = candidates[1]
    return (
        f"{best}; next comes {_name_of(second)} with {percent(second.accuracy)} and "
        f"{number(second.cross_entropy)}."
    )


def _name_of(preprocessing: PreprocessingStep) -> str:
    channels = preprocessing.channels
    details = [
        preprocessing.layout,
        *([channels.upper()] if channels != "grey" else []),
        *(["rows and columns exchanged"] if given(preprocessing.exchanged, False) else []),
        *(["black and white exchanged"] if given(preprocessing.inverted, False) else []),
    ]
    return f"{printable(preprocessing.name)} ({', '.join(details)})"


def directions(record: AuditRecord) -> str:
    """Say along what the search walked."""
    plan = record.plan
    ways = "both ways" if plan.signs == 2 else "forwards"
    own = given(plan.own_directions, None)
    which = "" if own is None else f", {own:,} of them for each sample, in turn"
    return f"{plan.directions:,} random orthogonal ones{which}, walked {ways}"


def how_many_directions(record: AuditRecord) -> str:
    """Say along how many directions each sample was searched, and whether all along the same."""
    own = given(record.plan.own_directions, None)
    if own is None or own == record.plan.directions:
        return f"{record.plan.directions:,} random directions"
    return f"{own:,} random direction{'s' if own > 1 else ''} each"


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


def precision(record: AuditRecord) -> str:
    """Say whether a figure is known as precisely as was asked for, and what half of it takes."""
    reached = given(record.search.precision, None)
    if reached is None:
        return ""
    got = "no interval" if reached.half_width is None else f"± {reached.half_width:.2g}"
    half = (
        "half of that takes more samples than there are"
        if reached.samples_for_half is None
        else f"half of that would take about {reached.samples_for_half:,}"
    )
    outcome = "" if reached.met else "not reached: "
    return (
        f"{outcome}{reached.figure.replace('-', ' ')} known to {got}, asked for ± "
        f"{reached.asked:g}, by {reached.samples:,} of {reached.most:,} samples; {half}"
    )


def search_check(record: AuditRecord) -> str:
    """Say how far the search can be trusted."""
    sentence, bounds = check_sentence(record.search.check), given(record.search.figure_bounds, None)
    if bounds is None or not bounds.crossing_rate:
        return sentence
    return (
        f"{sentence}, which moves the mean margin by no more than {number(bounds.restricted_mean)} "
        f"and the crossing rate by no more than {100 * bounds.crossing_rate:.2g} points (what it "
        f"does to R is bounded by {number(bounds.model_robustness)} only)"
    )


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

"""What every report says, in words and in numbers ready to print.

Reports differ in how they look, never in what they say: that is here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from robaudit.phrases import printable

Record = Mapping[str, Any]

_NONE = "-"
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


def percent(value: float | None) -> str:
    """Write a share as a percentage.

    >>> percent(0.1234)
    '12.3%'
    """
    return _NONE if value is None else f"{100 * value:.1f}%"


def number(value: float | None, digits: int = 3) -> str:
    """Write a number.

    >>> number(0.12345)
    '0.123'
    """
    return _NONE if value is None else f"{value:,.{digits}f}"


def interval(bounds: Sequence[float | None], write: Any = number) -> str:
    """Write an interval; an end that does not exist is left open.

    >>> interval([0.1, None])
    '0.100 or more'
    """
    low, high = bounds
    if low is None and high is None:
        return _NONE
    if high is None:
        return f"{write(low)} or more"
    if low is None:
        return f"{write(high)} or less"
    return f"{write(low)} to {write(high)}"


def estimate_interval(estimate: Mapping[str, float | None], write: Any = number) -> str:
    """Write the interval of an estimate."""
    return interval((estimate["low"], estimate["high"]), write)


def class_name(record: Record, index: int) -> str:
    """Give the name of a class, safe to print."""
    return printable(record["margins"]["per_class"][index]["name"])


def searched_classes(record: Record) -> list[int]:
    """List the classes that were searched, from the smallest margin on."""
    searched = [one for one in record["margins"]["per_class"] if one["samples"]]
    return [
        one["class"] for one in sorted(searched, key=lambda one: one["restricted_mean"]["value"])
    ]


def shown_classes(record: Record) -> list[int]:
    """List the classes that reports show, in order: all, or the worst of many."""
    return sorted(searched_classes(record)[:MOST_CLASSES])


def omission(record: Record) -> str:
    """Say how many classes are not shown, if any."""
    shown, classes = len(shown_classes(record)), record["model"]["classes"]
    if shown == classes:
        return ""
    return f"Shown are {shown} of {classes} classes, those with the smallest margins."


def title(record: Record) -> str:
    """Give the name of the model, safe to print."""
    return printable(record["model"]["name"])


def verdict(record: Record) -> list[str]:
    """Sum up an audit in a few sentences."""
    return [*_on_accuracy(record), _on_crossings(record), *_on_classes(record)]


def _on_accuracy(record: Record) -> list[str]:
    accuracy = record["clean"]["accuracy"]
    if accuracy["value"] is None:
        return []
    samples = record["data"]["samples"]
    return [f"It classifies {percent(accuracy['value'])} of {samples:,} images correctly."]


def _on_crossings(record: Record) -> str:
    margins, plan = record["margins"], record["plan"]
    ways = "both ways" if plan["signs"] == 2 else "one way"
    what = "synthetic inputs" if record["data"]["synthetic"] else "images"
    return (
        f"Walking from {plan['samples']:,} {what} along {plan['directions']:,} random directions, "
        f"{ways}, {percent(margins['crossing_rate']['value'])} of the rays "
        f"({estimate_interval(margins['crossing_rate'], percent)}) leave their class within "
        f"{plan['reach']:g} of the pixel range."
    )


def _on_classes(record: Record) -> list[str]:
    order = searched_classes(record)
    if len(order) < 2:
        return []
    per_class = record["margins"]["per_class"]
    worst, best = per_class[order[0]], per_class[order[-1]]
    apart = worst["restricted_mean"]["high"] < best["restricted_mean"]["low"]
    return [
        f"Easiest to leave is class {_margin_of(record, order[0])}, hardest is class "
        f"{_margin_of(record, order[-1])}"
        + ("." if apart else "; their intervals overlap, so that may be chance.")
    ]


def _margin_of(record: Record, index: int) -> str:
    one = record["margins"]["per_class"][index]
    return (
        f"{class_name(record, index)} (mean margin {number(one['restricted_mean']['value'])}, "
        f"{percent(one['crossing_rate']['value'])} of its rays cross)"
    )


def figures(record: Record) -> list[Figure]:
    """List the headline figures."""
    margins, inequality = record["margins"], record["inequality"]
    intervals = inequality["intervals"]
    accuracy = record["clean"]["accuracy"]
    worst = inequality["worst_class_margin"]
    reach = record["plan"]["reach"]
    return [
        Figure(
            "Clean accuracy",
            percent(accuracy["value"]),
            estimate_interval(accuracy, percent),
            "Share of all images of the split that are classified as labelled."
            if record["data"]["labelled"]
            else "Not known: the data has no labels.",
        ),
        Figure(
            "Restricted mean margin",
            number(margins["restricted_mean"]["value"]),
            estimate_interval(margins["restricted_mean"]),
            "How far a random direction can be followed before the class changes, on average; "
            f"rays that never cross count as {reach:g}. RMS, as a share of the pixel range "
            f"(Euclidean: {number(margins['restricted_mean']['l2'], 2)}).",
        ),
        Figure(
            "Crossing rate",
            percent(margins["crossing_rate"]["value"]),
            estimate_interval(margins["crossing_rate"], percent),
            f"Share of rays on which the class changes within {reach:g}.",
        ),
        Figure(
            "Worst class margin",
            number(worst["value"]),
            estimate_interval(worst),
            f"The restricted mean margin of class {class_name(record, inequality['worst_class'])}"
            ", the smallest of all classes.",
        ),
        Figure(
            "Model robustness R",
            number(inequality["model_robustness"], 2),
            interval(intervals["model_robustness"], lambda bound: number(bound, 2)),
            f"Mean margins summed over all pairs of classes (Eq. 2). {_reached_pairs(record)} "
            f"pairs were reached; each other one counts as {reach:g}.",
        ),
        Figure(
            "Inequality (Gini)",
            number(inequality["gini"]),
            interval(intervals["gini"]),
            "0 when all classes have the same restricted mean margin, towards 1 when one has it "
            f"all. The largest and the smallest differ by {number(inequality['max_min'])}.",
        ),
    ]


def _reached_pairs(record: Record) -> str:
    classes = record["model"]["classes"]
    reached = sum(count > 0 for row in record["margins"]["count_matrix"] for count in row)
    return f"{reached:,} of {classes * (classes - 1):,}"


def class_rows(record: Record) -> list[ClassRow]:
    """List what is said of each class shown."""
    reach = record["plan"]["reach"]
    inequality = record["inequality"]
    rows = []
    for index in shown_classes(record):
        one = record["margins"]["per_class"][index]
        margin = one["restricted_mean"]
        rows.append(
            ClassRow(
                index=index,
                name=class_name(record, index),
                samples=one["samples"],
                accuracy=percent(record["clean"]["per_class"][index]["value"]),
                margin=number(margin["value"]),
                margin_interval=estimate_interval(margin),
                margin_share=tuple(margin[key] / reach for key in ("value", "low", "high")),
                crossing=percent(one["crossing_rate"]["value"]),
                crossing_interval=estimate_interval(one["crossing_rate"], percent),
                robustness=number(inequality["class_robustness"][index]),
                robustness_missing=inequality["class_robustness_missing"][index] or "",
                level=inequality["levels"][index] or _NONE,
                adjacent=inequality["adjacent_share"][index],
                not_crossed=one["not_crossed"],
            )
        )
    return rows


def gate_lines(record: Record) -> list[tuple[str, str]]:
    """List each gate's outcome and the sentence that goes with it."""
    lines = []
    for gate in record["gates"]:
        side = "at least" if gate["better"] == "higher" else "at most"
        lines.append(
            (
                gate["outcome"],
                f"{printable(gate['metric'])} is {number(gate['value'])} "
                f"({estimate_interval(gate)}), wanted {side} {gate['threshold']:g}",
            )
        )
    return lines


def preprocessing_sentence(record: Record) -> str:
    """Say which preprocessing was used and how it was come by."""
    found = record["data"]["preprocessing"]
    name = _name_of(found)
    if found["how"] == "given":
        return f"Preprocessing as given: {name}."
    if found["how"] == "assumed":
        return f"Preprocessing assumed, not checked: {name}."
    first, second = found["candidates"][:2]
    return (
        f"Preprocessing found by trying {len(found['candidates'])} candidates on "
        f"{found['tried_on']:,} labelled images: {name}, accuracy {percent(first['accuracy'])} "
        f"and cross-entropy {number(first['cross_entropy'])}; next comes {_name_of(second)} with "
        f"{percent(second['accuracy'])} and {number(second['cross_entropy'])}."
    )


def _name_of(preprocessing: Mapping[str, Any]) -> str:
    channels = preprocessing["channels"]
    order = "" if channels == "grey" else f", {channels.upper()}"
    return f"{printable(preprocessing['name'])} ({preprocessing['layout']}{order})"


def directions(record: Record) -> str:
    """Say along what the search walked."""
    plan = record["plan"]
    ways = "both ways" if plan["signs"] == 2 else "forwards"
    return f"{plan['directions']:,} random orthogonal ones, walked {ways}"


def steps(record: Record) -> str:
    """Say how far the search walked."""
    plan = record["plan"]
    clipped = "clipped to the pixel range" if plan["clip"] else "not clipped"
    return f"{plan['steps']} of {plan['step']:g} (RMS), a reach of {plan['reach']:g}, {clipped}"


def made(record: Record) -> str:
    """Say when and on what the audit was made."""
    made_on = record["environment"]
    return printable(f"{made_on['created']}, Python {made_on['python']}, {made_on['platform']}")


def detail(value: Any) -> str:
    """Write a fact that an adapter gave, whatever it is made of.

    >>> detail({"name": "input", "sizes": [1, 2]})
    'name: input; sizes: 1, 2'
    """
    if isinstance(value, Mapping):
        return "; ".join(f"{printable(str(key))}: {detail(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(detail(item) for item in value)
    if isinstance(value, float):
        return f"{value:.6g}"
    return printable(str(value))


def search(record: Record) -> str:
    """Say by which strategy the search was done, and what it took."""
    found = record["search"]
    strategy = found.get("strategy", record["plan"]["strategy"])
    instead = ""
    if strategy != "linear":
        instead = f" instead of {found['linear_evaluations']:,} of a linear search"
    return (
        f"{strategy}: {found['forward_evaluations']:,} forward passes{instead}, for "
        f"{found['rays']:,} rays in {found['seconds']:,.1f} s"
    )


def search_check(found: Record) -> str:
    """Say how far a search can be trusted."""
    if found.get("strategy", "linear") == "linear":
        why = found.get("fallback")
        return "not needed: every step was probed" + (f" ({printable(why)})" if why else "")
    wrong, bound = found["disagreements"], found["disagreement_upper_bound"]
    return (
        f"{wrong:,} of {found['audited_rays']:,} rays drawn at random told otherwise when walked "
        f"in full; with 95% confidence that is at most {100 * bound:.2g}% of all rays"
    )

"""Gates for CI: on which side of a threshold a figure lies, and how sure that is."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from robaudit.errors import UsageError

Outcome = Literal["passed", "failed", "inconclusive"]


@dataclass(frozen=True)
class Metric:
    """A figure of a record that can be gated: where it stands, and which way is better."""

    path: tuple[str, ...]
    better: Literal["higher", "lower"]


METRICS = {
    "accuracy": Metric(("clean", "accuracy"), "higher"),
    "restricted-mean-margin": Metric(("margins", "restricted_mean"), "higher"),
    "crossing-rate": Metric(("margins", "crossing_rate"), "lower"),
    "worst-class-margin": Metric(("inequality", "worst_class_margin"), "higher"),
}


@dataclass(frozen=True)
class Gate:
    """A metric and the threshold that it must be on the better side of."""

    metric: str
    threshold: float


@dataclass(frozen=True)
class Verdict:
    """How a record did at a gate.

    A threshold itself is good enough. It fails when the whole interval is worse
    than the threshold, and is inconclusive when the interval straddles it.
    """

    metric: str
    threshold: float
    better: Literal["higher", "lower"]
    value: float
    low: float
    high: float
    outcome: Outcome


def parse_gate(text: str) -> Gate:
    """Read ``METRIC=VALUE``.

    >>> parse_gate("crossing_rate=0.25")
    Gate(metric='crossing-rate', threshold=0.25)
    """
    name, _, number = text.partition("=")
    metric = name.strip().replace("_", "-")
    try:
        threshold = float(number)
    except ValueError:
        threshold = math.nan
    if metric not in METRICS or not 0 <= threshold < math.inf:
        raise UsageError(
            f"gate {text!r}",
            expected=f"METRIC=VALUE, METRIC one of {', '.join(METRICS)}, VALUE 0 or more",
        )
    if metric in ("accuracy", "crossing-rate") and threshold > 1:
        raise UsageError(f"gate {text!r}", expected="a share from 0 to 1")
    return Gate(metric, threshold)


def judge(record: Mapping[str, Any], gate: Gate) -> Verdict:
    """Hold a record against a gate that it has a figure for (`check_gates`)."""
    metric = METRICS[gate.metric]
    figure: Any = record
    for key in metric.path:
        figure = figure[key]
    low, high, threshold = figure["low"], figure["high"], gate.threshold
    if metric.better == "higher":
        right, wrong = low >= threshold, high < threshold
    else:
        right, wrong = high <= threshold, low > threshold
    return Verdict(
        metric=gate.metric,
        threshold=gate.threshold,
        better=metric.better,
        value=figure["value"],
        low=low,
        high=high,
        outcome="passed" if right else "failed" if wrong else "inconclusive",
    )


def check_gates(gates: Sequence[Gate], *, labelled: bool) -> None:
    """Raise UsageError for a gate that cannot be judged, before the work is done."""
    if not labelled and any(gate.metric == "accuracy" for gate in gates):
        raise UsageError("a gate on accuracy without labels", expected="labelled data")

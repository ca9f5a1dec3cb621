"""Gates for CI, as they are typed, and which of them can be evaluated."""

import math
from collections.abc import Sequence

from robaudit.errors import UsageError
from robaudit.metrics.figures import (
    ACCURACY,
    CROSSING_RATE,
    MEAN_MARGIN,
    OF_RIGHT,
    ROBUST_ACCURACY,
    WORST_CLASS,
)
from robaudit.metrics.gates import Gate
from robaudit.phrases import did_you_mean

_OF_MARGINS = (MEAN_MARGIN, CROSSING_RATE, WORST_CLASS)
METRICS = {
    figure.name: figure
    for figure in (
        ACCURACY,
        *_OF_MARGINS,
        *(OF_RIGHT[figure] for figure in _OF_MARGINS),
        ROBUST_ACCURACY,
    )
}
"""The figures that can be gated; those of margins over all samples and those right at the start."""


def parse_gate(text: str) -> Gate:
    """Read ``METRIC=VALUE``.

    >>> gate = parse_gate("crossing_rate=0.25")
    >>> gate.figure.name, gate.threshold
    ('crossing-rate', 0.25)
    """
    name, _, number = text.partition("=")
    figure = METRICS.get(name.strip().replace("_", "-"))
    try:
        threshold = float(number)
    except ValueError:
        threshold = math.nan
    if figure is None or not 0 <= threshold < math.inf:
        raise UsageError(
            f"gate {text!r}",
            expected=f"METRIC=VALUE, METRIC one of {', '.join(METRICS)}, VALUE 0 or more",
            advice="" if figure else did_you_mean(name, METRICS),
        )
    if figure.unit == "share" and threshold > 1:
        raise UsageError(f"gate {text!r}", expected="a share from 0 to 1")
    return Gate(figure, threshold)


def check_gates(gates: Sequence[Gate], *, real: bool, labelled: bool) -> None:
    """Raise UsageError for a gate that cannot be evaluated, before the work is done.

    Inputs that are made for the model, where there are no ``real`` ones, say nothing of
    what it does: no gate can pass on them.
    """
    if gates and not real:
        raise UsageError(
            f"a gate on {gates[0].figure.name} without data: what synthetic inputs give would "
            "say nothing of real ones",
            expected="--data FILE, real inputs",
        )
    if not labelled and any(gate.figure is ACCURACY for gate in gates):
        raise UsageError("a gate on accuracy without labels", expected="labelled data")

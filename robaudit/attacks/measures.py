"""What may be measured beside attacks, on the samples that are attacked. Only names are here."""

from collections.abc import Sequence
from typing import Literal, get_args

from robaudit.errors import UsageError
from robaudit.phrases import did_you_mean

Measure = Literal["corruptions", "detection", "directions"]
MEASURES: tuple[Measure, ...] = get_args(Measure)


def check_measures(measures: Sequence[str], *, adversary: bool) -> None:
    """Raise UsageError for a measure that is none, and for detection without an ``adversary``."""
    for name in measures:
        if name not in MEASURES:
            raise UsageError(
                f"measure {name!r}",
                expected="one of " + ", ".join(MEASURES),
                advice=did_you_mean(name, MEASURES),
            )
    if "detection" in measures and not adversary:
        raise UsageError(
            "detection, and no adversary whose examples are to be detected",
            expected="attacks that look for the worst, such as `attacks=quick`",
        )

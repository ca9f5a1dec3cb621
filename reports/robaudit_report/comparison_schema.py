"""Checking of comparisons what their schema cannot: that their parts belong together."""

from collections.abc import Iterator
from typing import Any

from robaudit.errors import RecordError


def check_comparison(record: Any) -> None:
    """Raise RecordError for a comparison whose parts do not belong together."""
    before, after = record["before"], record["after"]
    for section, name in _SHARED:
        if before[section][name] != after[section][name]:
            raise RecordError(
                f"no comparison: {section}.{name} is {before[section][name]} before and "
                f"{after[section][name]} after",
                expected="two audits of the same samples along the same directions",
            )
    classes = before["model"]["classes"]
    for name, index, count in _indices(record, classes):
        if index is not None and index >= count:
            raise RecordError(
                f"no comparison: {name} is {index}", expected=f"a number from 0 to {count - 1}"
            )
    hardening = record["hardening"]
    for number, one in enumerate(hardening["spread"] if hardening else []):
        if len(one["values"]) != len(hardening["runs"]):
            raise RecordError(
                f"no comparison: hardening.spread[{number}].values has {len(one['values'])} "
                "entries",
                expected=f"{len(hardening['runs'])}, one a run",
            )


_SHARED = (
    ("model", "classes"),
    *(("plan", name) for name in ("samples", "directions", "signs", "step", "steps")),
)


def _indices(record: Any, classes: int) -> Iterator[tuple[str, int | None, int]]:
    """Give the name of each index, the index, and how many there are to point at."""
    attacks = len(record["before"]["attacks"])
    for number, one in enumerate(record["differences"]):
        yield f"differences[{number}].class", one["class"], classes
        yield f"differences[{number}].attack", one["attack"], attacks
    for number, one in enumerate(record["class_centers"]):
        yield f"class_centers[{number}].class", one["class"], classes
    hardening = record["hardening"]
    for run in hardening["runs"] if hardening else []:
        for one in (one for turn in run["rounds"] for one in turn["classes"]):
            yield "hardening.runs.rounds.classes.class", one["class"], classes

"""One table of all that was found."""

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.search.tables import table


def to_markdown(results: Mapping[str, Mapping[str, Any]]) -> str:
    """Write one row for each thing that each part found, and why a part did not end, if so."""
    rows = [
        [part, what, value]
        for part, found in results.items()
        for what, value in _entries({"error": found.get("error", "none"), **found})
    ]
    return table(["part", "what", "found"], rows, texts=2) + "\n"


def _entries(found: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Give names and values, those of mappings within mappings in one row."""
    for name, value in found.items():
        if isinstance(value, Mapping):
            if any(isinstance(one, Mapping) for one in value.values()):
                yield from _entries(value, f"{before}{name}: ")
            else:
                pairs = (f"{key} {_written(one)}" for key, one in value.items())
                yield before + name, "; ".join(pairs)
        else:
            yield before + name, _written(value)


def _written(value: Any) -> str:
    """Write a value in a cell.

    >>> _written(1234567), _written(0.03456), _written(["a", "b"]), _written([])
    ('1,234,567', '0.0346', 'a, b', 'none')
    """
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value).replace("|", "/")

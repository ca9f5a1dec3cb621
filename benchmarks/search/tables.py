"""The tables, in Markdown."""

from collections.abc import Mapping, Sequence

from benchmarks.search.figures import (
    Figures,
    Result,
    Summary,
    fewer_probes,
    kept_speed,
    rays,
    saved_by_tracing,
)

NAMES = {
    "bare": "bare forward",
    "linear": "linear",
    "traced": "traced",
    "authors": "authors' way",
    "foolbox": "Foolbox",
}


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], texts: int = 1) -> str:
    """Write a table whose first ``texts`` columns are text and the others numbers."""
    rule = ["---"] * texts + ["---:"] * (len(heads) - texts)
    return "\n".join("| " + " | ".join(row) + " |" for row in (heads, rule, *rows))


def ratios_table(results: Sequence[Result]) -> str:
    """Write one row a model: its size, and how the ways compare."""
    heads = [
        "model",
        "multiply-adds",
        "rays",
        "of them in full",
        "linear / bare, probes/s",
        "linear / traced, probes",
        "but for those in full",
        "traced / linear, rays/s",
        "traced / authors', rays/s",
        "traced differs",
        "authors' differs",
    ]
    rows = [
        [
            one.subject.name,
            short(one.facts.multiply_adds),
            f"{one.facts.rays:,}",
            f"{one.ways['traced'].walked_in_full:,}",
            f"{kept_speed(one):.2f}",
            f"{fewer_probes(one):.2f}" + ("*" if one.ways["traced"].fallback else ""),
            "" if one.ways["traced"].fallback else f"{saved_by_tracing(one):.2f}",
            f"{rays(one, 'traced', 'linear'):.2f}",
            f"{rays(one, 'traced', 'authors'):.2f}",
            *[_differs(one.disagreements.get(way)) for way in ("traced", "authors")],
        ]
        for one in results
    ]
    return table(heads, rows)


def ways_table(results: Sequence[Result]) -> str:
    """Write one row for each way on each model."""
    heads = [
        *("model", "way", "probes/s", "probes/ray", "rays/s", "in the model"),
        *("once, s", "after, s", "batch", "peak, MB", "added, MB"),
    ]
    rows = []
    for one in results:
        for way, name in NAMES.items():
            if way in one.ways:
                rows.append([one.subject.name, name, *_figures(one.ways[way])])
            else:
                reason = one.left_out.get(way, "")
                rows.append([one.subject.name, name, reason, *[""] * 8])
    return table(heads, rows, texts=2)


def _figures(figures: Figures) -> list[str]:
    walked = figures.probes_per_ray is not None
    return [
        f"{figures.probes_per_second:,.0f}",
        f"{figures.probes_per_ray:.2f}" if figures.probes_per_ray is not None else "",
        f"{figures.rays_per_second:,.1f}" if walked else "",
        f"{100 * figures.in_model:.0f}%" if walked else "",
        f"{figures.once:.1f}" if figures.once else "",
        f"{figures.after:.2f}" if figures.after else "",
        str(figures.batch_size),
        f"{figures.peak_memory / 1e6:,.0f}",
        f"{figures.added_memory / 1e6:,.0f}",
    ]


def fallbacks(results: Sequence[Result]) -> list[str]:
    """Say why the traced search was given up, and on which models."""
    models: dict[str, list[str]] = {}
    for one in results:
        if reason := one.ways["traced"].fallback:
            models.setdefault(reason, []).append(one.subject.name)
    return [f"\\* given up, {reason}: {', '.join(names)}" for reason, names in models.items()]


def told_otherwise(results: Sequence[Result]) -> str:
    """Say how many rays the traced search told otherwise than the linear one, in all."""
    pairs = [one.disagreements["traced"] for one in results if not one.ways["traced"].fallback]
    differ, compared = (sum(column) for column in zip(*pairs, strict=True)) if pairs else (0, 0)
    return (
        f"Where it was not given up, the traced search told {differ:,} of {compared:,} rays "
        "otherwise than the linear one."
    )


def summary_table(summaries: Sequence[Summary]) -> str:
    """Write the geometric means beside the numbers to reach."""
    rows = [
        [
            one.name,
            "" if one.mean is None else f"{one.mean:.2f}",
            "" if one.target is None else f"{one.target:g}",
            str(one.models),
        ]
        for one in summaries
    ]
    return table(["ratio, geometric mean", "measured", "to reach", "models"], rows)


def memory_table(peaks: Mapping[str, Mapping[int, int]]) -> str:
    """Write the peak memory (bytes) of each way by how many rays it walks."""
    counts = sorted({count for row in peaks.values() for count in row})
    rows = [
        [name, *[f"{row[count] / 1e6:,.0f}" if count in row else "" for count in counts]]
        for name, row in peaks.items()
    ]
    return table(["peak memory, MB", *[f"{count:,} rays" for count in counts]], rows)


def short(number: float) -> str:
    """Write a large number in short.

    >>> short(16_300_000), short(79_400)
    ('16.3 M', '79.4 k')
    """
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return f"{number:.0f}"


def _differs(counted: tuple[int, int] | None) -> str:
    return "" if counted is None else f"{counted[0]:,} of {counted[1]:,}"

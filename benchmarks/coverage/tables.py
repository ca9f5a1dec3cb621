"""The tables of the study, in Markdown."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from benchmarks.coverage.results import Result, Shares


def coverage_table(results: Sequence[Result]) -> str:
    """Give of each figure its coverage and width over all cells, and the worst cells."""
    lines = [
        "| figure | cells | coverage: least | mean | width: mean | largest | none |",
        "|---|---|---|---|---|---|---|",
    ]
    for figure, cells in _by_figure(results).items():
        there = [cell for cell in cells if not np.isnan(cell.coverage)]
        without = np.mean([cell.without for cell in cells])
        numbers = "- | - | - | -"
        if there:
            coverage = [cell.coverage for cell in there]
            ratio = [cell.ratio for cell in there]
            numbers = (
                f"{min(coverage):.3f} | {np.mean(coverage):.3f} | "
                f"{np.nanmean(ratio):.2f} | {np.nanmax(ratio):.2f}"
            )
        lines.append(f"| {figure} | {len(cells)} | {numbers} | {without:.0%} |")
    return "\n".join(lines)


def shares_table(shares: Sequence[Shares]) -> str:
    """Give how often what is counted happened: least, mean and most over cells."""
    lines = ["| what | cells | least | mean | most |", "|---|---|---|---|---|"]
    found = defaultdict(list)
    for one in shares:
        found[one.what].append(one.share)
    for what, values in found.items():
        lines.append(
            f"| {what} | {len(values)} | {min(values):.3f} | {np.mean(values):.3f} | "
            f"{max(values):.3f} |"
        )
    return "\n".join(lines)


def missed_table(results: Sequence[Result], least: float, widest: float) -> str:
    """List the cells that hold less often than ``least`` (less two errors), or are wider."""
    lines = ["| figure | cell | coverage | below | above | width |", "|---|---|---|---|---|---|"]
    for one in results:
        allowed = least - 2 * (least * (1 - least) / one.audits) ** 0.5
        if one.coverage < allowed or one.ratio > widest:
            lines.append(
                f"| {one.figure} | {one.cell} | {one.coverage:.3f} | {one.below:.3f} | "
                f"{one.above:.3f} | {one.ratio:.2f} |"
            )
    return "\n".join(lines)


def _by_figure(results: Sequence[Result]) -> dict[str, list[Result]]:
    figures = defaultdict(list)
    for one in results:
        figures[one.figure].append(one)
    return figures

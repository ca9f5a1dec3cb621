"""What became of runs that were killed, as a table."""

from collections.abc import Sequence

from tests.crash.killing import Outcome


def make_table(outcomes: Sequence[Outcome]) -> str:
    """Count runs by their case: killed once, twice, resumed from blocks, the same, strays."""
    lines = [
        "| work | runs | killed | twice | went on from blocks | the same results | stray files |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name in dict.fromkeys(outcome.case for outcome in outcomes):
        some = [outcome for outcome in outcomes if outcome.case == name]
        strays = [wrong for one in some for wrong in one.wrong if wrong.startswith("stray")]
        same = sum(all(wrong.startswith("stray") for wrong in one.wrong) for one in some)
        counts = [
            len(some),
            sum(one.killed > 0 for one in some),
            sum(one.killed > 1 for one in some),
            sum(one.resumed for one in some),
            same,
            len(strays),
        ]
        lines.append(f"| {name} | " + " | ".join(map(str, counts)) + " |")
    return "\n".join(lines)

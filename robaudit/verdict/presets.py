"""Gates that have a name: ``preset = "recommended"`` or ``"strict"``."""

from collections.abc import Sequence
from dataclasses import replace

from robaudit.metrics.figures import ACCURACY, ROBUST_ACCURACY
from robaudit.metrics.gates import WORST, Gate, OnInconclusive, Source

NOT_WORSE = (
    Gate(ACCURACY, 0.0, drop=True),
    Gate(ACCURACY, 0.0, of_class=WORST, drop=True),
    Gate(ROBUST_ACCURACY, 0.0, drop=True),
)
"""Not worse than the baseline beyond chance: accuracy, the worst class, the strongest adversary."""

PRESETS: dict[str, OnInconclusive | None] = {"recommended": None, "strict": "fail"}
"""What the gates of each preset come to where they cannot be decided."""


def preset_gates(name: str, source: Source) -> list[Gate]:
    """Give the gates of one of `PRESETS`, all of which ask for a baseline."""
    return [replace(gate, on_inconclusive=PRESETS[name], source=source) for gate in NOT_WORSE]


def with_preset(preset: Sequence[Gate], own: Sequence[Gate]) -> list[Gate]:
    """Put a preset's gates before others; of the same name, one's own takes its place."""
    names = {gate.name for gate in own}
    return [*(gate for gate in preset if gate.name not in names), *own]

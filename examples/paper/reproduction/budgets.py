"""How strong attacks are, where the paper does not say: by one rule for all of them.

Each attack gets the budget under which the share that holds, of the validation images
that the original model of the first seed classifies correctly, is the accuracy that the
paper gives for its own original model: a share of what is correct, since the paper does
not give that model's accuracy without an attack. The budget is found by halving.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from reproduction import measuring
from reproduction.paper import paper_attacks
from reproduction.settings import ATTACKS, Setting, attack_text, budget_name, far_beyond, most_of
from reproduction.work import Bench

HALVINGS = 8
REACHED = 0.02
"""A wanted share counts as reached where what holds is no further from it."""

_BUDGETS = "budgets.json"


def wanted_shares(setting: Setting) -> dict[str, float]:
    """Give for each attack the share that is to hold: a half where the paper has no number."""
    return {name: paper_attacks(setting.dataset, name).get("original", 0.5) for name in ATTACKS}


def depends_on(setting: Setting) -> dict[str, Any]:
    """Give all that the choice depends on, besides the model and the data."""
    most = {name: attack_text(name, most_of(name, setting), setting) for name in ATTACKS}
    return {
        "attacks": most,
        "far": far_beyond(setting),
        "wanted": wanted_shares(setting),
        "halvings": HALVINGS,
        "samples": setting.tuned,
    }


def choose_budgets(bench: Bench, model: Path, folder: Path, seed: int = 0) -> None:
    """Find the budgets on a model of a seed, and keep them with the share that holds there."""
    chosen = {}
    for name, wanted in wanted_shares(bench.setting).items():
        budget, holds = halved(
            share_that_holds(bench, model, name, seed), wanted, most_of(name, bench.setting)
        )
        chosen[name] = {"budget": budget, "holds": holds, "wanted": wanted}
    (folder / _BUDGETS).write_text(json.dumps(chosen, indent=1))


def halved(share: Callable[[float], float], wanted: float, most: float) -> tuple[float, float]:
    """Find the budget up to ``most`` under which a falling share is nearest to one wanted.

    >>> halved(lambda budget: 1 - budget, 0.25, 1.0)
    (0.75, 0.25)
    """
    low, high, tried = 0.0, most, {most: share(most)}
    for _ in range(HALVINGS):
        budget = float(f"{(low + high) / 2:.4g}")
        tried[budget] = share(budget)
        low, high = (budget, high) if tried[budget] > wanted else (low, budget)
    best = min(tried, key=lambda one: abs(tried[one] - wanted))
    return best, tried[best]


def share_that_holds(
    bench: Bench, model: Path, name: str, seed: int = 0
) -> Callable[[float], float]:
    """Give the function from a budget to the share that holds of what is correct."""
    setting, images = bench.setting, bench.data.validation_of(seed)

    def attacked(budget: float) -> dict[str, Any]:
        text = attack_text(name, budget, setting)
        return measuring.attacked(bench, model, images, [text], seed, setting.tuned)

    if budget_name(name) != "budget":

        def tried(budget: float) -> float:
            found = attacked(budget)
            return float(np.array(found["held"][0])[found["correct"]].mean())

        return tried
    # An L2 attack finds its nearest example whatever the budget: one run tells of all.
    found = attacked(far_beyond(setting))
    far = np.array(found["distances"][0])[found["correct"]]
    return lambda budget: float(((far < 0) | (far > budget)).mean())


def read_budgets(folder: Path) -> Mapping[str, float]:
    """Give the budget of each attack, in the order of Table III."""
    return {name: one["budget"] for name, one in read_choices(folder).items()}


def read_choices(folder: Path) -> Mapping[str, Mapping[str, float]]:
    """Give for each attack its ``budget``, the share that ``holds`` there, and that ``wanted``."""
    found: Mapping[str, Mapping[str, float]] = json.loads((folder / _BUDGETS).read_text())
    return found

"""How strong attacks are, where the paper does not say: by one rule for all of them.

Of the budgets that are tried, each attack gets the one under which, of the images that
the original model of the first seed has right, the share that holds comes nearest to the
accuracy that the paper gives for its own original model.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from reproduction import work
from reproduction.paper import paper_attacks
from reproduction.settings import ATTACKS, Setting, attack_text, budget_name, far_beyond, grid_of
from reproduction.work import Bench

_BUDGETS = "budgets.json"


def trial_attacks(setting: Setting) -> list[str]:
    """List the attacks that are tried; one of each L2 attack tells of all its budgets."""
    return [
        attack_text(name, budget, setting) for name in ATTACKS for budget in _tried(name, setting)
    ]


def choose_budgets(bench: Bench, model: Path, folder: Path) -> None:
    """Try all budgets on a model, and keep the chosen ones and the share that holds there."""
    setting = bench.setting
    work.attack(bench, model, trial_attacks(setting), folder)
    found = json.loads((folder / work.ATTACKS_FILE).read_text())
    right = np.array(found["correct"])
    trials = iter(zip(found["held"], found["distances"], strict=True))
    chosen = {}
    for name in ATTACKS:
        grid = grid_of(name, setting)
        tried = [next(trials) for _ in _tried(name, setting)]
        if budget_name(name) == "budget":
            far = np.array(tried[0][1])[right]
            shares = [float(((far < 0) | (far > budget)).mean()) for budget in grid]
        else:
            shares = [float(np.array(held)[right].mean()) for held, _ in tried]
        wanted = paper_attacks(setting.dataset, name).get("original", 0.5)
        best = int(np.argmin(np.abs(np.array(shares) - wanted)))
        chosen[name] = {"budget": grid[best], "holds": shares[best], "wanted": wanted}
    (folder / _BUDGETS).write_text(json.dumps(chosen, indent=1))


def read_budgets(folder: Path) -> Mapping[str, float]:
    """Give the budget of each attack, in the order of Table III."""
    return {name: one["budget"] for name, one in read_choices(folder).items()}


def read_choices(folder: Path) -> Mapping[str, Mapping[str, float]]:
    """Give for each attack its ``budget``, the share that ``holds`` there, and that ``wanted``."""
    found: Mapping[str, Mapping[str, float]] = json.loads((folder / _BUDGETS).read_text())
    return found


def _tried(name: str, setting: Setting) -> tuple[float, ...]:
    if budget_name(name) == "budget":
        return (far_beyond(setting),)
    return grid_of(name, setting)

"""How strong the attacks are: the budgets that were found, and what was wanted of them."""

from collections.abc import Mapping
from typing import Any

from reproduction.budgets import HALVINGS, REACHED
from reproduction.paper import paper_attacks
from reproduction.rendering import number_text
from reproduction.settings import Setting, attack_text, budget_name
from reproduction.tables import Table, attack_title


def budget_table(setting: Setting, choices: Mapping[str, Mapping[str, float]]) -> Table:
    """List the budget of each attack, the share that holds of what is correct, and that wanted."""
    rows: list[dict[str, Any]] = [
        {"name": attack_title(name), "cells": _cells(name, one, setting)}
        for name, one in choices.items()
    ]
    missed = [row["name"] for row in rows if "note" in row["cells"][1]]
    reading = [f"Not reached: {', '.join(missed)}."] if missed else []
    return {
        "id": "budgets",
        "title": "Budgets of the attacks",
        "caption": (
            "The paper gives none. Each is the one, found in "
            f"{HALVINGS} halvings of the range that was tried, under which the share that holds "
            f"of what Ori. of the first seed classifies correctly, of {setting.tuned} images kept "
            "from training and reported nowhere else, comes nearest to the accuracy that the paper "
            "gives for its Ori.: a share of what is correct, since the paper does not say what its "
            "Ori. has without an attack. Where the paper has no number, a half is wanted"
        ),
        "unit": "share",
        "columns": ["budget", "share of correct that holds", "wanted"],
        "rows": rows,
        "reading": [*reading, *_repeated(setting)],
    }


def _cells(name: str, one: Mapping[str, float], setting: Setting) -> list[dict[str, Any]]:
    text = attack_text(name, one["budget"], setting).partition(":")[2]
    parameters = (part.partition("=") for part in text.split(","))
    budget = ", ".join(f"{key} {float(value):.4g}" for key, _, value in parameters)
    holds: dict[str, Any] = {"value": one["holds"], "low": None, "high": None, "paper": None}
    if abs(one["holds"] - one["wanted"]) > REACHED:
        holds["note"] = (
            f"not reached: more than {number_text(REACHED, 'points').lstrip('+')} points from "
            "what was wanted"
        )
    return [
        {"value": one["budget"], "text": budget, "paper": None},
        holds,
        {"value": one["wanted"], "low": None, "high": None, "paper": None},
    ]


def _repeated(setting: Setting) -> list[str]:
    """Say where the paper's numbers for two attacks are the same, and so hardly both measured."""
    fgsm, deepfool = (paper_attacks(setting.dataset, name) for name in ("fgsm", "deepfool"))
    if not fgsm or fgsm != deepfool:
        return []
    return [
        "The paper's row of DeepFool repeats its row of FGSM, number by number: probably an error "
        f"of copying. The {budget_name('deepfool')} of DeepFool here is tuned to it all the same."
    ]

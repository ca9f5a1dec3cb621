"""Likely reasons why something differs: written by hand, printed only where it does."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reproduction.agreement import Finding
from reproduction.settings import Setting

_NETWORK = "Likely, since it depends on the network, which the paper does not give."

_REASONS = {
    ("mnist", "Table III", "Ori. above Adv. under noise"): (
        "Likely, since the paper's Adv. is the model of Madry et al., trained long and against 40 "
        "steps of PGD; ours goes on from Ori."
    ),
    ("mnist", "Fig. 3", "F.L. above Adv. under FGSM of 0.5"): (
        "Likely for the same reason as Adv. under noise: ours gives way more slowly beyond what "
        "it was trained on; and our F.L. falls sooner than the paper's."
    ),
    ("mnist", "Fig. 3", "Ori. above Adv. under FGSM of 0.5"): (
        "Likely for the same reason as Adv. under noise."
    ),
    ("cifar10", "Table I", "most rays end in bird"): _NETWORK,
}


def reason_for(setting: Setting, tables: Mapping[str, Any], finding: Finding) -> Finding:
    """Add a likely reason to a finding that differs, where one is known and holds."""
    if finding.verdict != "not reproduced":
        return finding
    key = (setting.dataset, finding.where, finding.claim)
    reasons = [_REASONS[key]] if key in _REASONS else []
    if finding.where == "R" and "Adv." in finding.claim:
        reasons.append(
            "Likely, since R weighs rarely joined pairs of classes as much as all others, and "
            "which these are varies from network to network."
        )
    if finding.where == "Table IV":
        reasons.append("R_i are ratios of small sums, which vary by factors of ten between seeds.")
    if finding.where == "Table III" and finding.claim == "its numbers":
        reasons += _of_attacks(setting, tables["table-3"])
    return replace(finding, reason=" ".join(reasons))


def _of_attacks(setting: Setting, table: Mapping[str, Any]) -> list[str]:
    """Explain numbers under attack that lie on one side of the paper's."""
    found = []
    rows = {row["name"]: row["cells"] for row in table["rows"]}
    feedback = rows["PGD"][table["columns"].index("F.L.")]
    if feedback["paper"] is not None and feedback["high"] < feedback["paper"]:
        weaker = rows["PGD"][0]["paper"] > rows["BIM"][0]["paper"]
        found.append(
            f"F.L. under PGD stays below the paper's: ours takes {setting.pgd_steps} steps, the "
            "paper does not say how many its takes"
            + (", and on its own Ori. PGD is weaker than BIM." if weaker else ".")
        )
    adversarial = [cells[table["columns"].index("Adv.")] for cells in rows.values()]
    below = [one for one in adversarial if one["paper"] is not None and one["high"] < one["paper"]]
    if len(below) > len(adversarial) / 2:
        found.append(
            "Adv. stays below the paper's under most attacks: ours is a smaller network, trained "
            "on fewer images for fewer epochs."
        )
    return found

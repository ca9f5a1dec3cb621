"""Which models there are, and the stages that each of them consists of."""

from collections.abc import Mapping
from dataclasses import dataclass

from reproduction.stages import Stage, with_needs
from reproduction.work import Bench

PAPER_MODELS = ("original", "adversarial", "feedback", "reduced")
CONTROLS = ("continued", "reduced-same-budget")
BEYOND = (
    "feedback-rounds",
    "feedback-gradients",
    "feedback-on-adversarial",
    "adversarial-with-feedback",
    "half-adversarial-with-feedback",
)
CENTER_SETS = ("original", "feedback")
"""The models in which class centre images are found (Table II)."""

BEYOND_SHARES = {"adversarial-with-feedback": 1.0, "half-adversarial-with-feedback": 0.5}
"""How much of each batch is attacked where adversarial training goes on with examples."""

TITLES = {
    "original": "Ori.",
    "adversarial": "Adv.",
    "feedback": "F.L.",
    "reduced": "Reduced F.L.",
    "continued": "Continued",
    "reduced-same-budget": "Reduced, same budget",
    "feedback-rounds": "F.L., several rounds",
    "feedback-gradients": "F.L. with gradients",
    "feedback-on-adversarial": "F.L. on Adv.",
    "adversarial-with-feedback": "Adv. training with F.L. examples",
    "half-adversarial-with-feedback": "Adv. training of half, with F.L. examples",
}


@dataclass(frozen=True)
class Model:
    """The stages of one model: its weights, its audit, its attacks."""

    weights: Stage
    audit: Stage
    attacks: Stage


@dataclass(frozen=True)
class SeedStages:
    """All models of one seed, the examples of each, and the class centre images of all."""

    seed: int
    examples: Mapping[str, Stage]
    models: Mapping[str, Model]
    centers: Stage


@dataclass(frozen=True)
class Experiments:
    """All stages on one data set; ``budgets`` chooses how strong attacks are."""

    bench: Bench
    budgets: Stage
    seeds: tuple[SeedStages, ...]

    @property
    def stages(self) -> list[Stage]:
        """List all stages in an order that respects their needs."""
        last: list[Stage] = []
        for seed in self.seeds:
            for model in seed.models.values():
                last += [model.weights, model.audit, model.attacks]
            last.append(seed.centers)
        return with_needs(last)

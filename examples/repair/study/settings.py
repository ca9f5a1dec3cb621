"""What is done at each scale on each data set; recipes are fixed here, before the seeds."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from reproduction.settings import (
    GRADIENT_ATTACKS,
    NOISES,
    Dataset,
    Phase,
    Setting,
    attack_text,
    setting_of,
)
from robaudit import SearchPlan

Scale = Literal["smoke", "small", "full"]

TUNING_SEED = 9
"""Budgets of attacks and recipes are fixed on this seed's validation images: it is no other's."""

REACH = 2.0
"""How far, by default, `harden` lets its adversary go, in median distances of boundaries."""

CORRUPTIONS = {
    "impulse_noise": "salt and pepper",
    "defocus_blur": "blur",
    "contrast": "contrast",
    "jpeg_compression": "JPEG",
}
"""Corruptions that no training has seen, by the names that robaudit knows, and by common ones."""

ADVERSARY_AT_TEST = "pgd-at-training"
STRONGEST = "autoattack"


@dataclass(frozen=True)
class Recipe:
    """How combined hardening is done: epochs, the fields of the mixture, other fields of the plan.

    Fields that are not named have the defaults of `robaudit.hardening.hardening_preset`; so do
    ``steps`` of the adversary where they are ``None``.
    """

    epochs: int
    mixture: Mapping[str, Any] = field(default_factory=dict)
    plan: Mapping[str, Any] = field(default_factory=dict)
    steps: int | None = None

    @property
    def described(self) -> dict[str, Any]:
        """Give all as plain values."""
        return {
            "epochs": self.epochs,
            "mixture": dict(self.mixture),
            "plan": dict(self.plan),
            "steps": self.steps,
        }


@dataclass(frozen=True)
class Study:
    """The study on one data set: what the paper's reproduction sets, and what it does not.

    ``combined`` is the recipe from the original, ``onto_adversarial`` that from Adv.,
    ``candidates`` are other ones from the original, to be looked at on the tuning seed.
    Seeds are counted from ``first_seed``, without `TUNING_SEED`.
    ``fine_tuning`` epochs by E-AT's rule go on from Adv. ``noise`` is the largest strength trained
    on, as a share of the pixel range. ``autoattack`` are steps, targets and queries; corruptions
    have ``severity``. ``stronger`` is how many times its steps PGD takes where it is to find more,
    from how many points, and APGD's steps.
    """

    setting: Setting
    combined: Recipe
    onto_adversarial: Recipe
    candidates: Mapping[str, Recipe] = field(default_factory=dict)
    first_seed: int = 0
    fine_tuning: int = 3
    noise: float = 0.5
    autoattack: tuple[int, int, int] = (20, 9, 1000)
    stronger: tuple[int, int, int] = (10, 5, 100)
    severity: int = 3

    @property
    def seeds(self) -> tuple[int, ...]:
        """List the seeds that the study uses."""
        some = range(self.first_seed, self.first_seed + self.setting.seeds + 1)
        return tuple(seed for seed in some if seed != TUNING_SEED)[: self.setting.seeds]

    def within(self, times: float) -> Recipe:
        """Give ``combined`` with an adversary within reach of the model.

        Its budget is at most so many ``times`` the median distance of the closest boundaries.
        """
        own = self.combined
        return replace(own, plan={**own.plan, "reach_of_adversary": times})

    @property
    def all_attacked(self) -> Recipe:
        """Give Adv. with the rate and the averaging of ``combined``, which it does not have itself.

        It has as many epochs and steps of the adversary as Adv., the whole budget from the first
        step on, and no sample that is not attacked: what `combined` is better in than this one, its
        mixture is the reason of.
        """
        epochs = sum(phase.epochs for phase in self.setting.adversarial)
        return Recipe(epochs, _ALL_ATTACKED, steps=self.setting.adversary_steps)


_DRAWN = {"budget_drawn": True, "budget_ramp": 0.0}

_WITHOUT_NOISE = {
    "clean_share": 0.1,
    "attacked_share": 0.7,
    "feedback_share": 0.2,
    "noise_share": 0.0,
    "noise_strength": 0.3,
}

_ONTO_ADVERSARIAL = Recipe(3, _WITHOUT_NOISE | _DRAWN, steps=3)

_SLOW = {"learning_rate": 1e-3, "rate": "cosine"}

_HALF_ATTACKED = {
    "clean_share": 0.25,
    "attacked_share": 0.5,
    "feedback_share": 0.25,
    "noise_share": 0.0,
    "budget_ramp": 0.5,
}

_ALL_ATTACKED = {
    "clean_share": 0.0,
    "attacked_share": 1.0,
    "feedback_share": 0.0,
    "noise_share": 0.0,
    "noise_strength": 0.3,
    "budget_ramp": 0.0,
}


def _candidates(usual: Recipe) -> dict[str, Recipe]:
    """List what is looked at beside the recipe that is used, most of it but for one thing."""
    noisy = {"clean_share": 0.1, "attacked_share": 0.6, "feedback_share": 0.15, "noise_share": 0.15}
    without_feedback = _WITHOUT_NOISE | {"clean_share": 0.3, "feedback_share": 0.0}
    return {
        "as-harden": usual,
        "without-feedback": replace(usual, mixture=without_feedback),
        "budget-drawn": replace(usual, mixture={"budget_drawn": True}),
        "no-ramp": replace(usual, mixture={"budget_ramp": 0.0}),
        "two-steps": Recipe(7, steps=2),
        "five-steps": Recipe(5, steps=5),
        "small-batches": replace(usual, plan={"batch_size": 32}),
        "slow": replace(usual, plan=_SLOW),
        "slow-half-attacked": Recipe(6, _HALF_ATTACKED, _SLOW, steps=10),
        "within-reach": replace(usual, plan={"reach_of_adversary": REACH}),
        "within-half-of-that": replace(usual, plan={"reach_of_adversary": REACH / 2}),
        "with-noise": replace(usual, mixture=noisy),
    }


def study_of(dataset: Dataset, scale: Scale) -> Study:
    """Give the study of a data set at a scale; the digits are of the smoke scale alone."""
    if scale == "smoke":
        return _smoke()
    setting = setting_of(dataset, "small")
    grey = setting.network != "cifar10_small"
    combined = Recipe(6 if grey else 9)
    study = Study(
        setting=_small(setting, grey) if scale == "small" else _full(setting, grey),
        combined=combined,
        onto_adversarial=_ONTO_ADVERSARIAL,
        candidates=_candidates(combined),
        noise=0.5 if grey else 0.2,
    )
    return study if scale == "full" else replace(study, autoattack=(10, 2, 200))


def _small(setting: Setting, grey: bool) -> Setting:
    """Take what two slow cores do in an hour for each data set, with two seeds.

    On so few grey images adversarial training with a budget of 0.3 hardly gets started: after 630
    steps of it half of the test images are still wrong.
    """
    return replace(
        setting,
        images=4_000,
        attacked=150,
        tuned=200,
        search=_search(setting, 150, 30),
        audit=_search(setting, 150, 10),
        cw=(5, 20),
        seeds=2,
        adversary=0.2 if grey else setting.adversary,
        original=setting.original if grey else (Phase(8, 2e-3), Phase(2, 2e-4)),
    )


def _full(setting: Setting, grey: bool) -> Setting:
    """Take all training images, and enough test images for differences of a point."""
    return replace(
        setting,
        images=60_000 if grey else 50_000,
        attacked=1_000,
        search=_search(setting, 1_500, 100),
        audit=_search(setting, 1_000, 60),
        cw=(9, 100),
        original=setting.original if grey else (Phase(24, 2e-3), Phase(6, 2e-4)),
        adversarial=setting.adversarial if grey else (Phase(24, 2e-3), Phase(6, 2e-4)),
    )


def _search(setting: Setting, samples: int, directions: int) -> SearchPlan:
    return replace(setting.audit, samples=samples, directions=directions)


def _smoke() -> Study:
    setting = setting_of("digits", "small")
    short = Recipe(2)
    return Study(
        setting=replace(setting, tuned=20, original=(Phase(3, 3e-3),), seeds=1),
        combined=short,
        onto_adversarial=Recipe(1, _DRAWN),
        candidates={"as-harden": short, "five-steps": Recipe(2, steps=5)},
        fine_tuning=1,
        autoattack=(2, 1, 20),
        stronger=(2, 2, 10),
    )


def texts_of(budgets: Mapping[str, float], study: Study) -> dict[str, str]:
    """Describe the adversaries by name: the paper's six, PGD at training's budget, AutoAttack."""
    setting = study.setting
    steps, targets, queries = study.autoattack
    return {
        **{name: attack_text(name, budgets[name], setting) for name in GRADIENT_ATTACKS},
        ADVERSARY_AT_TEST: attack_text("pgd", setting.adversary, setting),
        STRONGEST: f"autoattack:epsilon={budgets['pgd']!r},steps={steps},targets={targets},"
        f"queries={queries}",
    }


def noise_texts(budgets: Mapping[str, float], study: Study) -> dict[str, str]:
    """Describe the paper's two noises by name."""
    return {name: attack_text(name, budgets[name], study.setting) for name in NOISES}

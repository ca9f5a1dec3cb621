"""From a study to stages: the models of each seed, and what measures them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from reproduction import work
from reproduction.budgets import choose_budgets, depends_on, read_budgets
from reproduction.data import TEST_PARTS
from reproduction.laying_out import Maker
from reproduction.stages import Kept, Stage, with_needs
from reproduction.work import Bench
from study import measuring
from study.settings import CORRUPTIONS, REACH, TUNING_SEED, Recipe, Study, noise_texts, texts_of
from study.work import combined_plan, fine_tune, harden, noise_plan, usual_plan, walk

TITLES = {
    "original": "Ori.",
    "continued": "Continued",
    "feedback": "F.L.",
    "reduced": "Reduced F.L.",
    "adversarial": "Adv.",
    "adversarial-as-combined": "Adv., learned as combined is",
    "noise": "Noise in half of each batch",
    "feedback-on-adversarial": "F.L. on Adv.",
    "extreme-norms": "E-AT's rule",
    "combined": "Combined from Ori.",
    "combined-within-reach": "Combined from Ori., within reach",
    "combined-within-half": "Combined from Ori., within half of that",
    "combined-as-harden": "Combined from Ori., as harden does",
    "combined-on-adversarial": "Combined from Adv.",
    "line": "Weight line, Ori. to combined",
}


REFERENCES = ("original", "feedback", "adversarial")
"""The models that others are compared with."""


@dataclass(frozen=True)
class Repaired:
    """One model: the stage of its weights, that of its measures, and what its weights cost.

    ``cost`` are the stages that take the original to it: searches, examples, trainings.
    """

    weights: Stage
    measures: Stage
    cost: tuple[Stage, ...]


@dataclass(frozen=True)
class Seed:
    """The models of one seed, by name."""

    seed: int
    models: Mapping[str, Repaired]


@dataclass(frozen=True)
class LaidOut:
    """All stages of a study of one data set."""

    study: Study
    bench: Bench
    budgets: Stage
    seeds: tuple[Seed, ...]

    @property
    def stages(self) -> list[Stage]:
        """List all stages in an order that respects their needs."""
        models = (model for seed in self.seeds for model in seed.models.values())
        return with_needs(model.measures for model in models)


def lay_out(study: Study, bench: Bench, models: Collection[str] = tuple(TITLES)) -> LaidOut:
    """Lay out the study of some models, and of those that they are compared with.

    Nothing is done yet.
    """
    maker, names = _Maker(study, bench), {*models, *REFERENCES}
    seeds = tuple(maker.seed(seed, names) for seed in study.seeds)
    return LaidOut(study, bench, maker.budgets, seeds)


def lay_out_recipes(study: Study, bench: Bench, names: Sequence[str]) -> LaidOut:
    """Lay out a look at some candidates, on the tuning seed and its validation images."""
    maker = _Maker(study, bench)
    return LaidOut(study, bench, maker.budgets, (maker.recipes(names),))


class _Maker:
    """Makes the stages of the study out of those of the reproduction."""

    def __init__(self, study: Study, bench: Bench) -> None:
        self._study, self._bench, self._maker = study, bench, Maker(bench)
        tuned_on = self._maker.original(TUNING_SEED)
        self.budgets = self._maker.stage(
            "budgets",
            "budgets",
            TUNING_SEED,
            depends_on(study.setting),
            (tuned_on,),
            lambda folder, kept: choose_budgets(
                bench, kept.folder_of(tuned_on), folder, TUNING_SEED
            ),
        )

    def seed(self, seed: int, names: Collection[str]) -> Seed:
        """Make models of a seed, each from its original."""
        study, maker = self._study, self._maker
        plan = partial(work.hardening_plan, self._bench, seed)
        original = maker.original(seed)
        adversarial = maker.adversarial(original, seed)
        search = maker.search(original, "original", seed)
        feedback, reduced, continued = (
            maker.examples(original, search, name, plan(method=name))
            for name in ("feedback", "reduced", "continued")
        )
        alike = maker.thinned(continued, feedback, "continued", seed)
        onto = maker.search(adversarial, "adversarial", seed)
        more = maker.examples(adversarial, onto, "feedback-on-adversarial", plan())
        combined = self._combined("combined", original, search, seed, study.combined)
        weights = {
            "original": original,
            "continued": maker.retrained(original, alike, "continued", plan(method="continued")),
            "feedback": maker.retrained(original, feedback, "feedback", plan()),
            "reduced": maker.retrained(original, reduced, "reduced", plan(method="reduced")),
            "adversarial": adversarial,
            "adversarial-as-combined": self._combined(
                "adversarial-as-combined", original, search, seed, study.all_attacked
            ),
            "noise": maker.retrained(original, None, "noise", noise_plan(study, self._bench, seed)),
            "feedback-on-adversarial": maker.retrained(
                adversarial, more, "feedback-on-adversarial", plan()
            ),
            "extreme-norms": self._fine_tuned(adversarial, seed),
            "combined": combined,
            "combined-within-reach": self._combined(
                "combined-within-reach", original, search, seed, study.within(REACH)
            ),
            "combined-within-half": self._combined(
                "combined-within-half", original, search, seed, study.within(REACH / 2)
            ),
            "combined-as-harden": self._hardened(original, search, seed),
            "combined-on-adversarial": self._combined(
                "combined-on-adversarial", adversarial, onto, seed, study.onto_adversarial
            ),
            "line": self._line(original, combined, seed),
        }
        images = self._bench.data.test_of(seed)
        models = {
            name: self._repaired(name, weights[name], images, seed)
            for name in TITLES
            if name in names
        }
        return Seed(seed, models)

    def recipes(self, names: Sequence[str]) -> Seed:
        """Make Ori., Adv., F.L. and candidates on the tuning seed."""
        maker, seed = self._maker, TUNING_SEED
        original = maker.original(seed)
        search = maker.search(original, "original", seed)
        plan = work.hardening_plan(self._bench, seed)
        examples = maker.examples(original, search, "feedback", plan)
        weights = {
            "original": original,
            "adversarial": maker.adversarial(original, seed),
            "feedback": maker.retrained(original, examples, "feedback", plan),
        } | {
            name: self._combined(
                f"recipe-{name}", original, search, seed, self._study.candidates[name]
            )
            for name in names
        }
        images = self._bench.data.validation_of(seed)
        return Seed(
            seed, {name: self._repaired(name, one, images, seed) for name, one in weights.items()}
        )

    def _combined(self, name: str, model: Stage, search: Stage, seed: int, recipe: Recipe) -> Stage:
        """Retrain by a recipe; all recipes on one model have the same examples."""
        plan = combined_plan(self._study, self._bench, recipe, seed)
        if not plan.needs_examples:
            return self._maker.retrained(model, None, name, plan)
        made = work.hardening_plan(self._bench, seed, method="combined")
        of = "combined-on-adversarial" if search.name.count("/adversarial/") else "combined"
        examples = self._maker.examples(model, search, of, made)
        return self._maker.retrained(model, examples, name, plan)

    def _hardened(self, original: Stage, search: Stage, seed: int) -> Stage:
        bench = self._bench
        plan = usual_plan(self._study, bench, seed)
        made = work.hardening_plan(bench, seed, method="combined")
        examples = self._maker.examples(original, search, "combined", made)

        def make(folder: Path, kept: Kept) -> None:
            harden(bench, kept.folder_of(original), kept.folder_of(examples), plan, folder)

        settings = {"plan": dict(plan.described()), "augmented": self._study.setting.augmented}
        name, needs = "combined-as-harden/model", (original, examples)
        return self._maker.stage("harden", name, seed, settings, needs, make)

    def _fine_tuned(self, adversarial: Stage, seed: int) -> Stage:
        study, bench = self._study, self._bench

        def make(folder: Path, kept: Kept) -> None:
            fine_tune(study, bench, kept.folder_of(adversarial), seed, folder)

        settings: dict[str, Any] = {
            "epochs": study.fine_tuning,
            "learning_rate": study.setting.retraining.learning_rate,
            "noise": study.noise,
            "adversary": [study.setting.adversary, study.setting.adversary_steps],
            "batch_size": study.setting.batch_size,
            "augmented": study.setting.augmented,
        }
        name = "extreme-norms/model"
        return self._maker.stage("E-AT", name, seed, settings, (adversarial,), make)

    def _line(self, original: Stage, trained: Stage, seed: int) -> Stage:
        bench = self._bench
        plan = combined_plan(self._study, bench, self._study.combined, seed)

        def make(folder: Path, kept: Kept) -> None:
            walk(bench, kept.folder_of(original), kept.folder_of(trained), plan, folder)

        settings = {"plan": dict(plan.described()), "augmented": self._study.setting.augmented}
        needs = (original, trained)
        return self._maker.stage("line", "line/model", seed, settings, needs, make)

    def _repaired(self, name: str, weights: Stage, images: Any, seed: int) -> Repaired:
        study, bench, budgets = self._study, self._bench, self.budgets

        def make(folder: Path, kept: Kept) -> None:
            chosen = read_budgets(kept.folder_of(budgets))
            measuring.measure(study, bench, kept.folder_of(weights), chosen, images, seed, folder)

        ones = dict.fromkeys(depends_on(study.setting)["attacks"], 1.0)
        settings = {
            "images": images.split,
            "attacks": [texts_of(ones, study), noise_texts(ones, study)],
            "attacked": study.setting.attacked,
            "audit": vars(study.setting.audit),
            "corruptions": [list(CORRUPTIONS), study.severity, study.setting.tested],
            "test_parts": TEST_PARTS,
        }
        folder = f"{name}/measures"
        return Repaired(
            weights,
            self._maker.stage("measure", folder, seed, settings, (weights, budgets), make),
            _path(weights),
        )


def _path(weights: Stage) -> tuple[Stage, ...]:
    """List what it takes to come to a model from the original, which counts as there."""
    return tuple(stage for stage in with_needs([weights]) if stage.kind != "train original")

"""From a setting to stages: what each does, and what it depends on."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import robaudit
from reproduction import measuring, work
from reproduction.budgets import choose_budgets, depends_on, read_budgets
from reproduction.data import TEST_PARTS
from reproduction.experiments import (
    BEYOND_SHARES,
    CENTER_SETS,
    PAPER_MODELS,
    Experiments,
    Model,
    SeedStages,
)
from reproduction.settings import Phase, attack_text
from reproduction.stages import Kept, Stage
from reproduction.work import Bench
from robaudit import HardeningPlan


def experiments(bench: Bench) -> Experiments:
    """Lay out the stages of all seeds; nothing is done yet."""
    maker = Maker(bench)
    first = maker.original(0)
    budgets = maker.stage(
        "budgets",
        "budgets",
        0,
        depends_on(bench.setting),
        (first,),
        lambda folder, kept: choose_budgets(bench, kept.folder_of(first), folder),
    )
    setting = bench.setting
    seeds = tuple(maker.seed(seed, budgets) for seed in range(setting.seeds))
    return Experiments(bench, budgets, seeds)


class Maker:
    """Makes stages that all depend on the data, the network and the device."""

    def __init__(self, bench: Bench) -> None:
        self._bench, self._setting = bench, bench.setting
        self._base = {
            "data": bench.data.plain,
            "network": bench.setting.network,
            "device": bench.device,
            "robaudit": robaudit.__version__,
        }

    def stage(
        self,
        kind: str,
        name: str,
        seed: int,
        settings: Mapping[str, Any],
        needs: tuple[Stage, ...],
        make: Any,
    ) -> Stage:
        """Make a stage of the data set, named after its seed."""
        title = f"{self._setting.dataset}/seed-{seed}/{name}"
        return Stage(title, kind, {**self._base, "seed": seed, **settings}, needs, make)

    def original(self, seed: int) -> Stage:
        """Train from scratch."""
        setting, bench = self._setting, self._bench

        def make(folder: Path, _kept: Kept) -> None:
            x, y = work.training_images(bench, seed)
            found = work.train(bench, bench.untrained(seed), x, y, setting.original, seed)
            work.save(found, folder)

        settings = self._training(setting.original)
        return self.stage("train original", "original/model", seed, settings, (), make)

    def adversarial(self, original: Stage, seed: int) -> Stage:
        """Train adversarially, from the original on."""
        setting, bench = self._setting, self._bench

        def make(folder: Path, kept: Kept) -> None:
            x, y = work.training_images(bench, seed)
            network = bench.open(kept.folder_of(original))
            found = work.train(bench, network, x, y, setting.adversarial, seed, attacked=1)
            work.save(found, folder)

        settings = {
            **self._training(setting.adversarial),
            "adversary": [setting.adversary, setting.adversary_steps],
        }
        name = "adversarial/model"
        return self.stage("train adversarially", name, seed, settings, (original,), make)

    def _training(self, phases: Sequence[Phase]) -> dict[str, Any]:
        setting = self._setting
        return {
            "phases": [vars(phase) for phase in phases],
            "images": setting.images,
            "batch_size": setting.batch_size,
            "augmented": setting.augmented,
        }

    def seed(self, seed: int, budgets: Stage) -> SeedStages:
        """Make the stages of one seed."""
        setting, plan = self._setting, partial(work.hardening_plan, self._bench, seed)
        original = self.original(seed)
        adversarial = self.adversarial(original, seed)
        search = self.search(original, "original", seed)
        plans = {
            "feedback": plan(),
            "reduced": plan(method="reduced"),
            "continued": plan(method="continued"),
        }
        beyond = seed < setting.beyond_seeds
        if beyond:
            plans["feedback-gradients"] = plan(gradient_directions=setting.gradient_directions)
        examples = {name: self.examples(original, search, name, one) for name, one in plans.items()}
        # Both have as many as the reduced form, and are to have as many as feedback learning.
        for name, source in (("reduced-same-budget", "reduced"), ("continued", "continued")):
            examples[name] = self.thinned(examples[source], examples["feedback"], name, seed)
        plans["reduced-same-budget"] = plans["reduced"]
        weights = {"original": original, "adversarial": adversarial}
        for name, one in plans.items():
            weights[name] = self.retrained(original, examples[name], name, one)
        if beyond:
            weights["feedback-rounds"] = self.retrained(
                original,
                examples["feedback"],
                "feedback-rounds",
                plan(rounds=setting.beyond_rounds),
            )
            onto = self.search(adversarial, "adversarial", seed)
            more = self.examples(adversarial, onto, "feedback-on-adversarial", plan())
            examples["feedback-on-adversarial"] = more
            weights["feedback-on-adversarial"] = self.retrained(
                adversarial, more, "feedback-on-adversarial", plan()
            )
            for name, share in BEYOND_SHARES.items():
                weights[name] = self._adversarial_with(adversarial, more, name, share, seed)
        models = {
            name: self._measured(stage, name, seed, budgets) for name, stage in weights.items()
        }
        return SeedStages(seed, examples, models, self._centers(models, seed))

    def search(self, model: Stage, name: str, seed: int) -> Stage:
        """Search training samples from a model."""
        return self.stage(
            "search",
            f"{name}/search",
            seed,
            {"search": vars(self._setting.search), "images": self._setting.images},
            (model,),
            lambda folder, kept: work.search(self._bench, kept.folder_of(model), seed, folder),
        )

    def examples(self, model: Stage, search: Stage, name: str, plan: HardeningPlan) -> Stage:
        """Make examples of a search, as a plan says."""

        def make(folder: Path, kept: Kept) -> None:
            where = kept.folder_of(model), kept.folder_of(search)
            work.examples(self._bench, *where, plan, folder)

        settings = {"plan": _making(plan)}
        return self.stage(
            "examples", f"{name}/examples", plan.seed, settings, (model, search), make
        )

    def thinned(self, examples: Stage, alike: Stage, name: str, seed: int) -> Stage:
        """Keep as many of some examples as others are."""

        def make(folder: Path, kept: Kept) -> None:
            work.thin_out(kept.folder_of(examples), kept.folder_of(alike), seed, folder)

        return self.stage("thin out", f"{name}/examples", seed, {}, (examples, alike), make)

    def retrained(
        self, model: Stage, examples: Stage | None, name: str, plan: HardeningPlan
    ) -> Stage:
        """Retrain a model by a plan, on the examples that it needs, if any."""
        needs = (model,) if examples is None else (model, examples)

        def make(folder: Path, kept: Kept) -> None:
            made = None if examples is None else kept.folder_of(examples)
            work.go_on_training(self._bench, kept.folder_of(model), made, plan, folder)

        settings = {"plan": dict(plan.described()), "augmented": self._setting.augmented}
        kind = "retrain" if plan.rounds == 1 else "retrain in rounds"
        return self.stage(kind, f"{name}/model", plan.seed, settings, needs, make)

    def _adversarial_with(
        self, model: Stage, examples: Stage, name: str, share: float, seed: int
    ) -> Stage:
        setting = self._setting

        def make(folder: Path, kept: Kept) -> None:
            where = kept.folder_of(model), kept.folder_of(examples)
            work.train_adversarially_with(self._bench, *where, share, seed, folder)

        settings: dict[str, Any] = {
            "retraining": vars(setting.retraining),
            "adversary": [setting.adversary, setting.adversary_steps],
            "batch_size": setting.batch_size,
            "augmented": setting.augmented,
        }
        if share < 1:
            settings["share"] = share
        kind = "train adversarially with examples"
        return self.stage(kind, f"{name}/model", seed, settings, (model, examples), make)

    def _measured(self, weights: Stage, name: str, seed: int, budgets: Stage) -> Model:
        setting, bench = self._setting, self._bench

        def audit(folder: Path, kept: Kept) -> None:
            measuring.audit(bench, kept.folder_of(weights), seed, folder)

        def attack(folder: Path, kept: Kept) -> None:
            chosen = read_budgets(kept.folder_of(budgets))
            texts = [attack_text(one, budget, setting) for one, budget in chosen.items()]
            texts += [attack_text("fgsm", strength, setting) for strength in setting.strengths]
            measuring.attack(bench, kept.folder_of(weights), texts, seed, folder)

        settings = {
            "strengths": setting.strengths,
            "attacked": setting.attacked,
            "pgd_steps": setting.pgd_steps,
            "cw": setting.cw,
            "test_parts": TEST_PARTS,
        }
        return Model(
            weights,
            self.stage("audit", f"{name}/audit", seed, self._audited(), (weights,), audit),
            self.stage("attack", f"{name}/attacks", seed, settings, (weights, budgets), attack),
        )

    def _centers(self, models: Mapping[str, Model], seed: int) -> Stage:
        found_in = {name: models[name].audit for name in CENTER_SETS}
        measured = {name: models[name].weights for name in PAPER_MODELS}

        def make(folder: Path, kept: Kept) -> None:
            audits, weights = (
                {name: kept.folder_of(stage) for name, stage in some.items()}
                for some in (found_in, measured)
            )
            measuring.measure_centers(self._bench, audits, weights, seed, folder)

        needs = (*found_in.values(), *measured.values())
        return self.stage("centers", "centers", seed, self._audited(), needs, make)

    def _audited(self) -> dict[str, Any]:
        return {"audit": vars(self._setting.audit), "test_parts": TEST_PARTS}


_OF_TRAINING = {"epochs", "batch_size", "learning_rate", "rounds", "optimizer", "loss", "keep"}


def _making(plan: HardeningPlan) -> dict[str, Any]:
    """Give what examples depend on: not how they are trained on."""
    described = plan.described()
    return {name: value for name, value in described.items() if name not in _OF_TRAINING}

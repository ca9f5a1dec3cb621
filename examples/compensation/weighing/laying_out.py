"""From a study to stages: for each seed one search, and a model by each rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reproduction import work
from reproduction.data import TEST_PARTS
from reproduction.laying_out import Maker
from reproduction.stages import Kept, Stage, with_needs
from reproduction.work import Bench
from weighing.settings import ARMS, ORIGINAL, Study
from weighing.work import choose, measure


@dataclass(frozen=True)
class Seed:
    """What is done for one seed: the examples of each rule, and what measures each model."""

    seed: int
    examples: Mapping[str, Stage]
    measures: Mapping[str, Stage]


@dataclass(frozen=True)
class LaidOut:
    """All stages of a study of one data set."""

    study: Study
    bench: Bench
    seeds: tuple[Seed, ...]

    @property
    def stages(self) -> list[Stage]:
        """List all stages in an order that respects their needs."""
        return with_needs(stage for seed in self.seeds for stage in seed.measures.values())


def lay_out(study: Study, bench: Bench) -> LaidOut:
    """Lay out the stages of all seeds; nothing is done yet."""
    seeds = tuple(_seed(study, bench, seed) for seed in range(study.setting.seeds))
    return LaidOut(study, bench, seeds)


def _seed(study: Study, bench: Bench, seed: int) -> Seed:
    maker, plan = Maker(bench), work.hardening_plan(bench, seed)
    original = maker.original(seed)
    search = maker.search(original, ORIGINAL, seed)
    examples = {rule: _chosen(study, bench, search, rule, seed) for rule in ARMS}
    models = {ORIGINAL: original} | {
        rule: maker.retrained(original, made, rule, plan) for rule, made in examples.items()
    }
    measures = {name: _measured(study, bench, name, one, seed) for name, one in models.items()}
    return Seed(seed, examples, measures)


def _chosen(study: Study, bench: Bench, search: Stage, rule: str, seed: int) -> Stage:
    def make(folder: Path, kept: Kept) -> None:
        choose(bench, kept.folder_of(search), rule, seed, folder)

    setting = study.setting
    settings = {"rule": rule, "shares": setting.shares, "per_sample": setting.per_sample}
    name = f"{rule}/examples"
    return Maker(bench).stage("choose", name, seed, settings, (search,), make)


def _measured(study: Study, bench: Bench, name: str, model: Stage, seed: int) -> Stage:
    def make(folder: Path, kept: Kept) -> None:
        measure(study, bench, kept.folder_of(model), seed, folder)

    settings = {
        "audit": vars(study.setting.audit),
        "attacks": dict(study.attacks),
        "attacked": study.setting.attacked,
        "test_parts": TEST_PARTS,
    }
    return Maker(bench).stage("measure", f"{name}/measures", seed, settings, (model,), make)

"""Attacks made for what combined hardening gives: more of them, farther, and by other weights.

The weights that it gives are a mean over the steps of training. Where that hid gradients, examples
made for the weights that training ended with, which lie near by and are no mean, would break more.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import robaudit
from reproduction.laying_out import Maker
from reproduction.rendering import cell_text
from reproduction.settings import attack_text
from reproduction.stages import Kept, Stage, with_needs
from reproduction.work import Bench
from robaudit import Images
from robaudit.hardening import AdversarialBatches
from study.estimates import mean_of, over
from study.laying_out import lay_out
from study.rendering import facts
from study.results import title_of
from study.settings import Study
from study.work import combined_plan

USUAL = "PGD, as the study has it"
LAST = "PGD of as many steps, made for the last weights"
ANY = "any of these"
FARTHER = {2: "PGD within twice the budget", 4: "PGD within four times the budget"}

_HELD = "held.json"
_AS_THEY_ARE = robaudit.PreprocessingRequest((0.0,), (1.0,))


@dataclass(frozen=True)
class Looked:
    """Which stages tell what holds of the combined model of each seed of a study."""

    study: Study
    held: Sequence[Stage]

    @property
    def stages(self) -> list[Stage]:
        """List all stages in an order that respects their needs."""
        return with_needs(self.held)


def attacks_of(study: Study) -> dict[str, str]:
    """Describe attacks within the budget of training, and PGD beyond it, by how they are called."""
    setting, (times, restarts, steps) = study.setting, study.stronger
    budget = setting.adversary
    many = replace(setting, pgd_steps=times * setting.pgd_steps)
    more = f"PGD of {times} times the steps, from {restarts} points"
    return {
        USUAL: attack_text("pgd", budget, setting),
        more: f"{attack_text('pgd', budget, many)},restarts={restarts}",
        "APGD towards each other class": f"apgd-t:epsilon={budget!r},steps={steps},targets=9",
        LAST: attack_text("pgd", budget, many),
        **{name: attack_text("pgd", far * budget, setting) for far, name in FARTHER.items()},
    }


def look(study: Study, bench: Bench) -> Looked:
    """Lay out what attacks the combined models of a study. Nothing is done yet."""
    seeds = lay_out(study, bench, ["combined"]).seeds
    averaged = [seed.models["combined"].weights for seed in seeds]
    held = [_held(study, bench, *one) for one in zip(averaged, study.seeds, strict=True)]
    return Looked(study, held)


def _held(study: Study, bench: Bench, averaged: Stage, seed: int) -> Stage:
    maker, attacks = Maker(bench), attacks_of(study)
    plan = replace(combined_plan(study, bench, study.combined, seed), averaging=0.0)
    original, examples = (*averaged.needs, None)[:2]
    assert original is not None  # noqa: S101 - every training begins with a model
    last = maker.retrained(original, examples, "combined-last", plan)
    images = bench.data.test_of(seed)

    def make(folder: Path, kept: Kept) -> None:
        models = kept.folder_of(averaged), kept.folder_of(last)
        found = _attack(bench, *models, images, attacks, seed)
        (folder / _HELD).write_text(json.dumps(found))

    settings = {"attacks": attacks, "attacked": study.setting.attacked, "images": images.split}
    needs = (averaged, last)
    return maker.stage("attack", "combined/stronger", seed, settings, needs, make)


def _attack(
    bench: Bench, averaged: Path, last: Path, images: Images, attacks: dict[str, str], seed: int
) -> dict[str, list[bool]]:
    """Tell which images hold against each attack."""
    model = bench.open(averaged)
    own = {name: text for name, text in attacks.items() if name != LAST}
    found = robaudit.attack_images(
        model,
        images,
        list(own.values()),
        samples=bench.setting.attacked,
        seed=seed,
        preprocessing=_AS_THEY_ARE,
        batch_size=bench.batch_size,
    )
    held = {}
    for name, result in zip(own, found.results, strict=True):
        if result.outcome is None:
            raise RuntimeError(f"{name} was not run: {result.skipped}")
        held[name] = (~result.outcome.success).tolist()
    x, y = found.targets.x, found.targets.origin
    attack = robaudit.parse_attack(attacks[LAST], bench.spec)
    made = AdversarialBatches(attack, seed)(bench.open(last), x, y)
    held[LAST] = (found.targets.correct & (model.predict(made).argmax(axis=1) == y)).tolist()
    return {name: held[name] for name in attacks}


def results_of(looked: Sequence[Looked], kept: Kept, **facts: Any) -> dict[str, Any]:
    """Put together what holds; ``facts`` are of the run."""
    return {**facts, "datasets": [_dataset(one, kept) for one in looked]}


def _dataset(one: Looked, kept: Kept) -> dict[str, Any]:
    folders = [kept.folder_of(stage) for stage in one.held]
    seeds = [json.loads((folder / _HELD).read_text()) for folder in folders]
    attacks = attacks_of(one.study)
    within = [name for name in attacks if name not in FARTHER.values()]
    rows = {name: [np.array(seed[name]) for seed in seeds] for name in attacks}
    rows[ANY] = [np.all([seed[name] for name in within], axis=0) for seed in seeds]
    order = [*within, ANY, *FARTHER.values()]
    return {
        "dataset": one.study.setting.dataset,
        "title": title_of(one.study.setting.dataset),
        "seeds": list(one.study.seeds),
        "over": over(len(seeds)),
        "attacked": one.study.setting.attacked,
        "attacks": attacks,
        "held": {name: mean_of([row * 1.0 for row in rows[name]]).share_cell for name in order},
        "taken": mean_of(
            [one * 1.0 - other for one, other in zip(rows[USUAL], rows[ANY], strict=True)]
        ).cell,
    }


def render(results: Mapping[str, Any]) -> str:
    """Write results as a document of their own."""
    lines = ["# Combined from Ori., attacked by more", "", facts(results), "", "```sh"]
    lines += [results["command"], "```", "", *table(results["datasets"])]
    return "\n".join(lines) + "\n"


def table(datasets: Sequence[Mapping[str, Any]]) -> list[str]:
    """Write the table of all data sets, line by line."""
    titles = [one["title"] for one in datasets]
    lines = [f"| what holds, in % | {' | '.join(titles)} |", "| --- |" + " ---: |" * len(titles)]
    for name in datasets[0]["held"]:
        cells = [cell_text(one["held"][name], "share").replace("%", "") for one in datasets]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    cells = [cell_text(one["taken"], "share").replace("%", "") for one in datasets]
    return [*lines, f"| points of {USUAL} that the others take | {' | '.join(cells)} |"]

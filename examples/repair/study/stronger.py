"""More attacks on what combined hardening gives and on Adv.: stronger, farther, by other weights.

The weights that combined hardening gives are a mean over the steps of training. Where that hid
gradients, examples made for the weights that training ended with, which lie near by and are no
mean, would break more.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
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
from robaudit.types import FloatArray
from study.estimates import mean_of, over
from study.laying_out import TITLES, lay_out
from study.rendering import facts
from study.results import title_of
from study.settings import Study
from study.work import combined_plan

USUAL = "PGD, as the study has it"
LAST = "PGD of as many steps, made for the last weights"
ANY = "any of these"
MODELS = ("combined", "adversarial")
FARTHER = {2: "PGD within twice the budget", 4: "PGD within four times the budget"}

_HELD = "held.json"
_AS_THEY_ARE = robaudit.PreprocessingRequest((0.0,), (1.0,))


@dataclass(frozen=True)
class Looked:
    """Which stages tell what holds of the models of each seed of a study, by their names."""

    study: Study
    held: Sequence[Mapping[str, Stage]]

    @property
    def stages(self) -> list[Stage]:
        """List all stages in an order that respects their needs."""
        return with_needs(stage for seed in self.held for stage in seed.values())


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
    """Lay out what attacks the combined models of a study, and Adv. Nothing is done yet."""
    held = []
    for one in lay_out(study, bench, ["combined"]).seeds:
        combined, adversarial = (one.models[name].weights for name in MODELS)
        last = _last(study, bench, combined, one.seed)
        held.append(
            {
                "combined": _held(study, bench, (combined, last), one.seed),
                "adversarial": _held(study, bench, (adversarial,), one.seed),
            }
        )
    return Looked(study, held)


def _last(study: Study, bench: Bench, averaged: Stage, seed: int) -> Stage:
    """Train as a combined model was, and keep the last weights in place of their mean."""
    plan = replace(combined_plan(study, bench, study.combined, seed), averaging=0.0)
    original, examples = (*averaged.needs, None)[:2]
    assert original is not None  # noqa: S101 - every training begins with a model
    return Maker(bench).retrained(original, examples, "combined-last", plan)


def _held(study: Study, bench: Bench, models: tuple[Stage, ...], seed: int) -> Stage:
    """Attack the first of some models, by what is made for the others, too."""
    attacks, images = attacks_of(study), bench.data.test_of(seed)
    if len(models) == 1:
        del attacks[LAST]

    def make(folder: Path, kept: Kept) -> None:
        folders = [kept.folder_of(model) for model in models]
        found = _attack(bench, folders, images, attacks, seed)
        (folder / _HELD).write_text(json.dumps(found))

    settings = {"attacks": attacks, "attacked": study.setting.attacked, "images": images.split}
    name = models[0].name.split("/")[-2]
    return Maker(bench).stage("attack", f"{name}/stronger", seed, settings, models, make)


def _attack(
    bench: Bench, models: Sequence[Path], images: Images, attacks: Mapping[str, str], seed: int
) -> dict[str, list[bool]]:
    """Tell which images hold against each attack."""
    model = bench.open(models[0])
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
    for last in models[1:]:
        attack = robaudit.parse_attack(attacks[LAST], bench.spec)
        made = AdversarialBatches(attack, seed)(bench.open(last), x, y)
        held[LAST] = (found.targets.correct & (model.predict(made).argmax(axis=1) == y)).tolist()
    return {name: held[name] for name in attacks}


def results_of(looked: Sequence[Looked], kept: Kept, **facts: Any) -> dict[str, Any]:
    """Put together what holds; ``facts`` are of the run."""
    return {**facts, "datasets": [_dataset(one, kept) for one in looked]}


def _dataset(one: Looked, kept: Kept) -> dict[str, Any]:
    rows = {
        name: _rows(
            [json.loads((kept.folder_of(seed[name]) / _HELD).read_text()) for seed in one.held]
        )
        for name in MODELS
    }
    combined, adversarial = (rows[name][ANY] for name in MODELS)
    return {
        "dataset": one.study.setting.dataset,
        "title": title_of(one.study.setting.dataset),
        "seeds": list(one.study.seeds),
        "over": over(len(one.held)),
        "attacked": one.study.setting.attacked,
        "attacks": attacks_of(one.study),
        "held": {
            model: {name: mean_of(some).share_cell for name, some in of_model.items()}
            for model, of_model in rows.items()
        },
        "taken": {
            model: mean_of(_less(of_model[USUAL], of_model[ANY])).cell
            for model, of_model in rows.items()
        },
        "difference": mean_of(_less(combined, adversarial)).cell,
    }


def _rows(seeds: Sequence[Mapping[str, list[bool]]]) -> dict[str, list[FloatArray]]:
    """Give which images of each seed hold against each attack, and all within the budget."""
    within = [name for name in seeds[0] if name not in FARTHER.values()]
    every = [{**seed, ANY: np.all([seed[name] for name in within], axis=0)} for seed in seeds]
    return {
        name: [np.asarray(seed[name], dtype=np.float64) for seed in every]
        for name in (*within, ANY, *FARTHER.values())
    }


def _less(some: Sequence[FloatArray], others: Sequence[FloatArray]) -> list[FloatArray]:
    return [one - other for one, other in zip(some, others, strict=True)]


def render(results: Mapping[str, Any]) -> str:
    """Write results as a document of their own."""
    lines = ["# Combined from Ori. and Adv., attacked by more", "", facts(results), "", "```sh"]
    lines += [results["command"], "```", "", *table(results["datasets"])]
    return "\n".join(lines) + "\n"


def table(datasets: Sequence[Mapping[str, Any]]) -> list[str]:
    """Write the table of all data sets, line by line."""
    heads = [f"{one['title']}, {TITLES[name]}" for one in datasets for name in MODELS]
    lines = [f"| what holds, in % | {' | '.join(heads)} |", "| --- |" + " ---: |" * len(heads)]

    def add(title: str, cells: Iterable[Mapping[str, Any] | None]) -> None:
        texts = [cell_text(one, "share").replace("%", "") if one else "" for one in cells]
        lines.append(f"| {title} | {' | '.join(texts)} |")

    for name in datasets[0]["held"]["combined"]:
        add(name, (one["held"][model].get(name) for one in datasets for model in MODELS))
    add(
        "points that the others take of PGD's",
        (one["taken"][m] for one in datasets for m in MODELS),
    )
    add(
        f"{ANY}, combined less Adv.",
        (cell for one in datasets for cell in (one["difference"], None)),
    )
    return lines

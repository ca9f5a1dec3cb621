"""The pieces of work that the reproduction of the paper does not have."""

import json
from dataclasses import replace
from pathlib import Path

from reproduction import work
from reproduction.work import Bench
from robaudit import Classifier, HardeningPlan, SearchPlan, TrainPlan
from robaudit.batches import Pace
from robaudit.hardening import (
    Batches,
    Judge,
    Line,
    MixedBatches,
    Mixture,
    default_adversary,
    hardening_preset,
    make_judge,
    retrain,
    walk_line,
    within_reach,
)
from robaudit.types import FloatArray
from study.extreme_norms import ByRunningError
from study.settings import Recipe, Study

_LINE = "line.json"


def combined_plan(study: Study, bench: Bench, recipe: Recipe, seed: int) -> HardeningPlan:
    """Plan combined hardening as `robaudit.harden` would, from the reproduction's search.

    The adversary has training's budget, and the last epoch is kept: the line is another method.
    """
    preset = hardening_preset("standard", bench.spec, seed=seed, method="combined")
    assert preset.adversary is not None  # noqa: S101 - that method has one
    usual, budget = preset.adversary, study.setting.adversary
    steps, step = usual.whole("steps"), usual.parameters["step"] * budget / usual.budget
    if recipe.steps is not None:
        steps, step = recipe.steps, 2.5 * budget / recipe.steps
    adversary = replace(
        usual,
        parameters={
            **usual.parameters,
            "epsilon": budget,
            "step": step,
            "steps": float(steps),
        },
    )
    changes = {
        "adversary": adversary,
        "averaging": preset.averaging,
        "rate": preset.rate,
        "learning_rate": preset.learning_rate,
        "default_learning_rate": preset.default_learning_rate,
        "mixture": replace(preset.mixture, **recipe.mixture),
        "epochs": recipe.epochs,
        **recipe.plan,
    }
    return work.hardening_plan(bench, seed, method="combined", **changes)


def usual_plan(study: Study, bench: Bench, seed: int) -> HardeningPlan:
    """Plan combined hardening as above, looking for its budget and walking lines by default."""
    usual = hardening_preset("standard", bench.spec, seed=seed, method="combined")
    return replace(
        combined_plan(study, bench, study.combined, seed),
        reach_of_adversary=usual.reach_of_adversary,
        budget_halvings=usual.budget_halvings,
        keep=usual.keep,
        validation_samples=usual.validation_samples,
    )


def noise_plan(study: Study, bench: Bench, seed: int) -> HardeningPlan:
    """Plan a retraining like feedback learning's, with noise in half of each batch instead."""
    mixture = Mixture(
        clean_share=0.5,
        attacked_share=0,
        feedback_share=0,
        noise_share=0.5,
        noise_strength=study.noise,
    )
    return work.hardening_plan(bench, seed, method="combined", mixture=mixture)


def fine_tune(study: Study, bench: Bench, model: Path, seed: int, folder: Path) -> None:
    """Go on from a model by E-AT's rule, between PGD at training's budget and noise."""
    setting, classifier = study.setting, bench.open(model)
    x, y = work.training_images(bench, seed)
    threats = (bench.adversary(seed), _noise(study, bench, seed))
    augmentation = work.augmentation(bench, seed)
    rule = ByRunningError(threats, seed)
    plan = TrainPlan(
        epochs=study.fine_tuning,
        batch_size=setting.batch_size,
        learning_rate=setting.retraining.learning_rate,
        seed=seed,
        perturb=Batches([augmentation, rule] if augmentation else [rule]),
    )
    if classifier.train is None:
        raise RuntimeError(f"{classifier.name} cannot be trained")
    work.save(classifier.train(x, y, plan), folder)


def _noise(study: Study, bench: Bench, seed: int) -> MixedBatches:
    x, y = work.training_images(bench, seed)
    mixture = Mixture(
        clean_share=0,
        attacked_share=0,
        feedback_share=0,
        noise_share=1,
        noise_strength=study.noise,
    )
    attack = default_adversary(bench.spec)  # of which no sample has its share
    return MixedBatches(mixture, attack, x[:0], y[:0], samples=len(x), seed=seed)


def harden(bench: Bench, original: Path, made: Path, plan: HardeningPlan, folder: Path) -> None:
    """Retrain as `robaudit.harden` does, which looks for the budget and walks the lines."""
    first = bench.open(original)
    x, y = work.training_images(bench, plan.seed)
    judge = _judge(bench, first, plan)
    plan = within_reach(first, judge.x, judge.y, plan, Pace(bench.batch_size))
    run = retrain(
        first,
        x,
        y,
        judge,
        plan,
        batch_size=bench.batch_size,
        examples=work.read_made(made),
        augment=work.augmentation(bench, plan.seed),
    )
    assert run.line is not None  # noqa: S101 - of a plan that walks one
    work.save(run.classifier, folder)
    _write_line(run.line, folder)


def walk(bench: Bench, original: Path, trained: Path, plan: HardeningPlan, folder: Path) -> None:
    """Keep the best point of the line between two models, and how far along it lies."""
    first = bench.open(original)
    judge, few = _judge(bench, first, plan), images_for_statistics(bench, first, plan)
    line, found = walk_line(first, bench.open(trained), judge, plan, few)
    work.save(found, folder)
    _write_line(line, folder)


def images_for_statistics(bench: Bench, classifier: Classifier, plan: HardeningPlan) -> FloatArray:
    """Give (n, *shape) that batch normalisation has its statistics of, augmented as in training."""
    x, y = work.training_images(bench, plan.seed)
    few, augmentation = x[: plan.statistics_samples], work.augmentation(bench, plan.seed)
    return few if augmentation is None else augmentation(classifier, few, y[: len(few)])


def _judge(bench: Bench, original: Classifier, plan: HardeningPlan) -> Judge:
    kept_aside = bench.data.rows(plan.seed, bench.setting.images)[1]
    judged_by = SearchPlan(plan.validation_samples, plan.validation_directions, seed=plan.seed)
    return make_judge(original, *bench.data.inputs(kept_aside), judged_by, bench.batch_size)


def _write_line(line: Line, folder: Path) -> None:
    points = [
        [point.share, point.choosing.judgement.accuracy, point.choosing.robustness, point.budget]
        for point in line.points
    ]
    kept = {"kept": line.kept, "budget": line.budget, "points": points}
    (folder / _LINE).write_text(json.dumps(kept))


def read_line(folder: Path) -> float:
    """Tell how far from the original, 0, to the trained model, 1, the point that was kept lies."""
    kept: float = json.loads((folder / _LINE).read_text())["kept"]
    return kept

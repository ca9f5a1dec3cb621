"""What is said before long work begins: what is about to be done, and how long it may take."""

import time
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from robaudit.attacks.assessment import AttackPlan
from robaudit.attacks.catalogue import Attack
from robaudit.attacks.measures import Measure
from robaudit.attacks.to_precision import is_of_attacks
from robaudit.batches import batch_size_for
from robaudit.hardening.budget import with_more_steps
from robaudit.hardening.plan import HardeningPlan, default_adversary
from robaudit.hardening.weight_line import (
    BUDGETS,
    DIRECTIONS_TO_CONFIRM,
    SAMPLES_TO_CONFIRM,
    SHARES,
)
from robaudit.opening import trial_inputs
from robaudit.phrases import duration
from robaudit.search.plan import SearchPlan
from robaudit.types import Classifier

_WORTH_SAYING = 60.0
_MOST_OF_SEARCHES = 5
"""Most searches need so small a part of the passes that there are at most."""
_A_GRADIENT = 3
"""A gradient costs about as much as so many forward passes (Griewank and Walther, 2008)."""


def announce(
    classifier: Classifier,
    images: int | None,
    plan: SearchPlan,
    attacks: AttackPlan | None,
    *,
    decide: bool = False,
) -> str | None:
    """Say what a scan is about to do, if it may take more than a minute; else ``None``.

    ``classifier`` is asked once or twice, about made-up inputs, to see how fast it is.
    ``decide`` says that it ends as soon as gates are decided.
    """
    said = _sentence(classifier, _of_scan(images, plan, attacks, decide))
    return said and f"{said} --effort quick, --samples and --directions make it shorter."


def announce_hardening(
    classifier: Classifier,
    train: int,
    test: int | None,
    plan: HardeningPlan,
    audit_plan: SearchPlan,
    attacks: AttackPlan | None,
    seeds: int = 1,
    validation: int | None = None,
) -> str | None:
    """Say what a hardening is about to do, if it may take more than a minute; else ``None``.

    ``train``, ``test`` and ``validation`` count images; without either of the latter some of
    the first are held out.
    """
    held_out = 0 if test else round(plan.test_share * train)
    judged = validation or round(plan.validation_share * (train - held_out))
    train -= held_out if validation else held_out + judged
    of_audit = sum(_of_scan(test or held_out, audit_plan, attacks).values())
    trainings = _trainings(plan)
    runs = seeds * trainings * plan.rounds
    passes = {f"audit the model before and after, {1 + seeds} times in all": of_audit * (1 + seeds)}
    if plan.needs_examples:
        search = replace(plan.search, samples=min(plan.search.samples, train))
        searches = runs - seeds * (trainings - 1)  # they begin with what the first has found
        passes[f"search {search.samples:,} training samples"] = searches * _of_rays(search)
    if plan.method == "combined":
        adversary = plan.adversary or default_adversary(classifier.spec)
        of_image = round(plan.mixture.attacked_share * _passes(adversary)) + _A_GRADIENT
        what = f"{train:,} images, each as it is, attacked, an example or noisy"
    elif plan.method == "adversarial":
        adversary = plan.adversary or default_adversary(classifier.spec)
        of_image = _passes(adversary) + _A_GRADIENT
        what = f"{train:,} images and adversarial examples of them"
    else:
        of_image = round(_A_GRADIENT * (1 + plan.most_examples))
        what = f"{train:,} images, and up to {plan.most_examples:g} examples for each"
    at_most = " at most" if trainings > 1 else ""
    passes[f"train for {runs * plan.epochs:,} epochs{at_most} on {what}"] = (
        runs * plan.epochs * train * of_image
    )
    judgement = replace(
        plan.search,
        samples=min(plan.validation_samples, judged),
        directions=plan.validation_directions,
    )
    passes["judge each of them"] = runs * plan.epochs * (judged + _of_rays(judgement))
    if plan.keep == "line":
        adversary = plan.adversary or default_adversary(classifier.spec)
        of_sample = (
            0 if classifier.vjp is None else len(BUDGETS) * _passes(with_more_steps(adversary))
        )
        # Each half judges every point at most.
        chooses = replace(judgement, samples=judgement.samples // 2)
        confirms = replace(
            judgement,
            samples=min(SAMPLES_TO_CONFIRM * judgement.samples, judged) // 2,
            directions=DIRECTIONS_TO_CONFIRM * judgement.directions,
        )
        each = sum(_of_rays(half) + half.samples * of_sample for half in (chooses, confirms))
        points = seeds * trainings * len(SHARES)
        passes["walk the line back to the original"] = points * (judged + each)
    said = _sentence(classifier, passes)
    return said and f"{said} --effort quick, --epochs and --samples make it shorter."


def _trainings(plan: HardeningPlan) -> int:
    """Count the trainings from the original at most, each within half the budget of the last."""
    may_be_halved = plan.keep == "line" and plan.needs_gradients
    return 1 + plan.budget_halvings if may_be_halved else 1


def _of_scan(
    images: int | None, plan: SearchPlan, attacks: AttackPlan | None, decide: bool = False
) -> dict[str, int]:
    """Count the forward passes of each part of a scan, by what it does."""
    plan = _of_those(images, plan)
    passes = {
        f"classify {images or plan.samples:,} {'inputs' if images else 'synthetic inputs'}": (
            images or plan.samples
        ),
        _of_search(plan, decide): _of_rays(plan),
    }
    if attacks is not None:
        samples = min(attacks.samples or plan.samples, plan.samples)
        of_one = sum(map(_passes, attacks.attacks))
        passes[f"attack {samples:,} samples with {len(attacks.attacks)} attack(s)"] = (
            samples * of_one
        )
        if attacks.measures:
            of_sample = sum(
                _of_measure(measure, len(attacks.attacks)) for measure in attacks.measures
            )
            passes[f"measure {', '.join(attacks.measures)} on {samples:,}"] = samples * of_sample
    return passes


def _of_those(images: int | None, plan: SearchPlan) -> SearchPlan:
    """Let a plan search no more samples than there are images."""
    return replace(plan, samples=min(plan.samples, images or plan.samples))


def estimated_seconds(
    classifier: Classifier, images: int | None, plan: SearchPlan, attacks: AttackPlan | None
) -> float:
    """Estimate how long a scan takes as it usually goes, at the speed of a first try."""
    passes = _of_scan(images, plan, attacks)
    if plan.strategy == "traced":
        passes[_of_search(_of_those(images, plan))] //= _MOST_OF_SEARCHES
    return sum(passes.values()) / _inputs_per_second(classifier)


def _sentence(classifier: Classifier, passes: Mapping[str, int]) -> str | None:
    try:
        seconds = sum(passes.values()) / _inputs_per_second(classifier)
    except Exception:  # noqa: BLE001 - the work itself will tell what is wrong with the model
        return None
    if seconds < _WORTH_SAYING:
        return None
    return (
        f"about to {', '.join(passes)}: {sum(passes.values()):,} forward passes at most, "
        f"{duration(seconds)} at the speed of a first try; most searches need a fifth of theirs."
    )


def _of_rays(plan: SearchPlan) -> int:
    return plan.samples * plan.rays_per_sample * plan.steps


def _of_search(plan: SearchPlan, decide: bool = False) -> str:
    """Say how many rays a search walks, and from where.

    >>> _of_search(SearchPlan(1000, 784, own_directions=4))
    'walk from 1,000 samples along 4 directions each, both ways (8,000 rays of up to 25 steps)'
    """
    if plan.precision is not None:
        how, asked = "attack" if is_of_attacks(plan.precision) else "search", plan.precision
        return (
            f"{how} until {asked.figure} is known to {asked.half_width:g}, by {plan.samples:,} "
            "samples at most"
        )
    ways = "both ways" if plan.signs == 2 else "one way"
    until = ", until gates are decided" if decide else ""
    each = "" if plan.own_directions is None else " each"
    return (
        f"walk from {plan.samples:,} samples along {plan.directions_of_each:,} directions{each}, "
        f"{ways} ({plan.samples * plan.rays_per_sample:,} rays of up to {plan.steps} steps)"
        f"{until}"
    )


def _of_measure(measure: Measure, attacks: int) -> int:
    """Estimate how many forward passes a measure takes on a sample."""
    return {"corruptions": 75, "detection": 50 * 25 * (1 + attacks), "directions": 500}[measure]


def _passes(attack: Attack) -> int:
    """Estimate how many forward passes an attack takes on a sample."""
    parameters = attack.parameters
    steps = parameters.get("steps", 1) * parameters.get("restarts", 1)
    if "targets" in parameters:  # with queries, of AutoAttack, two more ascents
        more, queries = (2, parameters["queries"]) if "queries" in parameters else (0, 0)
        return int(_A_GRADIENT * steps * (parameters["targets"] + more) + queries)
    if attack.entry.need == "gradients":
        runs = parameters.get("searches", 1) * parameters.get("members", 1)
        return int(_A_GRADIENT * steps * runs)
    return int(parameters.get("queries", steps))


def _inputs_per_second(classifier: Classifier) -> float:
    x = trial_inputs(classifier.spec.shape)
    batch = x[np.arange(batch_size_for(classifier.spec)) % len(x)]
    seconds = []
    for _ in range(2):  # the first call may compile something
        start = time.perf_counter()
        classifier.predict(batch)
        seconds.append(time.perf_counter() - start)
        if seconds[0] > 1:
            break
    return len(batch) / max(min(seconds), 1e-9)

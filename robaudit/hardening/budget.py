"""The budget of the adversary in training: not too far beyond what the model holds."""

from dataclasses import replace

import numpy as np

from robaudit.attacks.catalogue import Attack, default_attack
from robaudit.attacks.generators import has_budgets
from robaudit.attacks.outcome import Targets
from robaudit.attacks.run import run_attack
from robaudit.batches import Pace
from robaudit.hardening.plan import HardeningPlan, default_adversary
from robaudit.predicting import classes_of
from robaudit.stats.randomness import Stream, generator
from robaudit.types import Classifier, FloatArray, InputSpec, IntArray

_LOOKING = 7
"""The part of the stream of hardening that samples are drawn from."""
_SAMPLES = 100
_LEAST_STEPS = 3
_OF_STEPS = 2.5
"""How many times its budget PGD's steps are long together (Madry et al., 2018)."""


def within_reach(
    classifier: Classifier, x: FloatArray, y: IntArray, plan: HardeningPlan, pace: Pace
) -> HardeningPlan:
    """Give a plan whose adversary is within reach of a model, where the plan asks for that.

    Its budget, where that is one in L-infinity, is then at most ``reach_of_adversary`` times the
    median distance of the closest boundary, as FMN (Pintor et al., 2021) finds it, of some of
    x (n, *shape) of the classes y (n,); its steps are as much shorter. Attacked far beyond that,
    small networks lost accuracy and hardly held more. Raises Stopped where the work is to stop.
    """
    adversary = plan.adversary
    is_asked_for = plan.reach_of_adversary and plan.needs_gradients and len(x)
    if not is_asked_for or adversary is None or adversary.norm != "linf":
        return plan
    random = generator(plan.seed, Stream.HARDENING, _LOOKING)
    rows = np.sort(random.permutation(len(x))[:_SAMPLES])
    predicted, scale = classes_of(classifier.predict, x[rows], pace.batch_size)
    targets = Targets(x[rows], y[rows], predicted, scale)
    if not targets.correct.any():
        return plan
    looking = default_attack("fmn-linf", classifier.spec)
    found = run_attack(classifier, targets, looking, seed=plan.seed, pace=pace)
    median = float(np.median(found.distance[targets.correct]))
    share = min(1.0, plan.reach_of_adversary * median / adversary.budget)
    return replace(plan, adversary=scaled(adversary, share)) if share < 1 else plan


def halved(plan: HardeningPlan, spec: InputSpec) -> HardeningPlan:
    """Give a plan whose adversary has half the budget, and steps as much shorter."""
    adversary = plan.adversary or default_adversary(spec)
    return replace(plan, adversary=scaled(adversary, 0.5))


def scaled(attack: Attack, share: float) -> Attack:
    """Give an attack a share of its budget, to three digits, and steps as much shorter.

    One without a budget stays as it is.
    """
    lengths = {
        name: float(f"{share * attack.parameters[name]:.3g}")
        for name in ("epsilon", "budget", "step")
        if name in attack.parameters
    }
    return Attack(attack.name, {**attack.parameters, **lengths})


def with_more_steps(attack: Attack) -> Attack:
    """Give what tells how well a model holds that is trained against an attack.

    What is trained against a single step may come to hold against that alone (Wong et al., 2020):
    in place of fewer than three steps there are three, of PGD with the same budget.
    """
    name = {"linf": "pgd", "l2": "pgd-l2"}.get(attack.norm)
    few = has_budgets(attack) and attack.parameters.get("steps", 1) < _LEAST_STEPS
    if name is None or not few:
        return attack
    budget = "epsilon" if attack.norm == "linf" else "budget"
    steps = {"step": _OF_STEPS * attack.budget / _LEAST_STEPS, "steps": float(_LEAST_STEPS)}
    return Attack(name, {budget: attack.budget, **steps, "restarts": 1.0})

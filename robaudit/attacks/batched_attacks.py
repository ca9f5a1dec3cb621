"""The batched attacks of `robaudit.attacks.batched`, by the names of the catalogue."""

from collections.abc import Callable
from functools import partial

from robaudit.attacks.batched.ascents import apgd_on_cross_entropy, apgd_targeted
from robaudit.attacks.batched.boundary import boundary_attack
from robaudit.attacks.batched.carlini_wagner import carlini_wagner
from robaudit.attacks.batched.ddn import ddn
from robaudit.attacks.batched.deepfool import deepfool
from robaudit.attacks.batched.fmn import fmn
from robaudit.attacks.batched.hop_skip_jump import hop_skip_jump
from robaudit.attacks.batched.square import square
from robaudit.attacks.batched.steps import projected_gradient
from robaudit.attacks.boundaries.opt_margin import OptMargin, opt_margin
from robaudit.attacks.catalogue import Attack
from robaudit.attacks.chance import Chance
from robaudit.attacks.query_log import Tell
from robaudit.types import Classifier, FloatArray, IntArray

_OF_STEPS = ("fgsm", "pgd", "pgd-l2", "bim", "mim")

Batched = Callable[[Attack, Classifier, FloatArray, IntArray, Chance], FloatArray]
"""Makes examples like flat samples x (n, D) of 0..1 of classes y (n,), over a classifier there."""

Querying = Callable[[Attack, Classifier, FloatArray, IntArray, Chance, Tell], FloatArray]
"""The same without gradients, and tells how near it came with how many queries."""


def _ddn(
    attack: Attack, classifier: Classifier, x: FloatArray, y: IntArray, chance: Chance
) -> FloatArray:
    return ddn(classifier, x, y, chance, steps=attack.whole("steps"))


def _fmn(
    attack: Attack, classifier: Classifier, x: FloatArray, y: IntArray, chance: Chance
) -> FloatArray:
    return fmn(classifier, x, y, chance, norm=attack.norm, steps=attack.whole("steps"))


def _apgd(
    attack: Attack, classifier: Classifier, x: FloatArray, y: IntArray, chance: Chance
) -> FloatArray:
    counts = {name: attack.whole(name) for name in ("steps", "restarts")}
    return apgd_on_cross_entropy(classifier, x, y, chance, epsilon=attack.budget, **counts)


def _apgd_t(
    attack: Attack, classifier: Classifier, x: FloatArray, y: IntArray, chance: Chance
) -> FloatArray:
    counts = {name: attack.whole(name) for name in ("steps", "targets")}
    return apgd_targeted(classifier, x, y, chance, epsilon=attack.budget, **counts)


def _opt_margin(
    attack: Attack, classifier: Classifier, x: FloatArray, y: IntArray, chance: Chance
) -> FloatArray:
    """Run OptMargin; shifts follow from the seed alone, the same for all samples."""
    spec = classifier.spec
    counts = {name: attack.whole(name) for name in ("searches", "steps")}
    members = min(attack.whole("members"), spec.dimension + 1)  # they are orthogonal, but for one
    plan = OptMargin(attack.parameters["shift"], members, seed=chance.seed, **counts)
    examples, _ = opt_margin(classifier, x.reshape(-1, *spec.shape), y, plan)
    return examples.reshape(x.shape)


def steps_of_budgets(
    attack: Attack,
    classifier: Classifier,
    x: FloatArray,
    y: IntArray,
    chance: Chance,
    shares: FloatArray,
) -> FloatArray:
    """Take all steps of an attack, each sample with its share (n,) of budget and step."""
    return _projected(attack, classifier, x, y, chance, to_the_end=True, shares=shares)


def _projected(
    attack: Attack,
    classifier: Classifier,
    x: FloatArray,
    y: IntArray,
    chance: Chance,
    *,
    to_the_end: bool = False,
    shares: FloatArray | float = 1.0,
) -> FloatArray:
    """Run PGD in its norm; BIM, which starts from the sample; MIM, with momentum.

    Where an attack says nothing of steps it is FGSM: a single one of the whole budget.
    """
    parameters = attack.parameters
    return projected_gradient(
        *(classifier, x, y, chance),
        norm=attack.norm,
        budget=shares * attack.budget,
        step=shares * parameters.get("step", attack.budget),
        steps=int(parameters.get("steps", 1)),
        restarts=int(parameters.get("restarts", 0)),
        decay=parameters.get("decay", 0.0),
        to_the_end=to_the_end,
    )


def _deepfool(
    attack: Attack, classifier: Classifier, x: FloatArray, y: IntArray, _chance: Chance
) -> FloatArray:
    overshoot = attack.parameters["overshoot"]
    return deepfool(classifier, x, y, steps=attack.whole("steps"), overshoot=overshoot)


def _cw_l2(
    attack: Attack, classifier: Classifier, x: FloatArray, y: IntArray, _chance: Chance
) -> FloatArray:
    return carlini_wagner(
        *(classifier, x, y),
        searches=attack.whole("searches"),
        steps=attack.whole("steps"),
        learning_rate=attack.parameters["learning_rate"],
        confidence=attack.parameters["confidence"],
    )


def _square(
    attack: Attack, classifier: Classifier, x: FloatArray, y: IntArray, chance: Chance, tell: Tell
) -> FloatArray:
    queries = attack.whole("queries")
    return square(classifier, x, y, chance, epsilon=attack.budget, queries=queries, tell=tell)


def _hop_skip_jump(
    attack: Attack, classifier: Classifier, x: FloatArray, y: IntArray, chance: Chance, tell: Tell
) -> FloatArray:
    queries = attack.whole("queries")
    return hop_skip_jump(classifier, x, y, chance, norm=attack.norm, queries=queries, tell=tell)


def _boundary(
    attack: Attack, classifier: Classifier, x: FloatArray, y: IntArray, chance: Chance, tell: Tell
) -> FloatArray:
    return boundary_attack(classifier, x, y, chance, queries=attack.whole("queries"), tell=tell)


BATCHED_ATTACKS: dict[str, Batched] = {
    **dict.fromkeys(_OF_STEPS, _projected),
    "deepfool": _deepfool,
    "cw-l2": _cw_l2,
    "ddn": _ddn,
    **dict.fromkeys(("fmn-l0", "fmn-l1", "fmn-l2", "fmn-linf"), _fmn),
    "apgd": _apgd,
    "apgd-t": _apgd_t,
    "opt-margin": _opt_margin,
}

TO_THE_END: dict[str, Batched] = dict.fromkeys(_OF_STEPS, partial(_projected, to_the_end=True))
"""Those that take all their steps from every sample, for models that train on what they make."""

DECISION_ATTACKS: dict[str, Querying] = {
    "hopskipjump": _hop_skip_jump,
    "hopskipjump-linf": _hop_skip_jump,
    "boundary": _boundary,
}
"""By predicted classes alone."""

QUERY_ATTACKS: dict[str, Querying] = {"square": _square, **DECISION_ATTACKS}

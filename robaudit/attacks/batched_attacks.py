"""The batched attacks of `robaudit.attacks.batched`, by the names of the catalogue."""

from collections.abc import Callable

from robaudit.attacks.batched.ascents import apgd_on_cross_entropy, apgd_targeted
from robaudit.attacks.batched.ddn import ddn
from robaudit.attacks.batched.fmn import fmn
from robaudit.attacks.boundaries.opt_margin import OptMargin, opt_margin
from robaudit.attacks.catalogue import Attack
from robaudit.attacks.chance import Chance
from robaudit.types import Classifier, FloatArray, IntArray

Batched = Callable[[Attack, Classifier, FloatArray, IntArray, Chance], FloatArray]
"""Makes examples like flat samples x (n, D) of 0..1 of classes y (n,), over a classifier there."""


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


BATCHED_ATTACKS: dict[str, Batched] = {
    "ddn": _ddn,
    **dict.fromkeys(("fmn-l0", "fmn-l1", "fmn-l2", "fmn-linf"), _fmn),
    "apgd": _apgd,
    "apgd-t": _apgd_t,
    "opt-margin": _opt_margin,
}

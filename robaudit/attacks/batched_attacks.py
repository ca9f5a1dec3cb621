"""The batched attacks of `robaudit.attacks.batched`, by the names of the catalogue."""

from collections.abc import Callable

from robaudit.attacks.batched.ascents import apgd_on_cross_entropy, apgd_targeted
from robaudit.attacks.batched.boundary import boundary_attack
from robaudit.attacks.batched.ddn import ddn
from robaudit.attacks.batched.fmn import fmn
from robaudit.attacks.batched.hop_skip_jump import hop_skip_jump
from robaudit.attacks.catalogue import Attack
from robaudit.attacks.chance import Chance
from robaudit.attacks.query_log import Tell
from robaudit.types import Classifier, FloatArray, IntArray

Batched = Callable[[Attack, Classifier, FloatArray, IntArray, Chance], FloatArray]
"""Makes examples like flat samples x (n, D) of 0..1 of classes y (n,), over a classifier there."""

Decided = Callable[[Attack, Classifier, FloatArray, IntArray, Chance, Tell], FloatArray]
"""The same by predicted classes alone, and tells how near it came with how many queries."""


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
    "ddn": _ddn,
    **dict.fromkeys(("fmn-l0", "fmn-l1", "fmn-l2", "fmn-linf"), _fmn),
    "apgd": _apgd,
    "apgd-t": _apgd_t,
}

DECISION_ATTACKS: dict[str, Decided] = {
    "hopskipjump": _hop_skip_jump,
    "hopskipjump-linf": _hop_skip_jump,
    "boundary": _boundary,
}

"""AutoAttack: several attacks of one budget, each of which meets only what held so far."""

from collections.abc import Callable, Sequence

import numpy as np

from robaudit.attacks.batched.asking import leads_of
from robaudit.attacks.catalogue import Attack
from robaudit.attacks.chance import Chance
from robaudit.types import Classifier, FloatArray, IntArray, Predict

Member = Callable[[FloatArray, IntArray, Chance], FloatArray]
"""Makes examples like x (n, *shape), of 0..1, of classes y (n,)."""

_ROUNDING = 1e-6


def members_of(attack: Attack, classifier: Classifier) -> tuple[Attack, ...]:
    """List the attacks that AutoAttack is made of, as far as a classifier can be attacked by them.

    With gradients those of Croce and Hein (2020), FMN in the place of FAB-T, which looks for the
    nearest example too; with scores alone Square, with labels alone HopSkipJump.
    """
    epsilon, steps, targets, queries = (
        attack.parameters[name] for name in ("epsilon", "steps", "targets", "queries")
    )
    if classifier.spec.scores == "labels":
        return (Attack("hopskipjump-linf", {"epsilon": epsilon, "queries": queries}),)
    square = Attack("square", {"epsilon": epsilon, "queries": queries})
    if classifier.vjp is None:
        return (square,)
    own = {"epsilon": epsilon, "steps": steps}
    return (
        Attack("apgd", {**own, "restarts": 1}),
        Attack("apgd-t", {**own, "targets": targets}),
        Attack("fmn-linf", own),
        square,
    )


def titles_of(attack: Attack, classifier: Classifier) -> tuple[str, ...]:
    """Name the attacks that a cascade is made of here, as people write them; none of another."""
    if attack.name != "autoattack":
        return ()
    return tuple(member.entry.title for member in members_of(attack, classifier))


def lack_of(attack: Attack, classifier: Classifier) -> str | None:
    """Say which attacks of a cascade cannot be run here, ``None`` for none, or for no cascade."""
    if attack.name != "autoattack":
        return None
    members = members_of(attack, classifier)
    if len(members) > 1:
        return None
    why = "the model gives labels only" if classifier.spec.scores == "labels" else "no gradients"
    return f"of its attacks only {members[0].entry.title} could be run ({why})"


def cascade(members: Sequence[Member], predict: Predict, epsilon: float) -> Member:
    """Put attacks together: the next is run on the samples that all before it left.

    What an attack makes counts where it is of another class and within ``epsilon`` in L-inf; of
    samples that hold against all, the sample itself is given.
    """

    def together(x: FloatArray, y: IntArray, chance: Chance) -> FloatArray:
        found, held = x.copy(), np.arange(len(x))
        for member in members:
            if not len(held):
                break
            made = np.clip(member(x[held], y[held], chance.take(held)), 0, 1).astype(x.dtype)
            change = np.abs(made - x[held]).reshape(len(held), -1).max(axis=1)
            fell = leads_of(predict(made), y[held]).left & (change <= epsilon + _ROUNDING)
            found[held[fell]] = made[fell]
            held = held[~fell]
        return found

    return together

"""Whether an attack was given enough to do: with fewer steps it shows no more than that.

What too little effort leaves standing looks robust, and is only not attacked.
"""

import math

from robaudit.attacks.catalogue import Attack
from robaudit.attacks.run import AttackResult

_ROUNDING = 1e-6
_LEAST_DESCENT = 0.2
"""Learning rate times steps of Carlini and Wagner's attack; usually 1, of grey images 3."""
_DESCENT_OF_BUDGET, _ALWAYS_ENOUGH = 16.0, 2.0
"""The same in units of its budget in RMS, and however long that is: a pixel has gone from black to
white by then. With less it left 4 to 25 points more than the usual does of a network for MNIST, and
with more at most 4 (docs/attacks.md)."""


def too_little_effort(attack: Attack, dimension: int) -> str | None:
    """Say why an attack of inputs of ``dimension`` numbers cannot do what its budget allows.

    ``None`` where it can.

    Steps of a given size must reach to the end of the budget. Where attacks choose their
    steps themselves, the catalogue says how many of them are the fewest.

    >>> from robaudit.types import InputSpec
    >>> from robaudit.attacks.catalogue import parse_attack
    >>> grey = InputSpec(shape=(1, 28, 28), classes=10)
    >>> too_little_effort(parse_attack("pgd:epsilon=0.3,step=0.01,steps=5", grey), 784)
    'its 5 steps of 0.01 change a pixel by at most 0.05, of a budget of 0.3'
    >>> too_little_effort(parse_attack("square:queries=1", grey), 784)
    'its queries are 1, where it takes 500 to see what it can do'
    """
    parameters = attack.parameters
    if "step" in parameters:
        farthest = parameters["steps"] * parameters["step"]
        if farthest < attack.budget * (1 - _ROUNDING):
            whole = "a pixel" if attack.norm == "linf" else "a sample"
            return (
                f"its {attack.whole('steps')} steps of {parameters['step']:.4g} change {whole} by "
                f"at most {farthest:.4g}, of a budget of {attack.budget:.4g}"
            )
    for key, fewest in attack.entry.fewest.items():
        if parameters.get(key, math.inf) < fewest:
            return (
                f"its {key} are {attack.whole(key)}, where it takes {fewest} to see what it can do"
            )
    rate = parameters.get("learning_rate", math.inf)
    descent = rate * parameters.get("steps", 1)
    steps = f"its {parameters.get('steps', 1):g} steps at a learning rate of {rate:.4g}"
    if descent < _LEAST_DESCENT:
        return f"{steps} hardly leave where they start"
    needed = _DESCENT_OF_BUDGET * attack.budget / math.sqrt(dimension)
    if attack.norm == "l2" and descent < min(needed, _ALWAYS_ENOUGH):
        return f"{steps} are few for a budget of {attack.budget:.4g}"
    return None


def doubt_of(result: AttackResult) -> str | None:
    """Say why what an attack left standing may be no more than what it did not try.

    ``None`` where it did not run, had enough to do, or broke all that there was.
    """
    if result.outcome is None or result.outcome.success.all():
        return None
    dimension = result.outcome.examples[0].size
    return result.outcome.lack or too_little_effort(result.attack, dimension)

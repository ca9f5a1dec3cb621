"""What efforts and suites stand for, as the help tells it: taken from the presets themselves."""

from typing import get_args

from robaudit.attacks.catalogue import SUITES
from robaudit.hardening.plan import hardening_preset
from robaudit.search.plan import Effort, SearchPlan, preset
from robaudit.types import InputSpec

_GREY, _COLOUR = InputSpec((1, 28, 28), 10), InputSpec((3, 32, 32), 10)
_SMALLER = "; quick and standard take fewer of inputs of more than 1,024 numbers"


def searches() -> str:
    """Say how many samples and directions each effort searches.

    >>> searches()
    'quick 1,000 x 4, standard 5,000 x 4, paper 1,500 x 784 (of colour 1,500 x 1,000 one way); ...'
    """
    return _listed({each: preset(each, _GREY) for each in get_args(Effort)}) + _SMALLER


def training_searches() -> str:
    """Say how many training samples and directions each effort searches for examples.

    >>> training_searches()
    'quick 500 x 50, standard 1,500 x 100, paper 1,500 x 784 (of colour 1,500 x 1,000 one way); ...'
    """
    plans = {each: hardening_preset(each, _GREY).search for each in get_args(Effort)}
    return _listed(plans) + _SMALLER


def suites() -> str:
    """Say which attacks each suite runs.

    >>> suites()
    'quick: fgsm, pgd, uniform-noise, gaussian-noise; paper: these and ...; full: 27 others'
    """
    quick, paper = SUITES["quick"], SUITES["paper"]
    more = [name for name in paper if name not in quick]
    return (
        f"quick: {', '.join(quick)}; paper: these and {', '.join(more)}; autoattack: it alone; "
        f"full: {len(SUITES['full'])} others"
    )


def _listed(plans: dict[Effort, SearchPlan]) -> str:
    said = (f"{name} {_size(plan)}" for name, plan in plans.items())
    colour = preset("paper", _COLOUR)
    return f"{', '.join(said)} (of colour {_size(colour)} one way)"


def _size(plan: SearchPlan) -> str:
    return f"{plan.samples:,} x {plan.directions_of_each:,}"

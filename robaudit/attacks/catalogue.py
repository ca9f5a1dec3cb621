"""Which attacks there are, what each needs and may do, and where its defaults come from.

Distances are shares of the pixel range: ``epsilon`` bounds the largest change of
a pixel (norm "linf"), ``budget`` the length of the whole change: Euclidean (norm
"l2"), the sum of all sizes ("l1"), or how many numbers it changes ("l0"). Defaults
depend on the kind of images: grey ones as MNIST, colour ones as CIFAR-10.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from robaudit.attacks.parameters import check_parameter, read_number
from robaudit.errors import UsageError
from robaudit.phrases import did_you_mean
from robaudit.types import InputSpec

Norm = Literal["linf", "l2", "l1", "l0", "none"]
Need = Literal["gradients", "scores", "predictions"]
Suite = Literal["none", "quick", "paper", "autoattack", "full"]

_GREY, _COLOUR = 0.3, 8 / 255
"""L-infinity budgets of Madry et al. (2018) for MNIST and for CIFAR-10."""


@dataclass(frozen=True)
class Entry:
    """One attack of the catalogue: defaults for grey and for colour images, and their source.

    ``fewest`` says with how many steps, or the like, an attack at least has been tried in
    earnest. An ``adversary`` looks for a change that breaks a sample; noise and corruptions,
    which are as they come, are none.
    """

    title: str
    norm: Norm
    need: Need
    grey: Mapping[str, float]
    colour: Mapping[str, float]
    source: str
    fewest: Mapping[str, int] = field(default_factory=dict)
    adversary: bool = True


@dataclass(frozen=True)
class Attack:
    """An attack with all its parameters; ``parameters`` has those of its catalogue entry.

    Raises UsageError for an attack that is none, and for parameters that cannot be meant:
    a change of more than the whole pixel range is one in grey levels.
    """

    name: str
    parameters: Mapping[str, float]

    def __post_init__(self) -> None:
        if self.name not in CATALOGUE:
            raise UsageError(
                f"attack {self.name!r}",
                expected="one of " + ", ".join(CATALOGUE),
                advice=did_you_mean(self.name, CATALOGUE),
            )
        keys = self.entry.grey.keys()
        if self.parameters.keys() != keys:
            raise UsageError(
                f"attack {self.name} with parameters {', '.join(self.parameters) or 'none'}",
                expected=", ".join(keys),
            )
        for key, value in self.parameters.items():
            check_parameter(self.name, key, value)

    @property
    def entry(self) -> Entry:
        """What the catalogue says of it."""
        return CATALOGUE[self.name]

    @property
    def norm(self) -> Norm:
        """How its changes are measured."""
        return self.entry.norm

    @property
    def budget(self) -> float:
        """The largest change that counts, in its norm; infinite where any does."""
        name = "epsilon" if self.norm == "linf" else "budget"
        return self.parameters.get(name, math.inf)

    def whole(self, name: str) -> int:
        """Give a parameter that is a whole number."""
        return int(self.parameters[name])


def _corruption(
    title: str, how: str, source: str = "Hendrycks and Dietterich (2019)", **strength: float
) -> Entry:
    """Make the entry of a natural corruption, the same for grey and for colour images."""
    text = f"{source}: {how}" if how else source
    return Entry(title, "none", "predictions", strength, strength, text, adversary=False)


def _fmn(title: str, norm: Norm, grey: float, colour: float, budgets: str) -> Entry:
    """Make the entry of FMN in a norm; ``budgets`` says whose they are."""
    name = "epsilon" if norm == "linf" else "budget"
    return Entry(
        f"FMN-{title}",
        norm,
        "gradients",
        {name: grey, "steps": 100},
        {name: colour, "steps": 100},
        f"Pintor et al. (2021); budgets of {budgets}",
        fewest={"steps": 20},
    )


_EAD = {"searches": 9, "steps": 100, "learning_rate": 0.01, "beta": 0.001, "confidence": 0.0}

CATALOGUE: dict[str, Entry] = {
    "fgsm": Entry(
        "FGSM",
        "linf",
        "gradients",
        {"epsilon": _GREY},
        {"epsilon": _COLOUR},
        "Goodfellow et al. (2015); budgets of Madry et al. (2018)",
    ),
    "pgd": Entry(
        "PGD",
        "linf",
        "gradients",
        {"epsilon": _GREY, "step": 0.01, "steps": 40, "restarts": 1},
        {"epsilon": _COLOUR, "step": 2 / 255, "steps": 20, "restarts": 1},
        "Madry et al. (2018)",
    ),
    "bim": Entry(
        "BIM",
        "linf",
        "gradients",
        {"epsilon": _GREY, "step": 0.03, "steps": 10},
        {"epsilon": _COLOUR, "step": 1 / 255, "steps": 10},
        "Kurakin et al. (2017): ten steps of one grey level at 8/255; as many at 0.3",
    ),
    "mim": Entry(
        "MIM",
        "linf",
        "gradients",
        {"epsilon": _GREY, "step": _GREY / 10, "steps": 10, "decay": 1.0},
        {"epsilon": _COLOUR, "step": _COLOUR / 10, "steps": 10, "decay": 1.0},
        "Dong et al. (2018): ten steps of a tenth of the budget, decay 1",
    ),
    "deepfool": Entry(
        "DeepFool",
        "l2",
        "gradients",
        {"budget": 1.5, "steps": 50, "overshoot": 0.02},
        {"budget": 0.5, "steps": 50, "overshoot": 0.02},
        "Moosavi-Dezfooli et al. (2016); budgets of Schott et al. (2019) and RobustBench",
        fewest={"steps": 10},
    ),
    "cw-l2": Entry(
        "CW-L2",
        "l2",
        "gradients",
        # Grey budgets are long: in as few steps of 0.01 what was adversarially trained held.
        {"budget": 1.5, "searches": 9, "steps": 100, "learning_rate": 0.03, "confidence": 0.0},
        {"budget": 0.5, "searches": 9, "steps": 100, "learning_rate": 0.01, "confidence": 0.0},
        "Carlini and Wagner (2017) with fewer steps; budgets as for DeepFool",
        fewest={"searches": 7, "steps": 20},
    ),
    "opt-margin": Entry(
        "OptMargin",
        "l2",
        "gradients",
        {"budget": 1.5, "shift": 0.3, "members": 20, "searches": 4, "steps": 200},
        {"budget": 0.5, "shift": 0.02, "members": 20, "searches": 4, "steps": 200},
        "He, Li and Song (2018) with fewer steps, of 0.02 each; budgets as for DeepFool",
        fewest={"searches": 3, "steps": 20},
    ),
    "uniform-noise": Entry(
        "Uniform noise",
        "linf",
        "predictions",
        {"epsilon": _GREY},
        {"epsilon": _COLOUR},
        "the budget of the gradient attacks, to be compared with them",
        adversary=False,
    ),
    "gaussian-noise": Entry(
        "Gaussian noise",
        "none",
        "predictions",
        {"sigma": 0.3},
        {"sigma": 0.1},
        "severity 5 of Hendrycks and Dietterich (2019) for colour; as large as 0.3 for grey",
        adversary=False,
    ),
    "apgd": Entry(
        "APGD",
        "linf",
        "gradients",
        {"epsilon": _GREY, "steps": 100, "restarts": 1},
        {"epsilon": _COLOUR, "steps": 100, "restarts": 1},
        "Croce and Hein (2020): the part of AutoAttack that ascends the cross-entropy",
        fewest={"steps": 10},
    ),
    "apgd-t": Entry(
        "APGD-T",
        "linf",
        "gradients",
        {"epsilon": _GREY, "steps": 100, "targets": 9},
        {"epsilon": _COLOUR, "steps": 100, "targets": 9},
        "Croce and Hein (2020): the part of AutoAttack that leads to one class after the other",
        fewest={"steps": 10},
    ),
    "pgd-l2": Entry(
        "PGD-L2",
        "l2",
        "gradients",
        {"budget": 1.5, "step": 0.1, "steps": 40, "restarts": 1},
        {"budget": 0.5, "step": 0.05, "steps": 40, "restarts": 1},
        "Madry et al. (2018): steps that cross the budget twice and more; budgets as for DeepFool",
    ),
    "ddn": Entry(
        "DDN",
        "l2",
        "gradients",
        {"budget": 1.5, "steps": 100},
        {"budget": 0.5, "steps": 100},
        "Rony et al. (2019); budgets as for DeepFool",
        fewest={"steps": 20},
    ),
    "fmn-l0": _fmn("L0", "l0", 12, 24, "Schott et al. (2019) and Croce et al. (2022)"),
    "fmn-l1": _fmn("L1", "l1", 10, 12, "Tramer and Boneh (2019) and Croce and Hein (2021)"),
    "fmn-l2": _fmn("L2", "l2", 1.5, 0.5, "Schott et al. (2019) and RobustBench"),
    "fmn-linf": _fmn("L-inf", "linf", _GREY, _COLOUR, "Madry et al. (2018)"),
    "ead": Entry(
        "EAD",
        "l1",
        "gradients",
        {"budget": 10.0, **_EAD},
        {"budget": 12.0, **_EAD},
        "Chen et al. (2018) with fewer steps; budgets as for FMN-L1",
        fewest={"searches": 7, "steps": 20},
    ),
    "square": Entry(
        "Square",
        "linf",
        "scores",
        {"epsilon": _GREY, "queries": 1000},
        {"epsilon": _COLOUR, "queries": 1000},
        "Andriushchenko et al. (2020) with fewer queries",
        fewest={"queries": 500},
    ),
    "hopskipjump": Entry(
        "HopSkipJump",
        "l2",
        "predictions",
        {"budget": 1.5, "queries": 2500},
        {"budget": 0.5, "queries": 2500},
        "Chen et al. (2020); budgets as for DeepFool",
        fewest={"queries": 1000},
    ),
    "hopskipjump-linf": Entry(
        "HopSkipJump-L-inf",
        "linf",
        "predictions",
        {"epsilon": _GREY, "queries": 2500},
        {"epsilon": _COLOUR, "queries": 2500},
        "Chen et al. (2020); budgets of Madry et al. (2018)",
        fewest={"queries": 1000},
    ),
    "boundary": Entry(
        "Boundary",
        "l2",
        "predictions",
        {"budget": 1.5, "queries": 5000},
        {"budget": 0.5, "queries": 5000},
        "Brendel et al. (2018) with fewer queries; budgets as for DeepFool",
        fewest={"queries": 2500},
    ),
    "autoattack": Entry(
        "AutoAttack",
        "linf",
        "predictions",
        {"epsilon": _GREY, "steps": 100, "targets": 9, "queries": 5000},
        {"epsilon": _COLOUR, "steps": 100, "targets": 9, "queries": 5000},
        "Croce and Hein (2020): APGD, APGD-T and Square, with FMN in the place of FAB-T",
        fewest={"steps": 10, "queries": 500},
    ),
    "blur": _corruption("Blur", "Gaussian, severity 5 for CIFAR-10", radius=1.0),
    "contrast": _corruption("Contrast", "severity 5 for CIFAR-10", factor=0.15),
    "brightness": _corruption("Brightness", "severity 5 for CIFAR-10, on each channel", added=0.3),
    "jpeg": _corruption("JPEG", "severity 5 for CIFAR-10", quality=40),
    "rotation": _corruption("Rotation", "", "Engstrom et al. (2019), at random", degrees=30),
    "translation": _corruption("Translation", "", "Engstrom et al. (2019), at random", share=0.1),
}
"""All attacks by the names that users give."""

SUITES: dict[Suite, tuple[str, ...]] = {
    "none": (),
    "quick": ("fgsm", "pgd", "uniform-noise", "gaussian-noise"),
    "paper": (
        *("fgsm", "cw-l2", "pgd", "bim", "mim", "deepfool"),
        *("uniform-noise", "gaussian-noise"),
    ),
    "autoattack": ("autoattack",),
    "full": tuple(name for name in CATALOGUE if name not in ("autoattack", "opt-margin")),
}
"""Suites of attacks; ``paper`` is Table III, ``full`` all but the one that is made of others and
the one that asks about as many inputs as all of these together."""

STAND_INS = ("square", "hopskipjump")
"""Adversaries that need no gradients: what takes the place of those that do, where there are none.

The suite ``full`` has them anyway.
"""


def default_attack(name: str, spec: InputSpec) -> Attack:
    """Give an attack with the defaults for inputs like these.

    >>> default_attack("pgd", InputSpec(shape=(1, 28, 28), classes=10)).parameters["epsilon"]
    0.3
    """
    entry = CATALOGUE.get(name)
    if entry is None:
        return Attack(name, {})  # which says what there is
    return Attack(name, dict(entry.colour if 3 in spec.shape else entry.grey))


def suite(name: Suite, spec: InputSpec) -> tuple[Attack, ...]:
    """List the attacks of a suite, with the defaults for inputs like these."""
    if name not in SUITES:
        raise UsageError(
            f"attacks {name!r}",
            expected="one of " + ", ".join(SUITES),
            advice=did_you_mean(name, SUITES),
        )
    return tuple(default_attack(attack, spec) for attack in SUITES[name])


def parse_attack(text: str, spec: InputSpec) -> Attack:
    """Read an attack and the parameters that differ from its defaults.

    >>> spec = InputSpec(shape=(1, 28, 28), classes=10)
    >>> parse_attack("pgd:epsilon=0.1,steps=100", spec).parameters["steps"]
    100.0
    """
    name, _, rest = text.partition(":")
    attack = default_attack(name, spec)
    changed = dict(attack.parameters)
    for part in filter(None, rest.split(",")):
        key, _, value = part.partition("=")
        try:
            number = read_number(value)
        except (ValueError, ZeroDivisionError):
            number = math.nan
        if key not in changed or math.isnan(number):
            raise UsageError(
                f"attack {text!r}",
                expected=f"{name}:key=value,... with keys {', '.join(changed)} and numbers",
                advice="" if key in changed else did_you_mean(key, changed),
            )
        changed[key] = number
    return Attack(name, changed)


def check_attack(value: object) -> Attack:
    """Give an attack back, once it is known to be one; Python tells no types apart before."""
    if isinstance(value, Attack):
        return value
    raise UsageError(
        f"attacks: a value of type {type(value).__name__}",
        expected="what robaudit.parse_attack gives",
    )


def checked_attack(text: str) -> str:
    """Give the text of an attack back, once it is known to be one, whatever the inputs."""
    parse_attack(text, InputSpec((1, 1, 1), 2))
    return text

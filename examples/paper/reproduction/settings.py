"""What is done at each scale on each data set; every number that the paper leaves open."""

import math
from dataclasses import dataclass, replace
from typing import Literal

from robaudit import SearchPlan

Dataset = Literal["mnist", "fashion_mnist", "cifar10", "digits"]
Scale = Literal["small", "paper"]

GRADIENT_ATTACKS = ("fgsm", "cw-l2", "pgd", "bim", "mim", "deepfool")
NOISES = ("uniform-noise", "gaussian-noise")
ATTACKS = (*GRADIENT_ATTACKS, *NOISES)
"""The rows of Table III, in its order."""


@dataclass(frozen=True)
class Phase:
    """Some epochs of training at one learning rate (Adam's)."""

    epochs: int
    learning_rate: float


@dataclass(frozen=True)
class Setting:
    """How the experiments are done on one data set.

    ``images`` are trained on, ``tested`` audited and ``attacked`` attacked, of the test
    images of a seed; budgets of attacks are found on ``tuned`` validation images.
    ``search`` is that of training samples, ``audit`` that of test samples. Of a searched
    class of high, medium and low level the ``shares`` give examples, in ``per_sample``
    directions. ``original`` is the training from scratch, ``adversarial`` the one after it,
    ``retraining`` all others that go on from there; ``adversary_steps`` of a quarter
    of ``adversary`` make PGD's examples for adversarial training. ``most`` is the largest
    budget that is tried for L-infinity attacks, for L2 attacks and for noise; ``strengths``
    are those of Fig. 3. ``augmented`` flips and shifts all images trained on. The first
    ``beyond_seeds`` seeds also go beyond the paper. ``gray_levels`` turn RMS units into
    the paper's.
    """

    dataset: Dataset
    scale: Scale
    network: str
    images: int
    tested: int
    attacked: int
    tuned: int
    search: SearchPlan
    audit: SearchPlan
    shares: tuple[float, float, float]
    per_sample: int
    original: tuple[Phase, ...]
    adversarial: tuple[Phase, ...]
    retraining: Phase
    adversary: float
    adversary_steps: int
    most: tuple[float, float, float]
    strengths: tuple[float, ...]
    pgd_steps: int
    cw: tuple[int, int]
    seeds: int
    beyond_seeds: int
    beyond_rounds: int = 3
    gradient_directions: int = 4
    augmented: bool = False
    batch_size: int = 64
    gray_levels: float = 1.0


_PAPER_SHARES = (20 / 150, 100 / 150, 1.0)

_MNIST = Setting(
    dataset="mnist",
    scale="small",
    network="mnist_cnn",
    images=20_000,
    tested=300,
    attacked=200,
    tuned=500,
    search=SearchPlan(500, 100, signs=2, step=0.02, steps=25),
    audit=SearchPlan(300, 60, signs=2, step=0.02, steps=25),
    shares=_PAPER_SHARES,
    per_sample=40,
    original=(Phase(6, 1e-3),),
    adversarial=(Phase(8, 1e-3), Phase(2, 1e-4)),
    retraining=Phase(6, 1e-3),
    adversary=0.3,
    adversary_steps=7,
    most=(0.3, 4.0, 1.0),
    strengths=(0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5),
    pgd_steps=40,
    cw=(7, 60),
    seeds=5,
    beyond_seeds=3,
)

_CIFAR10 = Setting(
    dataset="cifar10",
    scale="small",
    network="cifar10_small",
    images=20_000,
    tested=300,
    attacked=200,
    tuned=500,
    search=SearchPlan(500, 100, signs=1, step=2 / 255, steps=63),
    audit=SearchPlan(300, 60, signs=1, step=2 / 255, steps=63),
    shares=_PAPER_SHARES,
    per_sample=40,
    original=(Phase(10, 2e-3), Phase(3, 2e-4)),
    adversarial=(Phase(8, 2e-3), Phase(2, 2e-4)),
    retraining=Phase(4, 1e-3),
    adversary=8 / 255,
    adversary_steps=4,
    most=(16 / 255, 1.0, 0.3),
    strengths=tuple(step / 255 for step in (1, 2, 3, 4, 6, 8, 10, 12, 14, 16)),
    pgd_steps=20,
    cw=(7, 30),
    seeds=3,
    beyond_seeds=1,
    augmented=True,
    gray_levels=255.0,
)

_DIGITS = Setting(
    dataset="digits",
    scale="small",
    network="digits_cnn",
    images=1_000,
    tested=40,
    attacked=20,
    tuned=40,
    search=SearchPlan(100, 16, signs=2, step=0.04, steps=12),
    audit=SearchPlan(40, 8, signs=2, step=0.04, steps=12),
    shares=_PAPER_SHARES,
    per_sample=10,
    original=(Phase(5, 3e-3),),
    adversarial=(Phase(2, 3e-3),),
    retraining=Phase(1, 1e-3),
    adversary=0.2,
    adversary_steps=2,
    most=(0.4, 4.0, 1.0),
    strengths=(0.1, 0.3),
    pgd_steps=3,
    cw=(1, 5),
    seeds=2,
    beyond_seeds=1,
    beyond_rounds=2,
    gradient_directions=2,
)


def setting_of(dataset: Dataset, scale: Scale) -> Setting:
    """Give the setting of a data set at a scale; the digits have one for both.

    Fashion-MNIST, which the paper does not have, is treated as MNIST.
    """
    small = {
        "mnist": _MNIST,
        "fashion_mnist": replace(_MNIST, dataset="fashion_mnist"),
        "cifar10": _CIFAR10,
        "digits": _DIGITS,
    }[dataset]
    if scale == "small" or dataset == "digits":
        return small
    return _as_the_paper(small)


def _as_the_paper(small: Setting) -> Setting:
    """Take the paper's numbers: Section V, and Madry et al. for what it takes from them."""
    if small.network == "mnist_cnn":
        search = SearchPlan(1500, 784, signs=2, step=0.02, steps=25)
        setting = replace(
            small,
            network="mnist_madry",
            images=60_000,
            original=(Phase(10, 1e-4),),
            adversarial=(Phase(60, 1e-4),),
            retraining=Phase(10, 1e-4),
            adversary_steps=40,
        )
    else:
        search = SearchPlan(1500, 1000, signs=1, step=2 / 255, steps=63)
        phases = (Phase(40, 1e-3), Phase(15, 1e-4), Phase(5, 1e-5))
        setting = replace(
            small,
            network="cifar10_wide",
            images=50_000,
            original=phases,
            adversarial=phases,
            retraining=Phase(15, 1e-4),
            adversary_steps=7,
        )
    return replace(
        setting,
        scale="paper",
        tested=1500,
        attacked=1000,
        search=search,
        audit=search,
        cw=(9, 100),
        beyond_seeds=setting.seeds,
        batch_size=128,
    )


def attack_text(name: str, budget: float, setting: Setting) -> str:
    """Describe an attack at a budget, as `robaudit.parse_attack` reads it.

    BIM and MIM take ten steps of a tenth; PGD's steps are 2.5 budgets together, as
    Madry et al. advise.
    """
    steps = setting.pgd_steps
    searches, descents = setting.cw
    parameters = {
        "fgsm": "",
        "pgd": f",step={2.5 * budget / steps!r},steps={steps}",
        "bim": f",step={budget / 10!r},steps=10",
        "mim": f",step={budget / 10!r},steps=10",
        "cw-l2": f",searches={searches},steps={descents}",
        "deepfool": "",
        "uniform-noise": "",
        "gaussian-noise": "",
    }[name]
    return f"{name}:{budget_name(name)}={budget!r}{parameters}"


def budget_name(name: str) -> str:
    """Name the parameter of an attack that says how far it may go."""
    if name == "gaussian-noise":
        return "sigma"
    return "budget" if name in ("cw-l2", "deepfool") else "epsilon"


def most_of(name: str, setting: Setting) -> float:
    """Give the largest budget that is tried for an attack."""
    infinity, length, noise = setting.most
    if name in NOISES:
        return noise
    return length if budget_name(name) == "budget" else infinity


def far_beyond(setting: Setting) -> float:
    """Give a length of L2 attacks that no example needs."""
    side = {"mnist": 28, "fashion_mnist": 28, "cifar10": 32 * math.sqrt(3), "digits": 8}[
        setting.dataset
    ]
    return float(side)

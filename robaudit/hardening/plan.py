"""How a classifier is to be hardened: every constant of the method, by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from robaudit.attacks.catalogue import Attack, default_attack
from robaudit.errors import UsageError
from robaudit.hardening.mixture import MIXTURES, Mixture
from robaudit.metrics.levels import HIGH_SHARE, LOW_SHARE, Level
from robaudit.search.plan import Effort, SearchPlan, shared_preset
from robaudit.types import InputSpec

Method = Literal["feedback", "reduced", "adversarial", "continued", "combined"]
Keep = Literal["best", "last", "line"]
Rate = Literal["constant", "cosine", "cycle"]
Compensation = Literal["levels", "neighbours"]
USUAL_METHOD: Method = "combined"
"""What hardening does where nothing else is said: the paper's own methods are asked for by name."""

_SAMPLES = {"quick": 500, "standard": 1500, "paper": 1500}
_SEARCHED_OF_A_CLASS = 150

_MADRY_STEPS = {"grey": 40.0, "colour": 7.0}
_FEW_STEPS = {"grey": (3, 2.5), "colour": (1, 1.5)}
"""How many steps `combined` hardening attacks with, and how long all are, in budgets."""
EPOCHS = {"grey": 6, "colour": 9}
"""For how many epochs `combined` hardening trains: for more where each takes fewer passes."""
_REACH = 2.0
HALVINGS = 2
"""How often `combined` hardening tries a smaller budget, at most."""
_AVERAGING = 0.995
_PEAK_RATE = 5e-3


@dataclass(frozen=True)
class HardeningPlan:
    """How to harden a classifier; the defaults are those of Section IV-B of the paper.

    ``search`` says which training samples are searched and how. Classes are called
    robust and vulnerable by ``high_share`` and ``low_share``; of a class of high,
    medium and low level so many samples are chosen: whole numbers are counts, fractions
    up to 1.0 shares of the samples of that class that were searched. With ``compensation`` by
    "neighbours" they are as many together, but each class has its share by how near it lies to
    easier and harder ones; see `robaudit.hardening.compensation`. Of each, the
    ``directions_per_sample`` rays that crossed soonest give an example each, ``weakest``
    to ``strongest`` times as far as the crossing; fewer of each where there would be
    more than ``most_examples`` for each training sample (1,500 x 40 for the 50,000 of
    CIFAR-10 are 1.2). Besides, ``gradient_directions`` examples of each lie along
    gradients: towards its next-best classes, as far beyond the crossing as the others;
    where there would be too many, both kinds are thinned alike. ``adversary`` makes the
    examples of adversarial training; ``None`` is PGD with the budget of Madry et al. (2018).
    `robaudit.harden` lets its budget be at most ``reach_of_adversary`` times the distance of
    the model's closest boundary (`robaudit.hardening.within_reach`); 0 leaves it as it is. Where
    what was trained within it lost more than it may, a line of weights has another beside it, to
    what is trained within half of that, up to ``budget_halvings`` times.

    Of data without a part for testing ``test_share`` is held out, and of the training
    data that is left ``validation_share``. The epoch with the best
    restricted mean margin on ``validation_samples`` of it, along
    ``validation_directions`` directions, is kept, among those that lose no more than
    ``max_accuracy_drop`` of accuracy on all of it, and of which no class is shown to have lost
    more than ``max_class_drop``; ``keep`` "last" keeps the last epoch whatever it does, as the
    paper did. "line" walks from the original's weights to the last
    epoch's and keeps the best point on the way; see `robaudit.hardening.weight_line`. Half of
    the validation data choose it there and half confirm it, and ``statistics_samples`` of the
    training data, augmented as these are, give batch normalisation its statistics. ``rounds``
    repeats search and training.
    ``learning_rate``, ``default_learning_rate``, ``optimizer`` and ``loss`` are those of
    `robaudit.TrainPlan`.

    ``mixture`` says what the batches of ``combined`` hardening are of; its examples are as many
    of each class, as those of ``reduced``. Models are averages of weights over steps, of which
    ``averaging`` stays at each step (0 for the last alone). The ``rate`` of learning stays, or
    falls to 0 along a "cosine" (Loshchilov and Hutter, 2017); in a "cycle" it rises before, over
    the first fifth of the training.
    """

    method: Method = "feedback"
    search: SearchPlan = field(default_factory=lambda: SearchPlan(1500, 784))
    high_share: float = HIGH_SHARE
    low_share: float = LOW_SHARE
    high_samples: int | float = 20
    medium_samples: int | float = 100
    low_samples: int | float = 150
    compensation: Compensation = "levels"
    directions_per_sample: int = 40
    gradient_directions: int = 0
    most_examples: float = 1.2
    weakest: float = 1.5
    strongest: float = 2.0
    adversary: Attack | None = None
    reach_of_adversary: float = 0.0
    budget_halvings: int = 0
    mixture: Mixture = field(default_factory=Mixture)
    averaging: float = 0.0
    rate: Rate = "constant"
    statistics_samples: int = 2000
    epochs: int = 6
    batch_size: int = 64
    learning_rate: float | None = None
    default_learning_rate: float | None = None
    rounds: int = 1
    test_share: float = 0.2
    validation_share: float = 0.1
    validation_samples: int = 200
    validation_directions: int = 10
    max_accuracy_drop: float = 0.01
    max_class_drop: float = 0.03
    keep: Keep = "best"
    seed: int = 0
    optimizer: Any = None
    loss: Any = None

    def __post_init__(self) -> None:
        for name, kinds in (
            ("method", Method),
            ("keep", Keep),
            ("rate", Rate),
            ("compensation", Compensation),
        ):
            if getattr(self, name) not in get_args(kinds):
                raise UsageError(
                    f"{name} {getattr(self, name)!r}",
                    expected="one of " + ", ".join(get_args(kinds)),
                )
        for name in ("directions_per_sample", "epochs", "batch_size", "rounds"):
            _check(name, getattr(self, name), at_least=1)
        for name in ("validation_samples", "validation_directions"):
            _check(name, getattr(self, name), at_least=1)
        _check("statistics_samples", self.statistics_samples, at_least=2)
        _check("averaging", self.averaging, at_least=0, at_most=0.999999)
        _check("gradient_directions", self.gradient_directions, at_least=0)
        _check("budget_halvings", self.budget_halvings, at_least=0)
        for name in ("high_samples", "medium_samples", "low_samples"):
            value = getattr(self, name)
            _check(name, value, at_least=0)
            if value != int(value) and value > 1:
                raise UsageError(
                    f"{name} = {value}", expected="a whole number, or a share from 0 to 1.0"
                )
        _check("reach_of_adversary", self.reach_of_adversary, at_least=0)
        for name in ("high_share", "low_share", "max_accuracy_drop", "max_class_drop"):
            _check(name, getattr(self, name), at_least=0, at_most=1)
        if self.high_share + self.low_share > 1:
            raise UsageError(
                f"high_share {self.high_share} and low_share {self.low_share}",
                expected="no more than 1 together",
            )
        if not self.most_examples > 0:
            raise UsageError(f"most_examples = {self.most_examples}", expected="more than 0")
        if not 0 < self.weakest <= self.strongest:
            raise UsageError(
                f"strengths from {self.weakest} to {self.strongest}", expected="0 < weakest <= ..."
            )
        for name in ("test_share", "validation_share"):
            if not 0 < getattr(self, name) < 1:
                raise UsageError(f"{name} = {getattr(self, name)}", expected="between 0 and 1")

    @property
    def needs_examples(self) -> bool:
        """Whether feedback examples, and so a search, come before training."""
        if self.method == "combined":
            return self.mixture.feedback_share > 0
        return self.method != "adversarial"

    @property
    def needs_gradients(self) -> bool:
        """Whether batches are attacked."""
        mixed = self.method == "combined" and self.mixture.attacked_share > 0
        return mixed or self.method == "adversarial"

    def samples_of(self, level: Level, searched: int) -> int:
        """Tell how many samples of a class are chosen, of so many that were searched.

        All but feedback learning take the maximum for every class.

        >>> HardeningPlan().samples_of("high", 150), HardeningPlan().samples_of("low", 90)
        (20, 90)
        >>> HardeningPlan(high_samples=0.5).samples_of("high", 30)
        15
        """
        amounts = {
            "high": self.high_samples,
            "medium": self.medium_samples,
            "low": self.low_samples,
        }
        counts = {
            name: round(amount * searched) if _is_share(amount) else int(amount)
            for name, amount in amounts.items()
        }
        wanted = counts[level] if self.method == "feedback" else max(counts.values())
        return min(wanted, searched)

    def described(self) -> Mapping[str, Any]:
        """Give all fields as plain values, for a record."""
        adversary = self.adversary
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        of_search = {name: of for name, of in vars(self.search).items() if name != "precision"}
        search = {f"search_{name}": value for name, value in of_search.items()}
        return {
            **{name: value for name, value in fields.items() if name not in _NOT_PLAIN},
            **(vars(self.mixture) if self.method == "combined" else {}),
            **search,
            "adversary": adversary and {"name": adversary.name, **adversary.parameters},
            "optimizer": _name_of(self.optimizer),
            "loss": _name_of(self.loss),
        }


_NOT_PLAIN = {"search", "adversary", "mixture", "optimizer", "loss"}


def hardening_preset(
    effort: Effort, spec: InputSpec, *, seed: int = 0, method: Method = USUAL_METHOD
) -> HardeningPlan:
    """Make the plan that an effort stands for, for inputs like these, and by a method.

    ``paper`` searches as Section V does and takes its counts. The other two search
    fewer directions, ``quick`` fewer samples too, take the same shares of them, and make
    at most one example for two training samples: on a third of MNIST more did not help.
    ``combined`` hardening attacks with few steps of PGD, trains for as many epochs and mixes
    batches (`MIXTURES`) as is best for grey and for colour images, averages weights, lets the
    learning rate rise and fall and keeps the best point of the line to the original. The rate is
    0.005 at its highest where neither plan nor model brings one.
    """
    plan, kind = _of_effort(effort, spec, seed), _kind_of(spec)
    if method != "combined":
        return replace(plan, method=method)
    return replace(
        plan,
        method=method,
        adversary=_of_few_steps(spec),
        mixture=MIXTURES[kind],
        epochs=EPOCHS[kind],
        reach_of_adversary=_REACH,
        budget_halvings=HALVINGS,
        averaging=_AVERAGING,
        rate="cycle",
        keep="line",
        default_learning_rate=_PEAK_RATE,
    )


def _of_effort(effort: Effort, spec: InputSpec, seed: int) -> HardeningPlan:
    search = shared_preset(effort, spec, seed=seed)
    if effort == "paper":
        return HardeningPlan(search=search, seed=seed)
    usual = shared_preset(effort, InputSpec((1,), 2)).samples
    samples = round(_SAMPLES[effort] * search.samples / usual)
    search = SearchPlan(samples, search.directions, seed=seed)
    return HardeningPlan(
        search=search,
        seed=seed,
        high_samples=20 / _SEARCHED_OF_A_CLASS,
        medium_samples=100 / _SEARCHED_OF_A_CLASS,
        low_samples=1.0,
        most_examples=0.5,
    )


def default_adversary(spec: InputSpec) -> Attack:
    """Give the adversary of Madry et al. (2018): 40 steps of PGD for grey, 7 for colour images."""
    steps = _MADRY_STEPS[_kind_of(spec)]
    return Attack("pgd", {**default_attack("pgd", spec).parameters, "steps": steps})


def _of_few_steps(spec: InputSpec) -> Attack:
    pgd, (steps, length) = default_attack("pgd", spec), _FEW_STEPS[_kind_of(spec)]
    step = length * pgd.budget / steps
    return Attack("pgd", {**pgd.parameters, "steps": float(steps), "step": step})


def _kind_of(spec: InputSpec) -> Literal["grey", "colour"]:
    return "colour" if 3 in spec.shape else "grey"


def _name_of(given: Any) -> str | None:
    """Name what a user gave, without where it lies in memory."""
    return None if given is None else getattr(given, "__qualname__", type(given).__name__)


def _is_share(amount: int | float) -> bool:
    return isinstance(amount, float) and amount <= 1


def _check(name: str, value: float, *, at_least: float, at_most: float | None = None) -> None:
    if value < at_least or (at_most is not None and value > at_most):
        expected = f"at least {at_least:g}" + ("" if at_most is None else f", at most {at_most:g}")
        raise UsageError(f"{name} = {value}", expected=expected)

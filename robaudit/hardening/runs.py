"""What a hardening gave: of each epoch, each round, and all of one seed."""

from collections.abc import Iterable
from dataclasses import dataclass

from robaudit.hardening.examples import Examples
from robaudit.hardening.plan import HardeningPlan
from robaudit.hardening.training_search import Searched
from robaudit.hardening.validation import Judgement
from robaudit.types import Classifier


@dataclass(frozen=True)
class Epoch:
    """How a model did on validation data after one pass; ``within`` the accuracy it may lose."""

    number: int
    judgement: Judgement
    within: bool


@dataclass(frozen=True)
class Round:
    """One round: what was searched and made of it, and each epoch after that.

    Adversarial training searches nothing and makes no examples beforehand; nor is there
    a search where examples were given without one. ``seconds`` are of what was done here.
    """

    searched: Searched | None
    examples: Examples | None
    epochs: tuple[Epoch, ...]
    seconds: dict[str, float]


@dataclass(frozen=True)
class Kept:
    """The round and the epoch, each from 1, that was kept."""

    round: int
    epoch: int


@dataclass(frozen=True)
class Run:
    """One hardening from one seed.

    ``original`` judges the model that it began with. ``classifier`` is what was kept,
    and is the original one where nothing was; ``best`` judges it.
    """

    seed: int
    original: Judgement
    best: Judgement
    rounds: tuple[Round, ...]
    kept: Kept | None
    classifier: Classifier


def is_better(epoch: Epoch, best: Judgement, plan: HardeningPlan) -> bool:
    """Tell whether an epoch should be kept instead of what was best until then."""
    better = epoch.within and epoch.judgement.restricted_mean > best.restricted_mean
    return better or plan.keep == "last"


def best_epoch(epochs: Iterable[Epoch], best: Judgement, plan: HardeningPlan) -> Epoch | None:
    """Give the epoch that is kept of some, in their order; ``None`` where ``best`` still is."""
    kept = None
    for epoch in epochs:
        if is_better(epoch, kept.judgement if kept else best, plan):
            kept = epoch
    return kept

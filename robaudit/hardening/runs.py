"""What a hardening gave: of each epoch, each round, and all of one seed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

import numpy as np

from robaudit.hardening.allowance import ClassLoss
from robaudit.hardening.examples import Examples
from robaudit.hardening.plan import HardeningPlan
from robaudit.hardening.training_search import Searched
from robaudit.hardening.validation import Judgement
from robaudit.types import Classifier, Estimate, FloatArray


@dataclass(frozen=True)
class Epoch:
    """How a model did on validation data after one pass; ``within`` the accuracy it may lose.

    ``worst`` is the class that lost most, where the classes of what was right are known.
    """

    number: int
    judgement: Judgement
    within: bool
    worst: ClassLoss | None = None


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
class Standing:
    """How a point does on one half: as it is judged, and on attacked samples.

    ``held`` (S) tells within which share of the adversary's budgets, a quarter to all of its own,
    each of the samples searched holds, ``None`` of a model without gradients. ``reach`` is that of
    the search, in RMS units. Of what was judged by accuracy alone there are neither margins nor
    whether samples hold.
    """

    judgement: Judgement
    held: tuple[float, ...] | None
    reach: float

    @property
    def attacked(self) -> float | None:
        """Accuracy under what judges, the mean over the adversary's budgets."""
        return None if self.held is None else sum(self.held) / len(self.held)

    @property
    def cells(self) -> FloatArray:
        """Robustness of each sample along each direction: (S, K), from 0 to 1.

        The mean of the margin as a share of the reach, which says how far a model bears random
        changes, and of how far the sample holds, which says the same of the worst; without
        gradients the former alone.
        """
        shares = self.judgement.margins / self.reach
        return shares if self.held is None else (shares + np.array(self.held)[:, np.newaxis]) / 2

    @property
    def robustness(self) -> float:
        """The mean of the cells."""
        return float(self.cells.mean())


@dataclass(frozen=True)
class Point:
    """A point of a line: its ``share`` of the trained model, and how it stands on each half.

    ``confirming`` is ``None`` for what was not tried there, and of what had lost too much there its
    accuracy alone; ``budget`` that of the adversary which
    the model was trained against, ``None`` of the original and where there was no such adversary.
    """

    share: float
    choosing: Standing
    confirming: Standing | None
    budget: float | None = None

    @property
    def confirmed(self) -> Judgement:
        """The judgement of the half that confirms, with samples of classes on both halves.

        What a class has lost is shown by more samples than one half has of it.
        """
        assert self.confirming is not None  # noqa: S101 - of a point that was tried there
        halves = self.choosing.judgement.right, self.confirming.judgement.right
        none = np.zeros(0, np.bool_)
        right = tuple(map(np.concatenate, zip_longest(*halves, fillvalue=none)))
        return replace(self.confirming.judgement, right=right)


@dataclass(frozen=True)
class Line:
    """The original, the points of each line in the order of their shares, and what is kept.

    ``kept`` is the share of that, 0 for none, and ``budget`` tells of which line it is, as of
    points. ``gain`` is by how much more robust than the original the point was that the other
    half was asked about, there; ``None`` where it was asked about none.
    """

    points: tuple[Point, ...]
    kept: float
    gain: Estimate | None = None
    budget: float | None = None


@dataclass(frozen=True)
class Run:
    """One hardening from one seed.

    ``original`` judges the model that it began with. ``classifier`` is what was kept,
    and is the original one where nothing was; ``best`` judges it. Where it is a point of the
    ``line`` to what was trained, ``kept`` is the epoch that the line ends with. ``budget`` is
    that of the adversary in training, ``None`` where there was none.
    """

    seed: int
    original: Judgement
    best: Judgement
    rounds: tuple[Round, ...]
    kept: Kept | None
    classifier: Classifier
    line: Line | None = None
    budget: float | None = None


def is_better(epoch: Epoch, best: Judgement, plan: HardeningPlan) -> bool:
    """Tell whether an epoch should be kept instead of what was best until then."""
    better = epoch.within and epoch.judgement.restricted_mean > best.restricted_mean
    return better or plan.keep != "best"


def best_epoch(epochs: Iterable[Epoch], best: Judgement, plan: HardeningPlan) -> Epoch | None:
    """Give the epoch that is kept of some, in their order; ``None`` where ``best`` still is."""
    kept = None
    for epoch in epochs:
        if is_better(epoch, kept.judgement if kept else best, plan):
            kept = epoch
    return kept


def best_run(runs: Sequence[Run]) -> int:
    """Give the number of the run, at least one, that did best on validation data.

    Of lines it is the one with the largest gain in robustness over the original on the half that
    confirms: the margin alone says nothing of attacks, and what a point was chosen by says too
    much. Gains are compared, since the halves of each seed are others.
    """

    def score(number: int) -> tuple[bool, float]:
        run = runs[number]
        gain = None if run.line is None or run.line.gain is None else run.line.gain.value
        return run.kept is not None, run.best.restricted_mean if gain is None else gain

    return max(range(len(runs)), key=score)

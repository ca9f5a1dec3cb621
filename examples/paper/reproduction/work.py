"""The pieces of work: training, searching, making examples, retraining, measuring.

Each reads what it needs from the folders of other stages and writes its own files. All of
it goes through the public names of robaudit.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import robaudit
from reproduction.batches import flips_and_shifts, some_of_each
from reproduction.data import Data
from reproduction.settings import Phase, Setting
from reproduction.thinning import thinned
from robaudit import Classifier, HardeningPlan, InputSpec, OpenOptions, TrainPlan
from robaudit.batches import Pace
from robaudit.hardening import (
    AdversarialBatches,
    Batches,
    Examples,
    Judgement,
    Searched,
    make_examples,
    read_examples,
    read_search,
    retrain,
    search_training_samples,
    within_reach,
    write_examples,
    write_search,
)
from robaudit.types import FloatArray, IntArray, Perturb

_NETWORKS = Path(__file__).with_name("networks.py")
_MODEL, _SEARCH, _EXAMPLES = "model.pth", "search.npz", "examples.npz"


@dataclass(frozen=True)
class Bench:
    """What all pieces of work share: the setting, the data, and where models run."""

    setting: Setting
    data: Data
    device: str

    @property
    def spec(self) -> InputSpec:
        """What the networks take and give."""
        height, width, channels = self.data.train.image_shape
        return InputSpec((channels, height, width), 10)

    @property
    def batch_size(self) -> int:
        """How many inputs are worked on at a time; nothing but the speed depends on it."""
        return 1024 if self.device == "cuda" else 256

    def open(self, folder: Path) -> Classifier:
        """Open the model that a stage kept."""
        return robaudit.load(folder / _MODEL, self._options())

    def untrained(self, seed: int) -> Classifier:
        """Make a network with random weights."""
        import torch  # noqa: PLC0415 - takes seconds

        from reproduction.networks import NETWORKS  # noqa: PLC0415

        with torch.random.fork_rng():
            torch.manual_seed(seed)
            return robaudit.load(NETWORKS[self.setting.network](), self._options())

    def adversary(self, seed: int) -> AdversarialBatches:
        """Make the adversary of adversarial training: PGD as Madry et al. have it."""
        setting = self.setting
        text = (
            f"pgd:epsilon={setting.adversary!r},step={setting.adversary / 4!r},"
            f"steps={setting.adversary_steps}"
        )
        return AdversarialBatches(robaudit.parse_attack(text, self.spec), seed)

    def _options(self) -> OpenOptions:
        factory = f"{_NETWORKS}:{self.setting.network}"
        return OpenOptions(spec=self.spec, device=self.device, factory=factory)


def train(
    bench: Bench,
    classifier: Classifier,
    x: FloatArray,
    y: IntArray,
    phases: Sequence[Phase],
    seed: int,
    *,
    attacked: float = 0.0,
) -> Classifier:
    """Train on images x (n, *shape), y (n,), phase after phase.

    Of each batch a share of ``attacked``, drawn at random, is replaced by adversarial examples.
    """
    changes = [one for one in (augmentation(bench, seed),) if one]
    if attacked:
        changes.append(some_of_each(bench.adversary(seed), attacked, seed))
    for number, phase in enumerate(phases):
        if classifier.train is None:
            raise RuntimeError(f"{classifier.name} cannot be trained")
        classifier = classifier.train(
            x,
            y,
            TrainPlan(
                epochs=phase.epochs,
                batch_size=bench.setting.batch_size,
                learning_rate=phase.learning_rate,
                seed=seed + 1000 * number,
                perturb=Batches(changes) if changes else None,
            ),
        )
    return classifier


def augmentation(bench: Bench, seed: int) -> Perturb | None:
    """Give what is done to all images that are trained on, by whichever training."""
    return flips_and_shifts(seed) if bench.setting.augmented else None


def save(classifier: Classifier, folder: Path) -> None:
    """Keep a model."""
    if classifier.save is None:
        raise RuntimeError(f"{classifier.name} cannot be saved")
    classifier.save(folder / _MODEL)


def hardening_plan(bench: Bench, seed: int, **changes: Any) -> HardeningPlan:
    """Plan a hardening by the setting; the last epoch is kept, as the paper does."""
    setting = bench.setting
    high, medium, low = setting.shares
    plan = HardeningPlan(
        search=replace(setting.search, seed=seed),
        high_samples=high,
        medium_samples=medium,
        low_samples=low,
        directions_per_sample=setting.per_sample,
        most_examples=100.0,
        epochs=setting.retraining.epochs,
        batch_size=setting.batch_size,
        learning_rate=setting.retraining.learning_rate,
        validation_samples=100,
        validation_directions=10,
        keep="last",
        seed=seed,
    )
    return replace(plan, **changes)


def search(bench: Bench, model: Path, seed: int, folder: Path) -> None:
    """Search training samples from a model."""
    x, y = training_images(bench, seed)
    searched = search_training_samples(
        bench.open(model), x, y, hardening_plan(bench, seed), batch_size=bench.batch_size
    )
    with (folder / _SEARCH).open("wb") as file:
        write_search(searched, file)


def examples(bench: Bench, model: Path, searched: Path, plan: HardeningPlan, folder: Path) -> None:
    """Make examples from a search of a model."""
    x, y = training_images(bench, plan.seed)
    made = make_examples(read_searched(searched), plan, y, classifier=bench.open(model), x=x)
    with (folder / _EXAMPLES).open("wb") as file:
        write_examples(made, file)


def go_on_training(
    bench: Bench, model: Path, made: Path | None, plan: HardeningPlan, folder: Path
) -> None:
    """Retrain a model on training images and examples, for as many rounds as planned.

    Where the adversary is to be within reach, images kept from training tell what is.
    """
    x, y = training_images(bench, plan.seed)
    classifier = bench.open(model)
    kept = bench.data.inputs(np.sort(bench.data.rows(plan.seed, 0)[1]))
    plan = within_reach(classifier, *kept, plan, Pace(bench.batch_size))
    run = retrain(
        classifier,
        x,
        y,
        _unjudged,
        plan,
        batch_size=bench.batch_size,
        examples=None if made is None else read_made(made),
        augment=augmentation(bench, plan.seed),
    )
    save(run.classifier, folder)


def _unjudged(_: Classifier) -> Judgement:
    """Judge nothing: the last epoch is kept, whatever it does."""
    return Judgement(math.nan, math.nan)


def train_adversarially_with(
    bench: Bench, model: Path, made: Path, share: float, seed: int, folder: Path
) -> None:
    """Go on with adversarial training of a share, feedback examples among the images."""
    x, y = training_images(bench, seed)
    found = read_made(made)
    x = np.concatenate([x, found.inputs(x, bench.spec)])
    y = np.concatenate([y, found.label])
    phases = (bench.setting.retraining,)
    save(train(bench, bench.open(model), x, y, phases, seed, attacked=share), folder)


def thin_out(made: Path, alike: Path, seed: int, folder: Path) -> None:
    """Keep as many of some examples as others are, evenly over classes."""
    with (folder / _EXAMPLES).open("wb") as file:
        write_examples(thinned(read_made(made), len(read_made(alike)), seed), file)


def training_images(bench: Bench, seed: int) -> tuple[FloatArray, IntArray]:
    """Give the images that a seed trains on: x (n, *shape), y (n,)."""
    return bench.data.inputs(bench.data.rows(seed, bench.setting.images)[0])


def read_searched(folder: Path) -> Searched:
    """Read a search that a stage kept."""
    return read_search(folder / _SEARCH)


def read_made(folder: Path) -> Examples:
    """Read the examples that a stage kept."""
    return read_examples(folder / _EXAMPLES)

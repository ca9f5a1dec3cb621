"""Batches whose samples are each of one kind: clean, attacked, a feedback example, or noisy."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from robaudit.attacks.catalogue import Attack
from robaudit.attacks.chance import Chance
from robaudit.attacks.generators import examples_of_budgets
from robaudit.hardening.mixture import KINDS, Mixture
from robaudit.stats.randomness import Stream, generator
from robaudit.types import BoolArray, Classifier, FloatArray, IntArray, Perturb

_MIXING = 4
"""The part of the stream of hardening that kinds and strengths are drawn from."""


class MixedBatches:
    """A `robaudit.types.Perturb` that mixes each batch by a `Mixture`.

    ``examples`` (n, *shape) of the classes ``labels`` (n,) take the place of samples of their
    class, so that every class is as frequent as in the data; samples of a class without any
    stay clean. ``samples`` are trained on in all, over all epochs: by them the budget rises.
    Batches come changed by whatever ``augment`` is; it changes the examples that are put in, too.
    """

    def __init__(
        self,
        mixture: Mixture,
        attack: Attack,
        examples: FloatArray,
        labels: IntArray,
        *,
        samples: int,
        seed: int,
        augment: Perturb | None = None,
    ) -> None:
        self._augment = augment
        self._mixture, self._attack, self._samples = mixture, attack, samples
        order = np.argsort(labels, kind="stable")
        self._examples = examples[order]
        self._begins = np.searchsorted(labels[order], np.arange(labels.max(initial=-1) + 2))
        self._random, self._seen = generator(seed, Stream.HARDENING, _MIXING), 0

    def __call__(self, classifier: Classifier, x: FloatArray, y: IntArray) -> FloatArray:
        """Mix one batch x (n, *shape) of labels y (n,), attacked on the model as it is."""
        return self.mix(classifier, x, y)[0]

    def mix(
        self, classifier: Classifier, x: FloatArray, y: IntArray
    ) -> tuple[FloatArray, IntArray]:
        """Mix one batch, and tell the kind of each sample (n,), by its number in `KINDS`."""
        kinds = self._random.choice(len(KINDS), len(x), p=self._mixture.shares)
        strength = self._random.random(len(x))
        chance = Chance(int(self._random.integers(2**32)), np.arange(len(x)))
        kinds[(kinds == KINDS.index("feedback")) & ~self._have_examples(y)] = KINDS.index("clean")
        change = {
            "attacked": self._attacked,
            "feedback": self._replaced,
            "noise": self._noisy,
        }
        mixed = np.array(x)
        for number, kind in enumerate(KINDS):
            rows = np.flatnonzero(kinds == number)
            if kind in change and len(rows):
                mixed[rows] = change[kind](
                    classifier, x[rows], y[rows], strength[rows], chance.take(rows)
                )
        self._seen += len(x)
        return mixed, kinds

    def state(self) -> Mapping[str, Any]:
        """Give how much it has seen and what it draws from, as plain values."""
        return {"seen": self._seen, "random": self._random.bit_generator.state}

    def go_on(self, state: Mapping[str, Any]) -> None:
        """Go back to what `state` gave."""
        self._seen, self._random.bit_generator.state = state["seen"], state["random"]

    def _attacked(
        self,
        classifier: Classifier,
        x: FloatArray,
        y: IntArray,
        strength: FloatArray,
        chance: Chance,
    ) -> FloatArray:
        share = self._mixture.budget_share(self._seen / self._samples)
        shares = share * (strength if self._mixture.budget_drawn else np.ones(len(x)))
        return examples_of_budgets(self._attack, classifier, x, y, chance, shares)

    def _have_examples(self, y: IntArray) -> BoolArray:
        counts = np.append(np.diff(self._begins), 0)  # of classes beyond those known there are none
        return np.asarray(counts[np.minimum(y, len(counts) - 1)] > 0)

    def _replaced(
        self,
        classifier: Classifier,
        _x: FloatArray,
        y: IntArray,
        strength: FloatArray,
        _chance: Chance,
    ) -> FloatArray:
        first, count = self._begins[y], self._begins[y + 1] - self._begins[y]
        examples = self._examples[first + (strength * count).astype(np.int64)]
        return self._augment(classifier, examples, y) if self._augment is not None else examples

    def _noisy(
        self,
        classifier: Classifier,
        x: FloatArray,
        _y: IntArray,
        strength: FloatArray,
        chance: Chance,
    ) -> FloatArray:
        spec, shape = classifier.spec, x.shape[1:]
        half = 3**0.5  # of a range of so much on both sides of 0 the root mean square is 1
        drawn = np.stack(
            [
                each.normal(size=shape) if each.random() < 0.5 else each.uniform(-half, half, shape)
                for each in chance.of_each()
            ]
        )
        size = self._mixture.noise_strength * (spec.high - spec.low) * strength
        return np.clip(x + size.reshape(-1, *[1] * len(shape)) * drawn, spec.low, spec.high)

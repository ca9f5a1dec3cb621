"""What is done to each batch before it is trained on: one change after the other."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np

from robaudit.attacks.catalogue import Attack
from robaudit.attacks.chance import Chance
from robaudit.attacks.generators import generator_for, training_view_of
from robaudit.hardening.averaging import AveragedWeights
from robaudit.stats.randomness import Stream, generator
from robaudit.types import Classifier, FloatArray, IntArray, Perturb


@runtime_checkable
class Drawing(Protocol):
    """What draws by chance, and so must go on from where it was: plain values tell where."""

    def state(self) -> Mapping[str, Any]:
        """Give the state of what it draws from, as plain values."""

    def go_on(self, state: Mapping[str, Any]) -> None:
        """Go back to what `state` gave."""


class Batches:
    """A `robaudit.types.Perturb` that applies several in turn.

    ``by`` are those; ``seen`` counts the batches that it was handed, so that an adapter
    that hands over none is found out. What those draw that can tell is
    the same in a training that was cut off and goes on. An ``average`` sees each batch first.
    """

    def __init__(self, by: Sequence[Perturb], average: AveragedWeights | None = None) -> None:
        self.by, self.average, self.seen = tuple(by), average, 0

    def __call__(self, classifier: Classifier, x: FloatArray, y: IntArray) -> FloatArray:
        """Change one batch x (n, *shape) of labels y (n,)."""
        self.seen += 1
        if self.average is not None:
            self.average(classifier, x, y)
        for change in self.by:
            x = change(classifier, x, y)
        return x

    def state(self) -> Mapping[str, Any]:
        """Give what it has seen and drawn until now, as plain values."""
        return {"seen": self.seen, "by": [by.state() for by in self._drawing()]}

    def go_on(self, state: Mapping[str, Any]) -> None:
        """Go back to what `state` gave."""
        self.seen = state["seen"]
        for by, drawn in zip(self._drawing(), state["by"], strict=True):
            by.go_on(drawn)

    def _drawing(self) -> list[Drawing]:
        changes: list[object] = [*self.by]
        return [by for by in changes if isinstance(by, Drawing)]


class AdversarialBatches:
    """A `robaudit.types.Perturb` that replaces each batch by an attack's examples of it.

    That is adversarial training (Madry et al., 2018). Raises MissingDependencyError, when
    it is used, where the attack's library is not installed.
    """

    def __init__(self, attack: Attack, seed: int) -> None:
        self._attack = attack
        self._random = generator(seed, Stream.HARDENING, 1)

    def __call__(self, classifier: Classifier, x: FloatArray, y: IntArray) -> FloatArray:
        """Attack one batch x (n, *shape) of labels y (n,) on the model as it is."""
        chance = Chance(int(self._random.integers(2**32)), np.arange(len(x)))
        attacked = training_view_of(self._attack, classifier, x)
        return generator_for(self._attack, attacked, None, to_the_end=True)(x, y, chance)

    def state(self) -> Mapping[str, Any]:
        """Give the state of what it draws from, as plain values."""
        return self._random.bit_generator.state

    def go_on(self, state: Mapping[str, Any]) -> None:
        """Go back to what `state` gave."""
        self._random.bit_generator.state = state

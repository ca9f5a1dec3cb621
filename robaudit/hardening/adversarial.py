"""Adversarial training (Madry et al., 2018): every batch is attacked before it is trained on."""

from robaudit.attacks.catalogue import Attack
from robaudit.attacks.generating import generator_for
from robaudit.randomness import Stream, generator
from robaudit.types import Classifier, FloatArray, IntArray


class AdversarialBatches:
    """A `robaudit.types.Perturb` that replaces each batch by an attack's examples of it.

    ``batches`` counts how many it was handed. Raises MissingDependencyError, when it is
    used, where the attack's library is not installed.
    """

    def __init__(self, attack: Attack, seed: int) -> None:
        self.batches = 0
        self._attack = attack
        self._random = generator(seed, Stream.HARDENING, 1)

    def __call__(self, classifier: Classifier, x: FloatArray, y: IntArray) -> FloatArray:
        """Attack one batch x (n, *shape) of labels y (n,) on the model as it is."""
        self.batches += 1
        return generator_for(self._attack, classifier, len(x), None)(x, y, self._random)

"""Adversarial training (Madry et al., 2018): every batch is attacked before it is trained on."""

from robaudit.attacks.catalogue import Attack
from robaudit.attacks.generators import generator_for
from robaudit.stats.randomness import Stream, generator
from robaudit.types import Classifier, FloatArray, IntArray


class AdversarialBatches:
    """A `robaudit.types.Perturb` that replaces each batch by an attack's examples of it.

    Raises MissingDependencyError, when it is used, where the attack's library is not
    installed.
    """

    def __init__(self, attack: Attack, seed: int) -> None:
        self._attack = attack
        self._random = generator(seed, Stream.HARDENING, 1)

    def __call__(self, classifier: Classifier, x: FloatArray, y: IntArray) -> FloatArray:
        """Attack one batch x (n, *shape) of labels y (n,) on the model as it is."""
        return generator_for(self._attack, classifier, len(x), None)(x, y, self._random)

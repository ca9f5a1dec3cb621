"""Batches by the rule of E-AT: of several threats, the one that a model holds less is likelier.

Croce and Hein, *Adversarial robustness against multiple and single l_p-threat models via quick
fine-tuning of robust classifiers* (ICML 2022), Section 4: each batch is attacked in one norm,
drawn in proportion to the running robust errors. There the two are L1 and L-infinity.
"""

from collections.abc import Sequence

import numpy as np

from robaudit import Classifier
from robaudit.types import FloatArray, IntArray, Perturb

_STAYS = 0.9
"""How much of a running error stays at each batch of its threat."""


class ByRunningError:
    """A `robaudit.types.Perturb` that draws one of several for each batch, by E-AT's rule.

    ``errors`` (K,) are the running errors under each of ``threats``, alike at first. The batch
    that one makes tells, before it is learned, how often the model is wrong there.
    """

    def __init__(self, threats: Sequence[Perturb], seed: int) -> None:
        self._threats, self._random = tuple(threats), np.random.default_rng([seed, 2])
        self.errors = np.full(len(self._threats), 0.5)

    @property
    def chances(self) -> FloatArray:
        """How likely each is next: (K,). All alike where none has an error."""
        total = self.errors.sum()
        even = np.full(len(self.errors), 1 / len(self.errors))
        return np.asarray(self.errors / total if total > 0 else even)

    def __call__(self, classifier: Classifier, x: FloatArray, y: IntArray) -> FloatArray:
        """Change one batch x (n, *shape) of labels y (n,) by one of the threats."""
        number = self._random.choice(len(self._threats), p=self.chances)
        changed = self._threats[number](classifier, x, y)
        wrong = float((classifier.predict(changed).argmax(axis=1) != y).mean())
        self.errors[number] = _STAYS * self.errors[number] + (1 - _STAYS) * wrong
        return changed

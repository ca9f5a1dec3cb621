"""What was measured, put together to what is compared: values of each image, group by group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reproduction.settings import GRADIENT_ATTACKS, NOISES
from robaudit.types import FloatArray, IntArray
from study.measuring import Measured
from study.settings import ADVERSARY_AT_TEST, CORRUPTIONS, STRONGEST

GROUPS: Mapping[str, tuple[str, ...]] = {
    "clean": ("clean",),
    "gradient attacks": GRADIENT_ATTACKS,
    "noise": NOISES,
    "corruptions": tuple(CORRUPTIONS),
    "PGD at training's budget": (ADVERSARY_AT_TEST,),
    "AutoAttack": (STRONGEST,),
}
"""What is averaged for each image, by the name of the column."""


@dataclass(frozen=True)
class Scores:
    """Shares that held of each image: ``values`` (n,), their ``rows`` (n,) and ``labels`` (n,)."""

    rows: IntArray
    labels: IntArray
    values: FloatArray

    @property
    def worst_class(self) -> float:
        """The smallest mean of a class."""
        return min(float(self.values[self.labels == one].mean()) for one in np.unique(self.labels))


def scores_of(measured: Measured, names: Sequence[str]) -> Scores:
    """Average what held over some names, image by image; they are of the same images."""
    held = [measured.held[name] for name in names]
    for one in held[1:]:
        if not np.array_equal(one.rows, held[0].rows):
            raise RuntimeError(f"{', '.join(names)}: not of the same images")
    values = np.mean([one.right for one in held], axis=0)
    return Scores(held[0].rows, held[0].labels, values)


def paired(one: Measured, other: Measured, names: Sequence[str]) -> FloatArray:
    """Give the difference of two models of a seed on each image: (n,)."""
    first, second = scores_of(one, names), scores_of(other, names)
    if not np.array_equal(first.rows, second.rows):
        raise RuntimeError(f"{', '.join(names)}: two models on different images")
    return first.values - second.values

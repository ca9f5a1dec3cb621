"""What is done to each batch before it is trained on: one change after the other."""

from collections.abc import Sequence

from robaudit.types import Classifier, FloatArray, IntArray, Perturb


class Batches:
    """A `robaudit.types.Perturb` that applies several in turn.

    ``by`` are those; ``seen`` counts the batches that it was handed, so that an adapter
    that hands over none is found out.
    """

    def __init__(self, by: Sequence[Perturb]) -> None:
        self.by, self.seen = tuple(by), 0

    def __call__(self, classifier: Classifier, x: FloatArray, y: IntArray) -> FloatArray:
        """Change one batch x (n, *shape) of labels y (n,)."""
        self.seen += 1
        for change in self.by:
            x = change(classifier, x, y)
        return x

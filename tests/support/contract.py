"""The contract of adapters, for classifiers that tests make."""

from collections.abc import Callable
from pathlib import Path

from robaudit import Classifier
from robaudit.testing import AdapterContract, load_affine


class Contract(AdapterContract):
    """The contract of a classifier that is made by a function."""

    def __init__(self, make: Callable[[], Classifier]) -> None:
        self.make = make

    def make_classifier(self) -> Classifier:
        return self.make()

    def load(self, path: Path) -> Classifier:
        return load_affine(path)

"""What tests of attacks attack."""

import pytest

from robaudit import Classifier
from robaudit.attacks.outcome import Targets
from tests.support.flat_boundary import make_targets, two_classes


@pytest.fixture
def classifier() -> Classifier:
    """Two classes with a flat boundary between them."""
    return two_classes()


@pytest.fixture
def targets() -> Targets:
    """Samples in the middle of the box, some of them labelled wrong."""
    return make_targets()

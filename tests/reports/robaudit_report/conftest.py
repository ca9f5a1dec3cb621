"""Comparisons of which reports are drawn."""

from typing import Any

import pytest

from robaudit import Images
from tests.support import comparison_samples as samples


@pytest.fixture(scope="session")
def real(digits: Images) -> Any:
    """A comparison of two classifiers that differ, with attacks."""
    return samples.digits_compared(digits)


@pytest.fixture(scope="session")
def plain(real: Any) -> Any:
    """A comparison without attacks."""
    return samples.without_attacks(real)


@pytest.fixture(scope="session")
def many() -> Any:
    """A comparison over 200 classes."""
    return samples.many_classes_compared()


@pytest.fixture
def comparison(real: Any) -> Any:
    """What hardening with three seeds and two rounds writes, to be changed freely."""
    return samples.hardened(real, seeds=3, rounds=2)

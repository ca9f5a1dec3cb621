"""The settings of the paper's scale."""

import pytest

from reproduction.settings import setting_of


def test_the_scale_of_the_paper_is_that_of_its_section_five() -> None:
    mnist, cifar10 = (setting_of(name, "paper") for name in ("mnist", "cifar10"))
    assert (mnist.search.samples, mnist.search.directions, mnist.search.signs) == (1500, 784, 2)
    assert (mnist.search.steps, mnist.search.step) == (25, 0.02)
    assert (cifar10.search.samples, cifar10.search.directions) == (1500, 1000)
    assert (cifar10.search.signs, cifar10.search.steps) == (1, 63)
    assert cifar10.search.step * 255 == pytest.approx(2)
    assert mnist.seeds >= 5
    assert cifar10.seeds >= 3

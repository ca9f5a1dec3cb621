"""Images that judge a model are others than those that it is made or chosen by."""

import numpy as np
import pytest

import robaudit
from robaudit.errors import DataError
from robaudit.hardening.apart import check_apart


def test_images_that_are_among_others_are_refused_and_others_are_not(
    digits: robaudit.Images,
) -> None:
    some, others = digits.take(np.arange(20), "val"), digits.take(np.arange(9, 60), "test")
    with pytest.raises(DataError, match="11 of 20 images to validate on are among those to test"):
        check_apart(some, others, "validate on", "test on")
    check_apart(some, digits.take(np.arange(20, 60), "test"), "validate on", "test on")
    check_apart(some, digits.take(np.arange(10, 60), "test"), "validate on", "test on")

"""A hardening from end to end: its parts fit together, or it says why they do not."""

from dataclasses import replace

import numpy as np
import pytest

import robaudit
from robaudit import SearchPlan
from robaudit.errors import DataError
from tests.support.paths import DIGITS, EXAMPLES

TINY = SearchPlan(20, 4)


def test_parts_that_name_other_classes_are_refused(digits: robaudit.Images) -> None:
    """They are numbered by name in each part, so the same number would mean two classes."""
    train = robaudit.read_images(EXAMPLES / "digits.npz", split="train")
    train = replace(train, class_names=tuple("abcdefghij"))
    test = replace(digits, class_names=tuple("abcdefghik"))
    with pytest.raises(DataError, match=r"not named as those of .*'j'"):
        robaudit.harden(robaudit.load(DIGITS), train, test, plan="quick", audit_plan=TINY)


def test_images_to_test_on_that_are_those_to_train_on_are_refused(digits: robaudit.Images) -> None:
    with pytest.raises(DataError, match="50 of 60 images to test on are among those to train"):
        robaudit.harden(
            robaudit.load(DIGITS),
            digits.take(np.arange(50), "train"),
            digits.take(np.arange(60), "test"),
            plan="quick",
            audit_plan=TINY,
        )

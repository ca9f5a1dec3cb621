"""Training needs all of its images in memory: where there is no room, no work is begun."""

import numpy as np
import pytest

import robaudit
from robaudit.errors import DataError
from robaudit.hardening import room
from robaudit.hardening.elsewhere import make_feedback_examples
from tests.support.comparisons import images, model


def test_training_images_that_memory_does_not_hold_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    train = images()
    needed = 2 * 4 * np.asarray(train.pixels).size
    monkeypatch.setattr(room, "free_memory", lambda: needed)
    room.check_room(train)
    monkeypatch.setattr(room, "free_memory", lambda: needed - 1)
    for work in (robaudit.harden, make_feedback_examples):
        with pytest.raises(DataError, match=r"200 training images .* memory; expected at most"):
            work(model(), train)

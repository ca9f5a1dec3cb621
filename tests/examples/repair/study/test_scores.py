"""What held, averaged image by image, and pairs of models on the same images."""

from dataclasses import replace

import numpy as np
import pytest

from study.scores import paired, scores_of
from tests.support.repair_runs import made_up

ONE = made_up({"a": [1, 1, 0, 0], "b": [1, 0, 0, 0]}, [0, 0, 1, 1])
OTHER = made_up({"a": [0, 1, 1, 0], "b": [1, 1, 1, 1]}, [0, 0, 1, 1])


def test_a_group_is_the_mean_of_its_members_of_each_image() -> None:
    scores = scores_of(ONE, ["a", "b"])
    assert scores.values.tolist() == [1, 0.5, 0, 0]
    assert scores.worst_class == 0
    assert scores_of(OTHER, ["a"]).worst_class == 0.5


def test_models_are_compared_image_by_image() -> None:
    assert paired(ONE, OTHER, ["a", "b"]).tolist() == [0.5, -0.5, -1, -0.5]


def test_models_on_different_images_are_no_pair() -> None:
    moved = replace(OTHER, held={"a": replace(OTHER.held["a"], rows=np.arange(1, 5))})
    with pytest.raises(RuntimeError, match="two models on different images"):
        paired(ONE, moved, ["a"])
    with pytest.raises(RuntimeError, match="not of the same images"):
        scores_of(replace(ONE, held={**ONE.held, "b": moved.held["a"]}), ["a", "b"])

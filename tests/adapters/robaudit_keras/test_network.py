"""The way from an input to scores: how exact points are, and on which device."""

import keras
import numpy as np
import pytest
from keras import layers

from robaudit import InputSpec, OpenOptions, load
from robaudit.errors import UsageError
from robaudit.predicting import make_probe
from tests.support.keras_networks import small


def test_points_are_not_rounded_to_steps_of_half_precision() -> None:
    shape = (1, 1, 2)
    halved = keras.Sequential(
        [keras.Input(shape, dtype="float16"), layers.Flatten(dtype="float16")]
    )
    classifier = load(halved, spec=InputSpec(shape, 2))
    probe = make_probe(
        classifier, np.full((1, *shape), -0.5, np.float32), np.ones((1, *shape)), clip=False
    )
    distance = 0.5 + np.arange(8) / 2**14
    scores = probe(np.zeros(8, int), np.zeros(8, int), distance)
    np.testing.assert_allclose(scores[:, 0], distance - 0.5)


def test_cuda_is_refused_where_there_is_none() -> None:
    from robaudit_keras.backends import usable_devices

    assert load(small(), OpenOptions(device="cpu")).spec.classes == 10
    if "cuda" in usable_devices():
        pytest.skip("there is a GPU here")
    with pytest.raises(UsageError, match="has no GPU"):
        load(small(), OpenOptions(device="cuda"))

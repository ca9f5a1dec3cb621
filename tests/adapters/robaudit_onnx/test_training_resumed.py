"""Training of ONNX models that is cut off goes on to the same file, bit for bit."""

from functools import partial
from typing import Any

import pytest
import torch

import robaudit
from robaudit import TrainPlan
from tests.support.onnx_networks import convolutional
from tests.support.onnx_training import samples
from tests.support.resumed import along_gradients, assert_resumes
from tests.support.small_onnx import Save


@pytest.mark.parametrize(
    "optimizer", [None, partial(torch.optim.SGD, lr=0.05, momentum=0.9, nesterov=True)]
)
def test_training_resumed_is_training_unbroken(optimizer: Any, save: Save) -> None:
    path = save(convolutional())
    x, y = samples(robaudit.load(path), 12)
    plan = TrainPlan(epochs=3, batch_size=4, optimizer=optimizer, perturb=along_gradients)
    assert_resumes(lambda: robaudit.load(path), x, y, plan, [1, 3, 5, 6])

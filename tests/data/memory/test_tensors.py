"""Tensors of PyTorch, on any device and with gradients, and its data sets and loaders."""

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Subset, TensorDataset

from robaudit import images_from_arrays
from robaudit.data.memory.in_memory import as_images
from tests.support.labelled_images import COLOUR, LABELS

X = torch.tensor(COLOUR).permute(0, 3, 1, 2)
Y = torch.tensor(LABELS)


@pytest.mark.parametrize(
    "x",
    [
        X,
        X.permute(0, 2, 3, 1),
        (X / 255).requires_grad_(),
        (X / 255).double(),
        list(X),
        [one / 255 for one in X],
    ],
)
def test_tensors(x: object) -> None:
    images = images_from_arrays(x, Y)
    np.testing.assert_allclose(images.unit_pixels(slice(None)), COLOUR / 255, atol=1e-6)
    assert images.labels is not None
    assert images.labels.tolist() == LABELS.tolist()


def test_short_floats() -> None:
    for x in ((X / 255).half(), (X / 255).to(torch.bfloat16)):
        pixels = images_from_arrays(x).unit_pixels(slice(None))
        np.testing.assert_allclose(pixels, COLOUR / 255, atol=4e-3)


def test_data_sets_and_loaders() -> None:
    data = TensorDataset(X / 255, Y)
    for given in (
        data,
        (X / 255, Y),
        Subset(data, range(6)),
        DataLoader(data, batch_size=4),
        DataLoader(data, batch_size=1),
        DataLoader(data, batch_size=None),
        DataLoader(Subset(data, list(range(6))), batch_size=3),
    ):
        images = as_images(given)
        np.testing.assert_allclose(images.unit_pixels(slice(None)), COLOUR / 255, atol=1e-6)
        assert images.labels is not None
        assert images.labels.tolist() == LABELS.tolist()

"""Probes of PyTorch: points on rays, the memory that they lie in, and how exact they are."""

import numpy as np
import pytest
import torch
from torch import nn

from robaudit import InputSpec, SearchPlan, load
from robaudit.predicting import checked, make_probe, points_on_rays
from robaudit.search.boundary_search import search
from robaudit.search.directions import random_directions
from tests.support.digit_inputs import SPEC
from tests.support.networks import small

random = np.random.default_rng(0)


@pytest.mark.parametrize("clip", [True, False])
def test_probes_on_the_device_are_points_on_rays(x: np.ndarray, clip: bool) -> None:
    classifier = load(small(), spec=SPEC)
    directions = random.normal(0, 1, (5, 1, 8, 8)).astype(np.float32)
    probe = make_probe(classifier, x, directions, clip=clip)
    sample, direction = random.integers(0, 12, 30), random.integers(0, 5, 30).astype(np.int32)
    distance = random.normal(0, 1, 30)
    low, high = (0, 1) if clip else (-np.inf, np.inf)
    points = points_on_rays(x[sample], directions[direction], distance, low, high)
    np.testing.assert_allclose(
        probe(sample, direction, distance), classifier.predict(points), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize(
    "module", [nn.Flatten(), nn.Sequential(nn.ReLU(inplace=True), nn.Flatten())]
)
def test_memory_that_probes_write_over_is_never_seen(module: nn.Module) -> None:
    # The points themselves are the scores, and a module may work on them in place.
    x, directions = random.random((3, 1, 2, 5)), random.normal(0, 1, (4, 1, 2, 5))
    classifier = load(module, spec=InputSpec((1, 2, 5), 10))
    probe = make_probe(classifier, x, directions, clip=False)
    scores, expected = [], []
    for count in (4, 2, 7, 7, 1):  # more than before, and fewer
        sample, direction = random.integers(0, 3, count), random.integers(0, 4, count)
        distance = random.normal(0, 1, count)
        points = points_on_rays(x[sample], directions[direction], distance, -np.inf, np.inf)
        expected.append(classifier.predict(points))
        scores.append(probe(sample, direction, distance))
    for one, other in zip(scores, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_points_are_not_rounded_to_steps_of_half_precision(dtype: torch.dtype) -> None:
    spec = InputSpec((1, 1, 2), 2)
    halved = nn.Sequential(nn.Flatten(), nn.Linear(2, 2, bias=False)).to(dtype)
    halved[1].weight.data = torch.eye(2, dtype=dtype)
    probe = make_probe(
        load(halved, spec=spec),
        np.full((1, *spec.shape), -0.5, np.float32),
        np.ones((1, *spec.shape), np.float32),
        clip=False,
    )
    distance = 0.5 + np.arange(8) / 2**14
    scores = probe(np.zeros(8, int), np.zeros(8, int), distance)
    np.testing.assert_allclose(scores[:, 0], distance - 0.5, rtol=1e-2)


def test_a_batch_that_memory_does_not_hold_is_halved(x: np.ndarray) -> None:
    class Hungry(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.module = small()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if len(x) > 20:
                torch.empty(10**15)
            return self.module(x)

    plan = SearchPlan(len(x), 8, step=0.1, steps=5)
    directions = random_directions(SPEC.shape, 8, seed=0)
    steps = []
    for module, batch_size in ((small(), 16), (Hungry(), 100)):
        classifier = checked(load(module, spec=SPEC))
        start = classifier.predict(x).argmax(axis=1)
        probe = make_probe(classifier, x, directions, clip=True)
        found = search(probe, start, start, plan, scale=1.0, batch_size=batch_size)
        steps.append(found.step)
    np.testing.assert_array_equal(steps[0], steps[1])

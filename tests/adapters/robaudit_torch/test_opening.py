"""The PyTorch adapter: live modules, what they can do, and what must not change."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from robaudit import Images, InputSpec, OpenOptions, SearchPlan, TrainPlan, load, scan
from robaudit.errors import NotAuditableError, UsageError
from robaudit.predicting import checked, make_probe, points_on_rays
from robaudit.search.boundary_search import search
from robaudit.search.directions import random_directions
from tests.support.networks import small

random = np.random.default_rng(0)
SPEC = InputSpec((1, 8, 8), 10)


@pytest.fixture
def x() -> np.ndarray:
    return random.random((12, 1, 8, 8)).astype(np.float32)


def test_scores_are_the_modules_in_evaluation_mode(x: np.ndarray) -> None:
    module = small()
    classifier = load(module, spec=SPEC)
    assert classifier.capabilities == ("predict", "prober", "vjp", "train", "save")
    with torch.no_grad():
        expected = copy.deepcopy(module).eval()(torch.tensor(x)).numpy()
    np.testing.assert_allclose(classifier.predict(x), expected, rtol=1e-6)
    np.testing.assert_allclose(classifier.predict(x.astype(np.float64)), expected, rtol=1e-6)


def test_a_module_is_left_as_it_was_found(digits: Images) -> None:
    module = small()
    module[4].eval()  # a mode that differs between layers
    before = copy.deepcopy(module)
    classifier = load(module, spec=SPEC)
    scan(classifier, digits, plan=SearchPlan(20, 4, steps=5))
    assert classifier.train is not None
    classifier.train(random.random((20, 1, 8, 8)), np.arange(20) % 10, TrainPlan())
    for one, other in zip(module.modules(), before.modules(), strict=True):
        assert one.training == other.training
    for name, tensor in before.state_dict().items():
        assert torch.equal(module.state_dict()[name], tensor)
    assert all(parameter.grad is None for parameter in module.parameters())


def test_what_becomes_of_a_module_later_does_not_change_the_classifier(x: np.ndarray) -> None:
    module = small()
    classifier = load(module, spec=SPEC)
    before = classifier.predict(x)
    with torch.no_grad():
        module[5].weight.zero_()
    np.testing.assert_array_equal(classifier.predict(x), before)
    assert load(module, spec=SPEC).fingerprint != classifier.fingerprint


def test_gradients_are_those_of_central_differences(x: np.ndarray) -> None:
    classifier = load(small().double(), spec=SPEC)
    assert classifier.vjp is not None
    point, way = x.astype(np.float64), random.normal(0, 1, x.shape)
    cotangent = random.normal(0, 1, (len(x), 10))
    step = 1e-5
    slope = (classifier.predict(point + step * way) - classifier.predict(point - step * way)) / (
        2 * step
    )
    gradient = classifier.vjp(point, cotangent)
    assert gradient.dtype == np.float64
    np.testing.assert_allclose(
        (gradient * way).sum(axis=(1, 2, 3)), (slope * cotangent).sum(axis=1), rtol=1e-5
    )


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


@pytest.mark.parametrize("suffix", [".pt2", ".safetensors", ".pt"])
def test_what_is_saved_can_be_opened_again(tmp_path: Path, x: np.ndarray, suffix: str) -> None:
    classifier = load(small(), spec=SPEC)
    assert classifier.save is not None
    path = tmp_path / f"model{suffix}"
    classifier.save(path)
    options = OpenOptions(
        spec=SPEC, factory=None if suffix == ".pt2" else "tests.support.networks:small()"
    )
    again = load(path, options)
    np.testing.assert_allclose(again.predict(x), classifier.predict(x), rtol=1e-5, atol=1e-6)


class Several(nn.Module):
    """A module that gives several things."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.inner = small()

    def forward(self, x: torch.Tensor) -> object:
        scores = self.inner(x)
        features = x.flatten(1)
        return {
            "tuple": (scores, features),
            "mapping": {"features": features, "logits": scores},
            "ones": scores[..., None, None],
            "text": "hello",
            "one": scores[:, :1],
            "image": x,
        }[self.kind]


@pytest.mark.parametrize("kind", ["tuple", "mapping", "ones"])
def test_scores_are_found_among_what_a_module_gives(kind: str, x: np.ndarray) -> None:
    classifier = load(Several(kind), spec=SPEC)
    expected = load(small(), spec=SPEC).predict(x)
    np.testing.assert_allclose(classifier.predict(x), expected, rtol=1e-6)


def test_an_output_can_be_chosen_by_name() -> None:
    options = OpenOptions(input_shape=(1, 8, 8), output="features")
    assert load(Several("mapping"), options).spec.classes == 64
    with pytest.raises((UsageError, NotAuditableError), match="no output named nothing"):
        load(Several("mapping"), OpenOptions(input_shape=(1, 8, 8), output="nothing"))


@pytest.mark.parametrize("kind", ["text", "one", "image"])
def test_modules_that_are_no_classifiers(kind: str) -> None:
    with pytest.raises(NotAuditableError):
        load(Several(kind), OpenOptions(input_shape=(1, 8, 8)))


def test_the_shape_of_an_input_comes_from_the_data_or_the_user() -> None:
    assert load(small(), OpenOptions(image_shape=(8, 8, 1))).spec == SPEC
    assert load(small(), OpenOptions(input_shape=(1, 8, 8))).spec == SPEC
    with pytest.raises(UsageError, match="--input-shape"):
        load(small())
    with pytest.raises(NotAuditableError, match="fails on an input of shape"):
        load(small(), OpenOptions(image_shape=(9, 9, 1)))
    with pytest.raises(UsageError, match="as its spec says"):
        load(small(), spec=InputSpec((1, 8, 8), 7))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_of_other_types(dtype: torch.dtype, x: np.ndarray) -> None:
    classifier = load(small().to(dtype), spec=SPEC)
    expected = load(small(), spec=SPEC).predict(x)
    np.testing.assert_allclose(classifier.predict(x), expected, rtol=0.1, atol=0.1)


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


@pytest.mark.skipif(torch.cuda.is_available(), reason="CUDA is here")
def test_cuda_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="no GPU"):
        load(small(), OpenOptions(device="cuda", spec=SPEC))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_a_gpu_gives_the_same_scores_and_gradients(x: np.ndarray) -> None:
    here, there = (load(small(), OpenOptions(device=one, spec=SPEC)) for one in ("cpu", "cuda"))
    np.testing.assert_allclose(there.predict(x), here.predict(x), rtol=1e-4, atol=1e-5)
    assert here.vjp is not None
    assert there.vjp is not None
    cotangent = random.normal(0, 1, (len(x), 10))
    np.testing.assert_allclose(
        there.vjp(x, cotangent), here.vjp(x, cotangent), rtol=1e-3, atol=1e-5
    )

"""Live modules as classifiers: what they can do, and what must not change."""

import copy
import warnings
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import prune

from robaudit import Images, InputSpec, OpenOptions, SearchPlan, TrainPlan, load, scan
from robaudit.errors import NotAuditableError, UsageError
from tests.support.digit_inputs import SPEC
from tests.support.networks import small

SPEC_OPTIONS = OpenOptions(input_shape=(1, 8, 8))
random = np.random.default_rng(0)


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


def test_the_shape_of_an_input_comes_from_the_data_or_the_user() -> None:
    assert load(small(), OpenOptions(image_shape=(8, 8, 1))).spec == SPEC
    assert load(small(), OpenOptions(input_shape=(1, 8, 8))).spec == SPEC
    with pytest.raises(UsageError, match="input_shape"):
        load(small())
    with pytest.raises(NotAuditableError, match="fails on an input of shape"):
        load(small(), OpenOptions(image_shape=(9, 9, 1)))
    with pytest.raises(UsageError, match="as its spec says"):
        load(small(), spec=InputSpec((1, 8, 8), 7))


@pytest.mark.parametrize("first", [[], [nn.Flatten()]])
def test_the_length_of_a_row_comes_from_the_first_layer(first: list[nn.Module]) -> None:
    module = nn.Sequential(*first, nn.Linear(64, 5), nn.ReLU(), nn.Linear(5, 10))
    assert load(module).spec.shape == (64,)
    shape = (1, 8, 8) if first else (64,)
    assert load(module, OpenOptions(image_shape=(8, 8, 1))).spec.shape == shape


@pytest.mark.parametrize(
    ("module", "image_shape", "shape"),
    [
        (nn.Conv2d(3, 10, 1), (8, 8, 3), (3, 8, 8)),
        (nn.Conv2d(3, 10, 1), (8, 8, 1), (3, 8, 8)),
        (nn.Conv2d(1, 10, 1), (8, 8, 1), (1, 8, 8)),
    ],
)
def test_the_first_layer_decides_among_the_shapes_of_the_data(
    module: nn.Module, image_shape: tuple[int, ...], shape: tuple[int, ...]
) -> None:
    network = nn.Sequential(module, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    assert load(network, OpenOptions(image_shape=image_shape)).spec.shape == shape


class Leaving(nn.Module):
    """Ends the program when it is put into a mode, or when someone looks at it."""

    def __init__(self, when: str) -> None:
        super().__init__()
        self.layers, self.when = small(), when

    def train(self, _mode: bool = True) -> "Leaving":
        if self.when == "train":
            raise SystemExit(0)
        return self

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.when == "few inputs" and len(x) == 2:
            raise SystemExit(0)
        return self.layers(x)


@pytest.mark.parametrize("when", ["train", "few inputs"])
def test_a_module_that_ends_the_program_is_an_error(when: str) -> None:
    with pytest.raises(UsageError, match="ends the program"):
        load(Leaving(when), SPEC_OPTIONS)


def test_a_lazy_module_that_was_never_run_is_refused() -> None:
    lazy = nn.Sequential(nn.Flatten(), nn.LazyLinear(5), nn.ReLU(), nn.LazyLinear(10))
    with pytest.raises(UsageError, match=r"no weights yet \(1.weight, .*lazy"):
        load(lazy, SPEC_OPTIONS)
    lazy(torch.zeros(1, 1, 8, 8))
    assert load(lazy, SPEC_OPTIONS).spec.classes == 10


def pruned() -> nn.Module:
    module = small()
    prune.l1_unstructured(module[5], "weight", 0.5)
    return module


def normalised() -> nn.Module:
    module = small()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that there is a newer way
        nn.utils.weight_norm(module[5])
    return module


class Remembering(nn.Module):
    """Keeps what it computed last, as it is looked at in notebooks."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = small()
        self.seen: dict[str, torch.Tensor] = {}

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.features = self.layers[:5](x)
        self.seen["scores"] = scores = self.layers[5](self.features)
        return scores


@pytest.mark.parametrize("make", [pruned, normalised, Remembering])
def test_what_a_module_keeps_of_its_last_answer_can_be_copied(
    make: Callable[[], nn.Module], x: np.ndarray
) -> None:
    """Weights that hooks make of others each time, and activations; after training as well."""
    module = make()
    module(torch.ones(2, 1, 8, 8))
    expected = module.eval()(torch.as_tensor(x)).detach().numpy()
    classifier = load(module, SPEC_OPTIONS)
    np.testing.assert_allclose(classifier.predict(x), expected, rtol=1e-5)
    assert classifier.train is not None
    trained = classifier.train(x, np.arange(12) % 10, TrainPlan(epochs=2))
    assert not np.allclose(trained.predict(x), expected)
    np.testing.assert_allclose(classifier.predict(x), expected, rtol=1e-5)


def test_probabilities_of_half_precision_are_known_as_such() -> None:
    for dtype in (torch.float16, torch.bfloat16):
        module = nn.Sequential(small(), nn.Softmax(1)).to(dtype)
        classifier = load(module, OpenOptions(input_shape=(1, 8, 8)))
        assert classifier.spec.scores == "probabilities"
        assert classifier.logits is not None


def test_a_module_that_flattens_colour_pictures_takes_them_in_a_row() -> None:
    flat = nn.Sequential(nn.Flatten(), nn.Linear(192, 4))
    convolving = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    options = OpenOptions(image_shape=(8, 8, 3))
    assert load(flat, options).in_a_row
    assert load(flat, options).spec.shape == (3, 8, 8)
    assert not load(convolving, options).in_a_row
    assert not load(flat, OpenOptions(input_shape=(3, 8, 8), image_shape=(8, 8, 3))).in_a_row

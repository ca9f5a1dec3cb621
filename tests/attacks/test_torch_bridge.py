"""Classifiers as modules of PyTorch: the same scores, the same gradients, whatever is behind."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import robaudit
from robaudit import Classifier, InputSpec
from robaudit.attacks.batched.ascents import apgd_targeted
from robaudit.attacks.batched.ddn import ddn
from robaudit.attacks.batched.fmn import fmn
from robaudit.attacks.batched.norms import GEOMETRIES
from robaudit.attacks.chance import Chance
from robaudit.errors import ClassifierError, MissingDependencyError
from robaudit.requirements import Requirement
from robaudit.types import FloatArray, IntArray, Logits, ScoreKind
from tests.support.adversarial_library import adv_lib_attacks
from tests.support.affine_models import KINDS, SHAPE, affine, some_inputs
from tests.support.nearest_affine import nearest_distances, some_classes


def gradients(classifier: Classifier, x: FloatArray, y: IntArray) -> tuple[FloatArray, FloatArray]:
    """Give the scores of a classifier's module, and the gradient of its cross-entropy."""
    import torch

    point = torch.tensor(x, requires_grad=True)
    scores = robaudit.torch_module(classifier)(point)
    loss = torch.nn.functional.cross_entropy(scores, torch.tensor(y), reduction="sum")
    loss.backward()
    assert point.grad is not None
    return scores.detach().numpy(), point.grad.numpy()


@pytest.mark.parametrize("kind", KINDS)
def test_scores_and_gradients_are_those_in_closed_form(kind: ScoreKind) -> None:
    pytest.importorskip("torch")
    classifier, weights = affine(kind)
    x, y = some_inputs(300)  # more than one batch
    probabilities = affine("probabilities")[0].predict(x)
    scores, found = gradients(classifier, x, y)
    exact = (probabilities - np.eye(5)[y]) @ weights.T
    np.testing.assert_allclose(found, exact.reshape(x.shape), rtol=1e-3, atol=1e-5)
    expected = affine()[0].predict(x) if kind == "logits" else np.log(probabilities)
    np.testing.assert_allclose(scores, expected, rtol=1e-4, atol=1e-5)


def test_gradients_are_what_vjp_says() -> None:
    torch = pytest.importorskip("torch")
    classifier, _ = affine()
    assert classifier.vjp is not None
    x, _ = some_inputs(7)
    cotangent = np.random.default_rng(0).normal(0, 1, (7, 5)).astype(np.float32)
    point = torch.tensor(x, requires_grad=True)
    robaudit.torch_module(classifier)(point).backward(torch.tensor(cotangent))
    np.testing.assert_array_equal(point.grad, classifier.vjp(x, cotangent).astype(np.float32))


def test_the_logits_that_a_classifier_offers_are_taken() -> None:
    pytest.importorskip("torch")
    inside, (x, y) = affine()[0], some_inputs(5)
    assert inside.vjp is not None
    outside = replace(affine("probabilities")[0], logits=Logits(inside.predict, inside.vjp))
    for one, other in zip(gradients(outside, x, y), gradients(inside, x, y), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_module_of_pytorch_computes_by_itself() -> None:
    torch = pytest.importorskip("torch")
    linear = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(36, 3), torch.nn.Tanh())
    module = robaudit.torch_module(robaudit.load(linear, spec=InputSpec(SHAPE, 3)))
    x = torch.rand(4, *SHAPE, requires_grad=True)
    torch.testing.assert_close(module(x), linear(x))
    assert len(list(module.parameters())) == 3
    (first,) = torch.autograd.grad(module(x).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x)
    assert second.abs().max() > 0
    assert not module.training


def test_without_gradients_there_are_scores() -> None:
    torch = pytest.importorskip("torch")
    classifier = replace(affine()[0], vjp=None, details={"gradients": {"none": "none at all"}})
    module, x = robaudit.torch_module(classifier), torch.rand(2, *SHAPE, requires_grad=True)
    assert module(x[:0]).shape == (0, 5)
    with pytest.raises(ClassifierError, match="no gradients"):
        module(x).sum().backward()


def test_without_pytorch_the_command_that_installs_it_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    missing = Requirement("no-such-torch", "1", 'pip install "robaudit[torch]"')
    monkeypatch.setattr("robaudit.attacks.torch_bridge.TORCH", (missing,))
    with pytest.raises(MissingDependencyError, match=r'pip install "robaudit\[torch\]"'):
        robaudit.torch_module(affine()[0])


def test_naming_the_bridge_does_not_import_pytorch() -> None:
    script = "import robaudit, sys; robaudit.torch_module; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


OURS: dict[str, Callable[..., FloatArray]] = {
    "l0": lambda *of: fmn(*of, norm="l0", steps=100),
    "l1": lambda *of: fmn(*of, norm="l1", steps=100),
    "l2": lambda *of: ddn(*of, steps=100),
    "linf": lambda *of: fmn(*of, norm="linf", steps=100),
}


@pytest.mark.parametrize(("norm", "number"), [("l0", 0), ("l1", 1), ("l2", 2), ("linf", np.inf)])
def test_what_adv_lib_finds_through_the_bridge_is_not_nearer_than_what_is_written_here(
    norm: str, number: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = pytest.importorskip("torch")
    library: Any = adv_lib_attacks(monkeypatch)
    classifier, x, y = some_classes()
    module = robaudit.torch_module(classifier)
    images, labels = torch.tensor(x.reshape(-1, *SHAPE)), torch.tensor(y)
    if norm == "l2":
        theirs = library.ddn(module, images, labels, steps=100, levels=None)
    else:
        theirs = library.fmn(module, images, labels, norm=number, steps=100)
    found = theirs.numpy()
    fell = classifier.predict(found).argmax(axis=1) != y
    far = GEOMETRIES[norm].length(found.reshape(x.shape) - x)
    exact = nearest_distances(x, y, norm)
    assert fell.any()
    assert (far[fell] >= 0.999 * exact[fell]).all()
    ours = OURS[norm](classifier, x, y, Chance(0, np.arange(len(x))))
    not_farther = GEOMETRIES[norm].length(ours - x) <= np.where(fell, far, np.inf) * 1.001
    assert not_farther.mean() >= 0.95


def test_targeted_apgd_breaks_what_that_of_adv_lib_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    library: Any = adv_lib_attacks(monkeypatch)
    classifier, x, y = some_classes()
    module = robaudit.torch_module(classifier)
    images, labels = torch.tensor(x.reshape(-1, *SHAPE)), torch.tensor(y)
    theirs = library.apgd_targeted(module, images, labels, eps=0.06, norm=np.inf, n_iter=20)
    chance = Chance(0, np.arange(len(x)))
    ours = apgd_targeted(classifier, x, y, chance, epsilon=0.06, steps=20, targets=9)
    fell, fell_here = (
        classifier.predict(np.asarray(found).reshape(-1, *SHAPE)).argmax(axis=1) != y
        for found in (theirs, ours)
    )
    assert (fell & ~fell_here).sum() == 0

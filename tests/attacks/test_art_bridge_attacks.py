"""Attacks of ART through the bridge: as through ART's own estimator, and on black boxes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import robaudit
from robaudit import Classifier, Images, InputSpec
from robaudit.losses import one_hot
from robaudit.types import FloatArray
from tests.support.affine_models import affine, some_inputs


def pixels_and_labels(digits: Images, count: int) -> tuple[FloatArray, Any]:
    """Give test images (count, 1, 8, 8) in 0..1 and their labels."""
    assert digits.labels is not None
    x = (digits.pixels[:count] / 255).astype(np.float32).transpose(0, 3, 1, 2)
    return np.ascontiguousarray(x), digits.labels[:count]


@pytest.fixture(scope="module")
def network() -> Any:
    """A small convolutional network, trained on the demo's digits for a second."""
    torch = pytest.importorskip("torch")
    with np.load(Path(robaudit.__file__).parents[1] / "examples" / "digits.npz") as data:
        x = torch.tensor(data["x_train"][:, None] / 255, dtype=torch.float32)
        y = torch.tensor(data["y_train"].astype(np.int64))
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Conv2d(1, 16, 3, padding=1),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(256, 10),
    )
    optimizer = torch.optim.Adam(net.parameters(), 3e-3)
    for _ in range(15):
        for rows in torch.randperm(len(x)).split(64):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
            optimizer.step()
    return net.eval()


ATTACKS: dict[str, tuple[str, dict[str, Any]]] = {
    "FGSM": ("FastGradientMethod", {"eps": 0.1}),
    "PGD": (
        "ProjectedGradientDescent",
        {"eps": 0.1, "eps_step": 0.02, "max_iter": 10, "num_random_init": 1, "verbose": False},
    ),
    "DeepFool": ("DeepFool", {"max_iter": 20, "batch_size": 25, "verbose": False}),
    "CW-L2": (
        "CarliniL2Method",
        {
            "max_iter": 5,
            "binary_search_steps": 2,
            "initial_const": 10.0,
            "learning_rate": 0.1,
            "batch_size": 25,
            "verbose": False,
        },
    ),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks_find_the_same_as_through_arts_own_estimator(
    name: str, network: Any, digits: Images
) -> None:
    """Examples agree to 1e-5 of the pixel range: both compute in float32."""
    evasion = pytest.importorskip("art.attacks.evasion")
    from art.estimators.classification import PyTorchClassifier
    from torch.nn import CrossEntropyLoss

    x, y = pixels_and_labels(digits, 25)
    spec = InputSpec((1, 8, 8), 10)
    ours = robaudit.art_estimator(robaudit.load(network, spec=spec))
    theirs = PyTorchClassifier(
        network, CrossEntropyLoss(), spec.shape, 10, clip_values=(0.0, 1.0), device_type="cpu"
    )
    attack, parameters = ATTACKS[name]
    found = []
    for estimator in (ours, theirs):
        np.random.seed(3)  # noqa: NPY002 - what ART draws from
        found.append(getattr(evasion, attack)(estimator, **parameters).generate(x))
    np.testing.assert_allclose(found[0], found[1], atol=1e-5)
    robust = (ours.predict(found[0]).argmax(axis=1) == y).mean()
    assert robust < (ours.predict(x).argmax(axis=1) == y).mean() - 0.2, "the attack did nothing"


def test_gradients_are_not_divided_by_the_batch(network: Any, digits: Images) -> None:
    pytest.importorskip("art")
    x, y = pixels_and_labels(digits, 20)
    estimator = robaudit.art_estimator(robaudit.load(network, spec=InputSpec((1, 8, 8), 10)))
    alone = np.concatenate([estimator.loss_gradient(x[i : i + 1], y[i : i + 1]) for i in range(20)])
    np.testing.assert_allclose(estimator.loss_gradient(x, y), alone, atol=1e-5)


def black_boxes() -> list[Classifier]:
    """Make classifiers that ART must not ask for gradients."""
    classifier, _ = affine()
    labels = replace(
        classifier,
        spec=replace(classifier.spec, scores="labels"),
        predict=lambda x: one_hot(classifier.predict(x).argmax(axis=1), 5),
    )
    return [replace(classifier, vjp=None), labels]


@pytest.mark.parametrize("classifier", black_boxes(), ids=["without vjp", "labels"])
def test_black_box_attacks_run_without_gradients(classifier: Classifier) -> None:
    evasion = pytest.importorskip("art.attacks.evasion")
    estimator = robaudit.art_estimator(classifier)
    x, _ = some_inputs(6)
    before = estimator.predict(x).argmax(axis=1)
    np.random.seed(0)  # noqa: NPY002 - what ART draws from
    attacks = [
        evasion.HopSkipJump(estimator, max_iter=2, max_eval=50, init_eval=10, verbose=False),
        evasion.SquareAttack(estimator, eps=0.5, max_iter=200, verbose=False),
    ]
    for attack in attacks:
        after = estimator.predict(attack.generate(x)).argmax(axis=1)
        assert (after != before).mean() >= 0.5, type(attack).__name__


@pytest.mark.parametrize("classifier", black_boxes(), ids=["without vjp", "labels"])
@pytest.mark.parametrize("name", [attack for attack, _ in ATTACKS.values()])
def test_art_refuses_attacks_that_need_gradients(classifier: Classifier, name: str) -> None:
    evasion = pytest.importorskip("art.attacks.evasion")
    from art.exceptions import EstimatorError

    with pytest.raises(EstimatorError):
        getattr(evasion, name)(robaudit.art_estimator(classifier))

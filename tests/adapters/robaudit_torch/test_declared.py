"""What checkpoints and modules say of their classes and of the preprocessing of their inputs."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from robaudit import Classifier, OpenOptions, load
from robaudit.types import Declaration
from robaudit_torch.declared import class_names_in, declaration_of
from tests.support.checkpoints import FACTORY, weights
from tests.support.networks import small

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
BYTES = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
LETTERS = tuple("abcdefghij")

DECLARED: list[dict[str, Any]] = [
    {"mean": MEAN, "std": STD},
    {"mean": list(MEAN), "std": torch.tensor(STD)},
    {"pixel_mean": torch.tensor(BYTES[0]).reshape(3, 1, 1), "pixel_std": BYTES[1]},
    {"hyper_parameters": {"lr": 0.1, "image_mean": MEAN, "image_std": STD}},
    {"preprocess": {"normalize": {"mean": MEAN, "std": STD}}},
    {"normalize": (MEAN, STD)},
    {"pretrained_cfg": {"mean": MEAN, "std": STD, "input_size": (3, 224, 224)}},
    {"args": {"img_norm_cfg": {"mean": BYTES[0], "std": BYTES[1], "to_rgb": True}}},
    {"normalize.mean": torch.tensor(MEAN), "normalize.std": torch.tensor(STD)},
]


@pytest.mark.parametrize("facts", DECLARED)
def test_mean_and_deviation_are_read_in_units_of_white(facts: dict[str, Any]) -> None:
    declared = declaration_of(facts, "model.pth")
    assert declared is not None
    assert declared.mean == pytest.approx(MEAN, abs=1e-6)
    assert declared.std == pytest.approx(STD, abs=1e-6)
    assert declared.source.startswith("model.pth")


NOT_DECLARED: list[dict[str, Any]] = [
    {"mean": 0.5},
    {"target_mean": MEAN, "target_std": STD},
    {"running_mean": MEAN, "running_std": STD},
    {"loss": {"mean": 0.3, "std": 0.1}},
    {"mean": "imagenet", "std": "imagenet"},
    {"mean": MEAN, "std": (0.0, 0.0, 0.0)},
    {"mean": [0.1] * 10, "std": [1.0] * 10},
    {"mean": float("nan"), "std": 1.0},
]


@pytest.mark.parametrize("facts", NOT_DECLARED)
def test_other_statistics_are_not_those_of_pixels(facts: dict[str, Any]) -> None:
    assert declaration_of(facts, "model.pth") is None


def test_ranges_and_the_order_of_colours_are_read() -> None:
    assert declaration_of({"input_range": [0, 255], "input_space": "BGR"}, "it") == Declaration(
        "it", input_range=(0.0, 255.0), channels="bgr"
    )


CLASSES: list[dict[str, Any]] = [
    {"class_names": list(LETTERS)},
    {"classes": LETTERS},
    {"config": {"id2label": dict(enumerate(LETTERS))}},
    {"id2label": {str(number): name for number, name in enumerate(LETTERS)}},
    {"class_to_idx": {name: LETTERS.index(name) for name in reversed(LETTERS)}},
    {"hyper_parameters": {"CLASSES": LETTERS}},
]


@pytest.mark.parametrize("facts", CLASSES)
def test_names_of_classes_are_read_in_the_order_of_outputs(facts: dict[str, Any]) -> None:
    assert class_names_in(facts, 10) == LETTERS
    assert class_names_in(facts, 9) is None


@pytest.mark.parametrize(
    "facts",
    [
        {"classes": 10},
        {"classes": list(range(10))},
        {"class_names": ["same"] * 10},
        {"id2label": {number: f"LABEL_{number}" for number in range(10)}},
        {"class_to_idx": dict.fromkeys(LETTERS, 3)},
    ],
)
def test_what_says_nothing_of_classes_names_none(facts: dict[str, Any]) -> None:
    assert class_names_in(facts, 10) is None


class Configured(nn.Module):
    """A network that carries its configuration with it."""

    def __init__(self, **held: Any) -> None:
        super().__init__()
        self.layers = small()
        for name, value in held.items():
            setattr(self, name, value)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)


def live(**held: Any) -> Classifier:
    return load(Configured(**held), OpenOptions(input_shape=(1, 8, 8)))


@pytest.mark.parametrize("key", ["pretrained_cfg", "default_cfg"])
def test_a_live_module_says_what_its_configuration_holds(key: str) -> None:
    classifier = live(**{key: {"mean": (0.5,), "std": (0.25,), "label_names": LETTERS}})
    assert classifier.declares == Declaration(f"the module ({key})", (0.5,), (0.25,))
    assert classifier.spec.class_names == LETTERS
    names = live(config=SimpleNamespace(id2label=dict(enumerate(LETTERS))))
    assert names.spec.class_names == LETTERS


def test_a_module_that_normalises_itself_declares_nothing(tmp_path: Path) -> None:
    """Neither as its attributes nor as what it keeps among its weights."""
    assert live(mean=0.5, std=0.25).declares is None
    module = Configured()
    module.register_buffer("mean", torch.tensor([0.5]))
    module.register_buffer("std", torch.tensor([0.25]))
    assert load(module, OpenOptions(input_shape=(1, 8, 8))).declares is None
    torch.save({"model": module}, tmp_path / "model.pt")
    options = OpenOptions(input_shape=(1, 8, 8), trust=True)
    assert load(tmp_path / "model.pt", options).declares is None


def test_names_beside_weights_are_those_of_the_classifier(tmp_path: Path) -> None:
    torch.save({"state_dict": weights(), "classes": LETTERS}, tmp_path / "model.pt")
    options = OpenOptions(input_shape=(1, 8, 8), factory=FACTORY)
    assert load(tmp_path / "model.pt", options).spec.class_names == LETTERS

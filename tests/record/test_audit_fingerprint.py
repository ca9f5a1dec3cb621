"""What an audit depends on: every part changes its fingerprint, and some have none."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import robaudit.record.audit_fingerprint as module
from robaudit import AttackPlan, Classifier, Images, PreprocessingRequest, SearchPlan, read_images
from robaudit.attacks.catalogue import parse_attack
from robaudit.commands.gates import parse_gate
from robaudit.metrics.gates import Source
from robaudit.record.audit_fingerprint import code_digest, fingerprint_of_audit
from robaudit.storage import mapped
from robaudit.types import Declaration
from tests.support.labelled_images import GREY, LABELS, write_pictures

PLAN = SearchPlan(20, 6)


def of(classifier: Classifier, images: Images | None, **changes: Any) -> str | None:
    asked: dict[str, Any] = {
        "plan": PLAN,
        "preprocessing": PreprocessingRequest(),
        "reference": None,
        "attacks": None,
        "decide": None,
        "device": "cpu",
    }
    return fingerprint_of_audit(classifier, images, **{**asked, **changes})


def test_the_same_has_the_same(digits_model: Classifier, digits: Images) -> None:
    first = of(digits_model, digits)
    assert first is not None
    assert first == of(replace(digits_model), replace(digits, pixels=np.array(digits.pixels)))


@pytest.mark.parametrize(
    "change",
    [
        lambda model: replace(model, fingerprint="other"),
        lambda model: replace(model, name="other"),
        lambda model: replace(model, details={**model.details, "external_data": {"w": "1"}}),
        lambda model: replace(model, spec=replace(model.spec, class_names=tuple("abcdefghij"))),
        lambda model: replace(model, declares=Declaration("a file beside it", mean=(0.5,))),
        lambda model: replace(model, vjp=None),
        lambda model: replace(model, twin=None),
    ],
)
def test_what_is_known_of_the_model_counts(
    change: Callable[[Classifier], Classifier], digits_model: Classifier, digits: Images
) -> None:
    assert of(change(digits_model), digits) not in (of(digits_model, digits), None)


def brighter(images: Images) -> Images:
    pixels = np.array(images.pixels)
    pixels[-1, -1, -1] += 1
    return replace(images, pixels=pixels)


@pytest.mark.parametrize(
    "change",
    [
        brighter,
        lambda images: replace(images, labels=np.roll(images.labels, 1)),
        lambda images: replace(images, labels=None),
        lambda images: replace(images, pixel_range=(0, 256)),
        lambda images: replace(images, split="other"),
        lambda images: replace(images, source="elsewhere"),
        lambda images: replace(images, class_names=tuple("abcdefghij")),
        lambda images: replace(images, notes=("read otherwise",)),
        lambda _: None,
    ],
)
def test_the_images_themselves_count(
    change: Callable[[Images], Images], digits_model: Classifier, digits: Images
) -> None:
    assert of(digits_model, change(digits)) not in (of(digits_model, digits), None)


def test_what_is_asked_for_counts(digits_model: Classifier, digits: Images) -> None:
    noise = parse_attack("gaussian-noise:sigma=0.4", digits_model.spec)
    gate = parse_gate("crossing-rate=0.5")
    changes: list[dict[str, Any]] = [
        {},
        {"plan": replace(PLAN, seed=1)},
        {"preprocessing": PreprocessingRequest(mean=(0.5,))},
        {"reference": "prediction"},
        {"attacks": AttackPlan((noise,))},
        {"attacks": AttackPlan((noise,), strengths=(0.1,))},
        {"decide": [gate]},
        {"decide": [replace(gate, threshold=0.4)]},
        {"device": "auto"},
    ]
    found = [of(digits_model, digits, **change) for change in changes]
    assert None not in found
    assert len(set(found)) == len(changes)
    moved = replace(gate, source=Source("robaudit.toml", 7))
    assert of(digits_model, digits, decide=[moved]) == of(digits_model, digits, decide=[gate])


def test_versions_code_devices_and_machine_count(
    digits_model: Classifier, digits: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = of(digits_model, digits)
    for name, other in (
        ("version_of", lambda _: "99.9"),
        ("code_digest", lambda: "other code"),
        ("_devices", lambda _: ("cpu", "cuda")),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, other)
            assert of(digits_model, digits) not in (known, None)
    monkeypatch.setattr("platform.machine", lambda: "other")
    assert of(digits_model, digits) not in (known, None)


def test_code_is_hashed_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Also that of an adapter that is one file."""
    known = code_digest()
    adapter = tmp_path / "mine_adapter.py"
    adapter.write_text("x = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(module, "_modules_of_adapters", lambda: iter(["mine_adapter"]))
    first = code_digest.__wrapped__()
    adapter.write_text("x = 2\n")
    assert len({known, first, code_digest.__wrapped__()}) == 3


@pytest.mark.parametrize(
    "change",
    [
        {"fingerprint": ""},
        {"randomness": "Dropout is in training mode"},
        {"batch_statistics": "BatchNorm is in training mode"},
        {"details": {"made_by": print}},
    ],
)
def test_some_have_none(change: dict[str, Any], digits_model: Classifier, digits: Images) -> None:
    assert of(replace(digits_model, **change), digits) is None


def test_images_that_are_not_in_memory_have_one_too(
    digits_model: Classifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_pictures(tmp_path / "data", GREY, LABELS, ["a", "b", "c"])
    np.savez(tmp_path / "x.npz", x=GREY, y=LABELS)
    at_once = of(digits_model, read_images(tmp_path / "x.npz"))
    monkeypatch.setattr(mapped, "MOST_IN_MEMORY", 0)
    assert of(digits_model, read_images(tmp_path / "x.npz")) == at_once
    first = of(digits_model, read_images(folder))
    assert first is not None
    assert of(digits_model, read_images(folder)) == first
    scaled = read_images(folder, image_size=(5, 3))
    assert of(digits_model, scaled) not in (first, None)
    Image.fromarray(GREY[1]).save(folder / "a" / "0.png")
    assert of(digits_model, read_images(folder)) not in (first, None)

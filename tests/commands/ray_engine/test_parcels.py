"""What travels to workers arrives as it was."""

import argparse
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import robaudit
from robaudit.commands.ray_engine import parcels
from robaudit.commands.ray_engine.parcels import StoredInRay, pack, put_file, unpack_files
from robaudit.data.stacks import extremes, in_channels
from robaudit.errors import UsageError
from tests.support.paths import DIGITS, EXAMPLES
from tests.support.ray_stand_in import StandIn


def options(model: Path | str, **more: str | None) -> argparse.Namespace:
    return argparse.Namespace(model=str(model), **{"factory": None, "class_names": None, **more})


def test_a_model_and_its_names_arrive(tmp_path: Path) -> None:
    ray, names = StandIn(), tmp_path / "names.txt"
    names.write_text("\n".join("0123456789"))
    classifier = robaudit.load(DIGITS)
    images = robaudit.read_images(EXAMPLES / "digits.npz")
    sent = pack(ray, options(DIGITS, class_names=str(names)), classifier, (images, None))
    there, (some, nothing) = sent.unpack(ray, options(DIGITS), tmp_path / "there")
    assert robaudit.load(there.model).fingerprint == classifier.fingerprint
    assert Path(there.class_names).read_text() == names.read_text()
    assert nothing is None
    assert some is not None
    assert some.sha256 == images.sha256
    np.testing.assert_array_equal(some.pixels, images.pixels)


def test_files_beside_a_model_travel_with_it(tmp_path: Path) -> None:
    ray, model = StandIn(), tmp_path / "here" / "model.onnx"
    (model.parent / "weights").mkdir(parents=True)
    shutil.copy(DIGITS, model)
    (model.parent / "weights" / "one").write_bytes(b"1")
    (model.parent / "other").write_bytes(b"no business of theirs")
    found = replace(robaudit.load(model), details={"external_data": {"weights/one": "a hash"}})
    unpack_files(ray, pack(ray, options(model), found, ()).files, tmp_path / "there")
    arrived = [path.name for path in (tmp_path / "there").rglob("*") if path.is_file()]
    assert sorted(arrived) == ["model.onnx", "one"]


@pytest.mark.parametrize(
    ("model", "factory"), [(DIGITS, "networks.py:small"), ("package.module:make", None)]
)
def test_code_does_not_travel(model: Path | str, factory: str | None) -> None:
    with pytest.raises(UsageError, match="ray_shared"):
        pack(StandIn(), options(model, factory=factory), robaudit.load(DIGITS), ())


def test_a_large_file_travels_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parcels, "_AT_ONCE", 10)
    (tmp_path / "one").write_bytes(bytes(range(25)))
    ray = StandIn()
    sent = put_file(ray, tmp_path / "one")
    assert [len(ray.get(each)) for each in sent] == [10, 10, 5]
    unpack_files(ray, {"two": sent}, tmp_path)
    assert (tmp_path / "two").read_bytes() == bytes(range(25))


def test_many_images_are_asked_for_by_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ray = StandIn()
    monkeypatch.setitem(sys.modules, "ray", ray)
    monkeypatch.setattr(parcels, "_MOST_TOGETHER", 100)
    monkeypatch.setattr(parcels, "_AT_ONCE", 150)
    pixels = np.random.default_rng(0).integers(0, 256, (23, 4, 5, 3), dtype=np.uint8)
    images = robaudit.images_from_arrays(pixels, np.zeros(23, int))
    sent = pack(ray, options(DIGITS), robaudit.load(DIGITS), (images,))
    _, (arrived,) = sent.unpack(ray, options(DIGITS), tmp_path)
    assert arrived is not None
    stack = arrived.pixels
    assert isinstance(stack, StoredInRay)
    assert (stack.shape, stack.dtype, len(stack)) == (pixels.shape, pixels.dtype, 23)
    np.testing.assert_array_equal(np.asarray(stack), pixels)
    rows = np.array([22, 0, 7, 7, 3])
    np.testing.assert_array_equal(stack[rows], pixels[rows])
    np.testing.assert_array_equal(stack[5:2:-1], pixels[5:2:-1])
    assert extremes(stack) == extremes(pixels)
    np.testing.assert_array_equal(in_channels(stack, 1)[:], pixels[..., :1])
    assert in_channels(in_channels(stack, 1), 3)[rows].shape == (5, 4, 5, 3)

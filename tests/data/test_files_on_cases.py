"""Data that was read wrongly once, with the accuracy that the model's own runtime gives on it."""

from pathlib import Path

import numpy as np
import pytest

import robaudit
from robaudit import Images, read_images
from robaudit.data.class_names import read_class_names

NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@pytest.fixture(scope="session")
def cases(shared: Path) -> Path:
    """The folder of cases that came out wrong."""
    if not (shared / "cases").is_dir():
        pytest.skip(f"no cases at {shared}")
    return shared / "cases"


def accuracy(model: Path, images: Images, outputs: tuple[str, ...] | None = None) -> float:
    """Give the share of images that a model of pixels in 0..1 is right on.

    ``outputs`` are its classes in their order, where the names of the data's are to be held
    against them; else they are its classes by their numbers.
    """
    classifier = robaudit.load(str(model))
    x = images.unit_pixels(slice(None)).reshape(len(images), *classifier.spec.shape)
    predicted = classifier.predict(x).argmax(axis=1)
    assert images.labels is not None
    if outputs is None:
        return float((predicted == images.labels).mean())
    assert images.class_names is not None
    true = np.array(images.class_names)[images.labels]
    return float((np.array(outputs)[predicted] == true).mean())


def test_float_pictures(cases: Path) -> None:
    images = read_images(cases / "04-float-tiff/d_ftif")
    assert images.pixel_range == (0, 1)
    assert accuracy(cases / "04-float-tiff/plain.onnx", images) == pytest.approx(0.942, abs=5e-4)


def test_an_empty_class(cases: Path) -> None:
    images = read_images(cases / "05-empty-class/d_empty")
    assert images.class_names == tuple(f"c{i}" for i in range(10))
    assert accuracy(cases / "05-empty-class/plain.onnx", images) == pytest.approx(0.935, abs=5e-4)


def test_folders_named_by_numbers(cases: Path) -> None:
    case = cases / "06-number-folders"
    images = read_images(case / "d_tv12")
    assert images.class_names == tuple(map(str, range(12)))
    order = read_class_names(str(case / "order.txt"))
    assert accuracy(case / "tv12.onnx", images, order) == pytest.approx(0.88, abs=5e-4)


def test_folders_named_by_words(cases: Path) -> None:
    images = read_images(cases / "07-names-in-estimator/dirn")
    assert images.class_names == tuple(sorted(set(NAMES) - {"eight"}))
    assert images.by_alphabet


@pytest.mark.parametrize("name", ["n_Xt.npz", "n_med.npz", "n_med.npz:val_images,val_labels"])
def test_names_of_arrays(cases: Path, name: str) -> None:
    case = cases / "14-keys"
    images = read_images(f"{case}/{name}")
    assert accuracy(case / "plain.onnx", images) == 0.9225


def test_label_files(cases: Path) -> None:
    case = cases / "15-label-files"
    images = read_images(case / "x.npy", labels=case / "l_float.txt")
    assert accuracy(case / "plain.onnx", images) == 0.9225
    images = read_images(case / "x.npy", labels=case / "l_names.txt")
    assert accuracy(case / "plain.onnx", images, NAMES) == 0.9225


def test_data_of_one_class(cases: Path) -> None:
    case = cases / "18-single-class"
    images = read_images(case / "n_single.npz")
    assert accuracy(case / "plain.onnx", images) == pytest.approx(0.935, abs=5e-4)

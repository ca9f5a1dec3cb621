"""The images: from local files, or from where Keras gets them."""

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

import robaudit
from robaudit import Images
from robaudit.errors import UsageError
from robaudit.types import FloatArray, IntArray

VALIDATION_IMAGES = 500
"""So many training images are never trained on: epochs of a retraining are judged on them."""

TEST_PARTS = 5
"""The test images are dealt out in so many parts, of which each seed gets one."""

_CLASS_NAMES = {
    "cifar10": (
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    )
}


@dataclass(frozen=True)
class Data:
    """Labelled images to train on and to test with."""

    train: Images
    test: Images

    @cached_property
    def plain(self) -> dict[str, str]:
        """What results depend on."""
        return {"train": _fingerprint(self.train), "test": _fingerprint(self.test)}

    def rows(self, seed: int, count: int) -> tuple[IntArray, IntArray]:
        """Choose up to so many rows to train on, and those to judge on, by a seed."""
        held_out = min(VALIDATION_IMAGES, len(self.train) // 10)
        rows = np.random.default_rng(seed).permutation(len(self.train))
        return rows[held_out:][:count], rows[:held_out]

    def test_of(self, seed: int) -> Images:
        """Give the test images of a seed, which up to `TEST_PARTS` seeds do not share.

        All models of a seed are measured on them: so an interval over seeds is one over
        images too.
        """
        again, part = divmod(seed, TEST_PARTS)
        rows = np.random.default_rng([again, 1]).permutation(len(self.test))
        return self.test.take(np.sort(rows[part::TEST_PARTS]), "test")

    def validation_of(self, seed: int) -> Images:
        """Give the images of the training part that a seed never trains on."""
        return self.train.take(np.sort(self.rows(seed, 0)[1]), "validation")

    def inputs(self, rows: IntArray) -> tuple[FloatArray, IntArray]:
        """Give training images of some rows as x (n, channels, height, width), and y (n,)."""
        x = np.moveaxis(self.train.unit_pixels(rows), -1, 1)
        return np.ascontiguousarray(x), np.asarray(self.train.labels)[rows]


def class_names(dataset: str, images: Images) -> tuple[str, ...]:
    """Name the classes of a data set: as its file does, or as it is known, or by numbers."""
    return images.class_names or _CLASS_NAMES.get(dataset) or tuple(map(str, range(10)))


def _fingerprint(images: Images) -> str:
    """Hash where the images come from, and their labels, which arrays come without."""
    labels = np.ascontiguousarray(images.labels, dtype=np.int64)
    return f"{images.sha256} {hashlib.sha256(labels.tobytes()).hexdigest()}"


def read_data(dataset: str, folder: Path | None) -> Data:
    """Read a data set from ``folder``/``dataset``.npz, or load it with Keras.

    Raises UsageError where neither is possible.
    """
    if folder is not None:
        path = folder / f"{dataset}.npz"
        return Data(
            robaudit.read_images(path, split="train"), robaudit.read_images(path, split="test")
        )
    os.environ.setdefault("KERAS_BACKEND", "torch")  # it loads the same with any
    try:
        import keras  # noqa: PLC0415 - only here
    except ImportError as error:
        raise UsageError(
            f"no data for {dataset}",
            expected="a folder with its .npz file, or Keras",
            advice="Name the folder with --data, or install keras.",
        ) from error
    source = getattr(keras.datasets, dataset, None)
    if source is None:
        raise UsageError(
            f"Keras has no data set {dataset}", expected="--data, a folder with its .npz file"
        )
    try:
        train, test = source.load_data()
    except Exception as error:  # Keras raises bare ones where it cannot reach the files
        raise UsageError(
            f"Keras could not load {dataset}: {error}",
            expected="a network, or the files",
            advice=f"Name the folder that holds {dataset}.npz with --data.",
        ) from error
    return Data(
        *(robaudit.images_from_arrays(x, np.asarray(y).reshape(-1)) for x, y in (train, test))
    )

"""The corruptions themselves, which are a library's: imagecorruptions-imaug.

Its door refuses pictures of fewer than 32 pixels across and rounds to bytes; the functions
behind it do neither. Here they are asked one by one, so that MNIST's pictures are corrupted as
they are, neither enlarged nor padded, and the model sees the numbers that come out. Only JPEG
and pixelation, which are of bytes, are given bytes. Grey pictures are shown as colour ones of
three like channels, of which the first is taken back: a mean of three would quieten noise.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from importlib import import_module
from typing import Any

import numpy as np
from PIL import Image

from robaudit.requirements import Requirement, needs
from robaudit.types import FloatArray

CORRUPTIONS = (
    *("gaussian_noise", "shot_noise", "impulse_noise"),
    *("defocus_blur", "glass_blur", "motion_blur", "zoom_blur"),
    *("snow", "frost", "fog", "brightness"),
    *("contrast", "elastic_transform", "pixelate", "jpeg_compression"),
)
"""Hendrycks and Dietterich, Benchmarking Neural Network Robustness (ICLR 2019), Section 4."""

SEVERITIES = (1, 2, 3, 4, 5)

LIBRARY = Requirement("imagecorruptions-imaug", "1.1.5", 'pip install "robaudit[corruptions]"')

_OF_BYTES = ("pixelate", "jpeg_compression")
_SEEDED = ("glass_blur", "impulse_noise")
"""Those that draw from a generator of their own."""


def corrupt(
    picture: FloatArray, name: str, severity: int, random: np.random.Generator
) -> FloatArray:
    """Corrupt a picture (height, width, 1 or 3) of 0..1, by chance alone drawn from ``random``.

    Raises MissingDependencyError without the library.
    """
    with needs([LIBRARY]):
        function: Any = getattr(import_module("imagecorruptions"), name)
    colour: Any = np.repeat(picture, 3, axis=2) if picture.shape[2] == 1 else picture
    levels = np.clip(colour, 0, 1).astype(np.float64) * 255
    shown = Image.fromarray(np.rint(levels).astype(np.uint8)) if name in _OF_BYTES else levels
    seed = int(random.integers(2**31))
    with _alone_and_quiet(seed):
        changed = function(shown, severity, **({"seed": seed} if name in _SEEDED else {}))
    found = np.asarray(changed, dtype=np.float32)[..., : picture.shape[2]] / 255
    return np.asarray(np.clip(found, 0, 1), dtype=np.float32)


@contextmanager
def _alone_and_quiet(seed: int) -> Iterator[None]:
    """Seed NumPy's global numbers, which the library draws from, and put them back after."""
    state = np.random.get_state()  # noqa: NPY002 - what the library uses
    np.random.seed(seed)  # noqa: NPY002
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        np.random.set_state(state)  # noqa: NPY002

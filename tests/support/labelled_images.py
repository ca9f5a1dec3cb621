"""Labelled images, grey and in colour, and files that hold them."""

import gzip
import struct
from pathlib import Path

import numpy as np
from PIL import Image

_random = np.random.default_rng(0)
GREY = _random.integers(0, 256, (6, 5, 4), dtype=np.uint8)
COLOUR = _random.integers(0, 256, (6, 5, 4, 3), dtype=np.uint8)
LABELS = np.array([0, 1, 2, 0, 1, 2], dtype=np.uint8)


def write_idx(path: Path, array: np.ndarray, code: int = 8) -> Path:
    """Write an array as an IDX file, compressed if its name ends so."""
    head = struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape)
    content = head + array.tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def write_pictures(
    root: Path, pixels: np.ndarray, labels: np.ndarray, names: list[str], start: int = 0
) -> Path:
    """Write pictures into a folder a class, numbered from ``start``."""
    for number, (one, label) in enumerate(zip(pixels, labels, strict=True), start):
        folder = root / names[label]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(one).save(folder / f"{number}.png")
    return root

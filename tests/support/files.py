"""Images and records in files."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import robaudit
from robaudit import Images

SMALL_SCAN = ["--samples", "20", "--directions", "6", "--steps", "10", "--step", "0.05"]
Run = Callable[..., int]


@cache
def read_shared_images(shared: Path, name: str) -> Images:
    """Read the test split of one of the shared data sets."""
    return robaudit.read_images(shared / "data" / f"{name}.npz")


def first(images: Images, count: int) -> Images:
    """Take the first images of a set."""
    labels = None if images.labels is None else images.labels[:count]
    return replace(images, pixels=images.pixels[:count], labels=labels)


def read_record(folder: Path = Path("robaudit-report")) -> Any:
    """Read the record that a scan wrote."""
    return json.loads((folder / "audit.json").read_text())


def save_data(path: Path, x: np.ndarray, y: np.ndarray) -> Path:
    """Write images and labels as an .npz file."""
    np.savez(path, x=x, y=y)
    return path

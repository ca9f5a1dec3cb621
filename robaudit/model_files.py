"""What a model's file, and those beside it, say of it before and after it is opened.

Nobody vouches for these files, whatever their framework.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from robaudit.errors import NotAuditableError, UsageError
from robaudit.opening import class_names_of
from robaudit.types import Classifier, Declaration

_POINTER = b"version https://git-lfs"
_START = 64
_LARGEST_CONFIG = 2**24


def look_at_file(path: Path, expected: str) -> tuple[bytes, str]:
    """Give the first bytes of a model file and its SHA-256.

    ``expected`` says what kind of model was looked for: "an ONNX model". Raises
    UsageError for a file that is missing or cannot be read, NotAuditableError for
    one that is empty or a pointer to the real one.
    """
    if not path.is_file():
        raise UsageError(f"no model at {path}", expected=expected)
    try:
        with path.open("rb") as file:
            start = file.read(_START)
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    if not start:
        raise NotAuditableError(f"{path} is empty", expected=expected)
    if start.startswith(_POINTER):
        raise NotAuditableError(
            f"{path} is a Git LFS pointer, not the model itself",
            expected=expected,
            advice="Fetch the file with: git lfs pull.",
        )
    return start, digest


def with_what_lies_beside(classifier: Classifier, path: Path) -> Classifier:
    """Add to a classifier what files beside its own say, where its own does not say it.

    ``config.json`` and ``preprocessor_config.json``, as Hugging Face and timm write them,
    name its classes, and say what pixels are made to be before it sees them.
    """
    folder = path if path.is_dir() else path.parent
    folders = [folder, folder.parent] if folder.name == "onnx" else [folder]
    configs = [
        (name, _read_json(place / name))
        for place in folders
        for name in ("preprocessor_config.json", "config.json")
    ]
    for name, config in configs:
        names = _class_names(config)
        if classifier.spec.class_names is None and names and len(names) == classifier.spec.classes:
            classifier = replace(
                classifier,
                spec=replace(classifier.spec, class_names=class_names_of(names)),
                details={**classifier.details, "class_names": f"as {name} says"},
            )
        declares = _declaration(config, name)
        if classifier.declares is None and declares is not None:
            classifier = replace(classifier, declares=declares)
    return classifier


def _read_json(path: Path) -> Mapping[str, Any]:
    """Read a file of settings; what is missing, too large or damaged says nothing."""
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST_CONFIG:
            return {}
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, Mapping) else {}


def _class_names(config: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Give the names of classes, in the order of outputs, as a config has them."""
    names = config.get("id2label", config.get("label_names"))
    if isinstance(names, Mapping):
        names = [names.get(str(index), names.get(index)) for index in range(len(names))]
    if not isinstance(names, list) or not all(isinstance(name, str | int) for name in names):
        return None
    placeholders = [f"LABEL_{index}" for index in range(len(names))]
    return None if names == placeholders else tuple(map(str, names))


def _declaration(config: Mapping[str, Any], source: str) -> Declaration | None:
    """Read what a preprocessor's config, or timm's, says of pixels."""
    timm = config.get("pretrained_cfg", config)
    if isinstance(timm, Mapping) and "mean" in timm:
        mean, std = _numbers(timm.get("mean")), _numbers(timm.get("std"))
        return Declaration(source, mean, std) if mean and std else None
    if not {"do_normalize", "do_rescale", "image_mean"} & set(config):
        return None
    rescaled = config.get("do_rescale", True)
    factor = 255 * (_number(config.get("rescale_factor")) or 1 / 255) if rescaled else 255.0
    offset = (1.0,) if config.get("rescale_offset") else (0.0,)
    normalised = config.get("do_normalize", True)
    mean = _numbers(config.get("image_mean")) if normalised else offset
    std = _numbers(config.get("image_std")) if normalised else (1.0,)
    if not mean or not std:
        return None
    return Declaration(
        source,
        tuple(value / factor for value in mean),
        tuple(value / factor for value in std),
        channels="bgr" if config.get("do_flip_channel_order") else None,
    )


def _numbers(value: Any) -> tuple[float, ...] | None:
    """Read one number, or one or three of them; ``None`` for all else."""
    values = value if isinstance(value, list) else [value]
    numbers = [number for number in map(_number, values) if number is not None]
    return tuple(numbers) if len(numbers) == len(values) in (1, 3) else None


def _number(value: Any) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    return None

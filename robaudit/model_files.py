"""What a model's file, and those beside it, say of it before and after it is opened.

Nobody vouches for these files, whatever their framework.
"""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from robaudit.errors import NotAuditableError, UsageError
from robaudit.opening import class_names_of
from robaudit.phrases import printable
from robaudit.storage.bounded import (
    SPARE_OF_WEIGHTS,
    TIMES_OF_WEIGHTS,
    excess_in_archive,
    excess_of,
)
from robaudit.storage.inside import is_file_inside
from robaudit.storage.nearest import nearest_path
from robaudit.types import Classifier, Declaration

_POINTER = b"version https://git-lfs"
_START = 64
_LARGEST_CONFIG = 2**24
_LINES = ("labels.txt", "class_names.txt", "classes.txt")
_JSON = (
    "class_names.json",
    "class_indices.json",
    "class_to_idx.json",
    "classes.json",
    "labels.json",
)
_NUMBERED = re.compile(r"(\d{1,9})[\s:,]+(\S.*)")
_LARGEST_LIST = 2**20


def look_at_file(path: Path, expected: str) -> tuple[bytes, str]:
    """Give the first bytes of a model file and its SHA-256.

    ``expected`` says what kind of model was looked for: "an ONNX model". Raises
    UsageError for a file that is missing or cannot be read, NotAuditableError for
    one that is empty or a pointer to the real one.
    """
    if not path.is_file():
        raise UsageError(f"no model at {path}", expected=expected, advice=nearest_path(path))
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


def refuse_excess(path: Path, expected: str) -> None:
    """Raise NotAuditableError for a zip archive that is more than it may be.

    It may unpack to 100 times what it is, and 256 MiB; and zipfile.BadZipFile, and others, are
    raised for what is damaged. See `robaudit.storage.bounded`.
    """
    _refuse(path, excess_in_archive(path), expected)


def refuse_excess_of_weights(path: Path, expected: str) -> None:
    """Raise NotAuditableError for an archive of weights that is more than it may be.

    Weights are packed badly: it may unpack to 10 times what it is, and 64 MiB.
    """
    _refuse(path, excess_in_archive(path, TIMES_OF_WEIGHTS, SPARE_OF_WEIGHTS), expected)


def excess_of_weights(unpacked: int, packed: int) -> str | None:
    """Say by how much weights are too large for what they are packed in, ``None`` if not."""
    return excess_of(unpacked, packed, TIMES_OF_WEIGHTS, SPARE_OF_WEIGHTS)


def _refuse(path: Path, excess: str | None, expected: str) -> None:
    if excess:
        raise NotAuditableError(f"{path} {excess}", expected=expected)


def with_what_lies_beside(classifier: Classifier, path: Path) -> Classifier:
    """Add to a classifier what files beside its own say, where its own does not say it.

    ``config.json`` and ``preprocessor_config.json``, as Hugging Face and timm write them,
    name its classes, and say what pixels are made to be before it sees them; else lists of
    names do the first.
    """
    folder = path if path.is_dir() else path.parent
    folders = [folder, folder.parent] if folder.name == "onnx" else [folder]
    configs = [
        (name, _read_json(place / name, path))
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
    return _named_beside(classifier, path)


def _named_beside(classifier: Classifier, path: Path) -> Classifier:
    """Take the names of classes from a list of them beside a model, where nothing else has any."""
    if classifier.spec.class_names is not None:
        return classifier
    beside = names_beside(path, classifier.spec.classes)
    return replace(
        classifier,
        spec=replace(classifier.spec, class_names=beside.names),
        details={
            **classifier.details,
            **({"class_names": beside.source} if beside.source else {}),
        },
        notes=(*classifier.notes, *([beside.note] if beside.note else [])),
    )


def _read_json(file: Path, model: Path) -> Mapping[str, Any]:
    """Read a file of settings; what is missing, too large or damaged says nothing."""
    try:
        if not _lies_beside(file, model) or file.stat().st_size > _LARGEST_CONFIG:
            return {}
        content = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, Mapping) else {}


def _lies_beside(file: Path, model: Path) -> bool:
    """Tell whether a file lies where it was looked for, or where the model does.

    In folders of Hugging Face a model and its settings are links into one other folder.
    """
    return is_file_inside(file, file.parent, model.resolve().parent)


def _class_names(config: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Give the names of classes, in the order of outputs, as a config has them."""
    for key in ("id2label", "label2id", "label_names"):
        names = tuple(map(str, names_in(config.get(key))))
        if names and names != tuple(f"LABEL_{index}" for index in range(len(names))):
            return names
    return None


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


@dataclass(frozen=True)
class NamesBeside:
    """What a file beside a model calls its classes, where from, and why it was not believed."""

    names: tuple[str, ...] | None = None
    source: str | None = None
    note: str | None = None


def names_beside(path: Path, classes: int) -> NamesBeside:
    """Read the names of a model's classes from a file beside it.

    A text has a name a line, perhaps after the number of the output: "0 cat", as Teachable
    Machine writes it, Custom Vision without. JSON is read as by `names_in`. Either is believed
    where it has as many names as the model has classes.
    """
    for folder in (path, path.parent) if path.is_dir() else (path.parent,):
        for name in (*_LINES, *_JSON):
            file = folder / name
            if not _lies_beside(file, path) or file.stat().st_size > _LARGEST_LIST:
                continue
            found = _read(file)
            if found and len(found) == classes == len(set(found)):
                return NamesBeside(class_names_of(found), f"from {name} beside it")
            what = "lines" if name in _LINES else "names of classes"
            return NamesBeside(
                note=f"{name} beside the model does not name its classes: it has {len(found)} "
                f"{what}, {len(set(found))} of them different, and the model has {classes} classes."
            )
    return NamesBeside()


def _read(file: Path) -> list[str]:
    text = file.read_text(encoding="utf-8-sig", errors="replace")
    if file.name in _LINES:
        names = _in_lines([line.strip() for line in text.splitlines() if line.strip()])
    else:
        try:
            names = list(map(str, names_in(json.loads(text))))
        except (ValueError, RecursionError):
            names = []
    return list(map(printable, names))


def _in_lines(lines: list[str]) -> list[str]:
    matches = [_NUMBERED.fullmatch(line) for line in lines]
    numbered = {int(match[1]): match[2] for match in matches if match}
    for first in (0, 1):
        if sorted(numbered) == list(range(first, first + len(lines))):
            return [numbered[number] for number in sorted(numbered)]
    return lines


def names_in(written: Any) -> list[object]:
    """Give the names of classes that a list has, or a table of names by number, or the reverse.

    There are none in what is anything else.

    >>> names_in({"0": "cat", "1": "dog"}), names_in({"dog": 1, "cat": 0}), names_in(["cat"])
    (['cat', 'dog'], ['cat', 'dog'], ['cat'])
    >>> names_in({"0": "cat", "2": "dog"}), names_in(3)
    ([], [])
    """
    if isinstance(written, Mapping):
        return _in_order(written)
    plain = isinstance(written, list | tuple) and all(map(_is_name, written))
    return list(written) if plain else []


def _in_order(written: Mapping[Any, Any]) -> list[object]:
    """Bring names by number, or numbers by name, into the order of the numbers 0, 1, 2, ..."""
    numbers = [str(number) for number in range(len(written))]
    for pairs in (written, {value: key for key, value in written.items() if _is_name(value)}):
        by_number = {str(number): name for number, name in pairs.items()}
        if sorted(by_number) == sorted(numbers) and all(map(_is_name, by_number.values())):
            return [by_number[number] for number in numbers]
    return []


def _is_name(value: object) -> bool:
    return isinstance(value, str | bytes | int | float)

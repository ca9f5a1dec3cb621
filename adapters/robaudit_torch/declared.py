"""What checkpoints and modules say of their classes, and of the preprocessing of their inputs.

Nothing here knows one trainer's habits: names that are used for such things are looked for
at the top and a few levels down.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch

from robaudit.opening import class_names_of
from robaudit.types import Declaration

_DEEPEST = 3
_MEAN = re.compile(
    r"((?:(?:.*\.)?(?:pixel|image|img|norm\w*|data\w*|input|channel|rgb|transform\w*)[._])?)mean(s?)",
    re.IGNORECASE,
)
_PAIR = re.compile(r"norm|normali[sz]\w*|mean_?(and_?)?std", re.IGNORECASE)
_OTHER_THINGS = re.compile(r"target|label|loss|optim|sched|reward|latent|running", re.IGNORECASE)
_RANGES = ("input_range", "pixel_range", "image_range", "value_range")
_CHANNELS = ("input_space", "channel_order", "color_mode", "color_order", "input_format")
_CLASSES = ("class_names", "classes", "id2label", "idx_to_class", "class_to_idx", "label2id")
_MORE_CLASSES = ("label_names", "labels", "names", "CLASSES", "categories")
_TO_NUMBERS = ("class_to_idx", "label2id")
_NO_NAME = re.compile(r"LABEL_\d+")

Facts = Mapping[str, Any]


def declaration_of(facts: Facts, source: str) -> Declaration | None:
    """Find what facts say of the numbers that a model takes; ``source`` says whose they are."""
    for path, level in _levels(facts):
        mean, std = _mean_and_std(level)
        limits = next(filter(None, (_numbers(level.get(key), 2) for key in _RANGES)), None)
        order = next((level[key] for key in _CHANNELS if key in level), None)
        channels = str(order).lower() if str(order).lower() in ("rgb", "bgr") else None
        if mean is None and (limits is None or limits[0] == limits[1]) and channels is None:
            continue
        if channels == "bgr" and mean is not None and std is not None:
            mean, std = mean[::-1], std[::-1]  # they stand in the order of the model's input
        return Declaration(
            f"{source} ({'.'.join(path)})" if path else source,
            mean=mean,
            std=std,
            input_range=(limits[0], limits[1]) if limits and mean is None else None,
            channels="bgr" if channels == "bgr" else "rgb" if channels else None,
        )
    return None


def is_statistic(name: str) -> bool:
    """Tell whether a name is that of a mean, or of a standard deviation, of pixels.

    >>> [is_statistic(name) for name in ("normalize.std", "pixel_mean", "bn.running_mean")]
    [True, True, False]
    """
    return _MEAN.fullmatch(re.sub("std(s?)$", r"mean\1", name)) is not None


def class_names_in(facts: Facts, classes: int) -> tuple[str, ...] | None:
    """Find names for so many classes, in the order of a model's outputs."""
    for _, level in _levels(facts):
        for key in (*_CLASSES, *_MORE_CLASSES):
            names = _names(level.get(key), to_number=key in _TO_NUMBERS)
            if len(names) == len(set(map(str, names))) == classes:
                return class_names_of(names)
    return None


def facts_of(module: Any) -> Facts:
    """Give what a module, or the configuration that it carries, says of itself."""
    own = {**vars(type(module)), **vars(module)}
    if isinstance(module, torch.jit.ScriptModule):
        own = {key: getattr(module, key, None) for key in (*_CLASSES, *_MORE_CLASSES)}
    facts = {key: own[key] for key in (*_CLASSES, *_MORE_CLASSES) if key in own}
    for key in ("pretrained_cfg", "default_cfg", "config", "dataset_meta"):
        held: Any = own.get(key)
        held = held.to_dict() if hasattr(held, "to_dict") else held
        held = vars(held) if hasattr(held, "__dict__") else held
        if isinstance(held, Mapping):
            facts[key] = dict(held)
    if any(key in own for key in _CHANNELS + _RANGES):  # else it may be what it does itself
        facts |= {key: own[key] for key in ("mean", "std", *_CHANNELS, *_RANGES) if key in own}
    return facts


def parsed(texts: Mapping[str, str]) -> Facts:
    r"""Read what a file's members or metadata hold: JSON, or a name a line.

    >>> parsed({"mean": "[0.5]", "classes.txt": "cat, tabby\ndog", "by": "me"})
    {'mean': [0.5], 'classes': ['cat, tabby', 'dog'], 'by': 'me'}
    """
    facts: dict[str, Any] = {}
    for name, text in texts.items():
        try:
            value = json.loads(text)
        except ValueError:
            value = text.splitlines() if "\n" in text else text
        facts[name.rpartition("/")[2].partition(".")[0]] = value
    return facts


def _levels(facts: Facts, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Facts]]:
    """Walk through facts that are named by texts, those nearer to the top first."""
    levels = [(path, facts)]
    for depth in range(_DEEPEST + 1):
        yield from levels
        if depth == _DEEPEST:
            return
        levels = [
            ((*path, str(key)), inner)
            for path, level in levels
            for key, inner in level.items()
            if isinstance(inner, Mapping) and not _OTHER_THINGS.search(str(key))
        ]


def _mean_and_std(level: Facts) -> tuple[tuple[float, ...] | None, tuple[float, ...] | None]:
    for key, value in level.items():
        named = isinstance(key, str) and not _OTHER_THINGS.search(key)
        pair: tuple[Any, Any] | None = None
        if named and (match := _MEAN.fullmatch(key)):
            pair = value, level.get(f"{match[1]}std{match[2]}")
        elif named and _PAIR.fullmatch(key) and isinstance(value, Sequence) and len(value) == 2:
            pair = value[0], value[1]
        if pair is None:
            continue
        mean, std = _colours(pair[0]), _colours(pair[1])
        if mean and std and len(mean) == len(std):
            # Some count in the numbers of a picture's file.
            unit = 255.0 if max(mean) > 1 or (max(mean) == 0 and max(std) > 100) else 1.0
            if min(mean) >= 0 and min(std) > 0 and max(mean) <= unit:
                return tuple(m / unit for m in mean), tuple(s / unit for s in std)
    return None, None


def _colours(value: Any) -> tuple[float, ...] | None:
    return _numbers(value, 1) or _numbers(value, 3)


def _numbers(value: Any, count: int) -> tuple[float, ...] | None:
    """Read so many finite numbers, or one that stands alone."""
    if isinstance(value, str):
        value = value.strip("[]() ").split(",")
    try:
        numbers = torch.as_tensor(
            [float(one) for one in value] if isinstance(value, list | tuple) else value,
            dtype=torch.float64,
        ).reshape(-1)
    except (TypeError, ValueError, RuntimeError):
        return None
    given: list[float] = [round(number, 9) for number in numbers.tolist()]
    return tuple(given) if len(given) == count and all(map(math.isfinite, given)) else None


def _names(value: Any, *, to_number: bool) -> list[Any]:
    """Read names of classes from a list, or from a map to their numbers, or from these."""
    if isinstance(value, Mapping):
        pairs = [pair[::-1] if to_number else pair for pair in value.items()]
        if not all(_is_number(number) for number, _ in pairs):
            return []
        places = {int(number): name for number, name in pairs}
        if sorted(places) != list(range(len(pairs))):
            return []
        value = [places[place] for place in range(len(pairs))]
    if isinstance(value, str) or not isinstance(value, Sequence):
        return []
    simple = all(isinstance(name, str | int | float | bytes) for name in value)
    if not simple or all(_NO_NAME.fullmatch(str(name)) for name in value):
        return []
    return list(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) or (isinstance(value, str) and value.isdecimal())

"""Sets of weights in what a file holds, and how each goes into a network.

Trainers put other things around weights, and other words before their names. The network
says which are its own: those of its names and sizes, whatever stands before the names.
"""

import re
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import torch

from robaudit_torch.choosing import is_copy

_DEEPEST = 4
_MOST_HELD = 1_000_000
_MOST_PREFIXES = 8
OPTIMIZER = {"state", "param_groups"}
"""What the state of an optimizer has."""

_WRAPPERS = {"module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"}
"""Words that wrappers of a network, or of parts of it, put into the names of its weights."""

_EXTRA = re.compile(
    r"(.*\.)?(n_averaged|num_batches_tracked|total_ops|total_params)"
    r"|(\w+_)?(loss\w*|criterion|criteria|metrics|accuracy|confmat|optimizer)(_\w+)?\..*"
    r"|(train|val|valid|test)_\w+\..*"
    r"|(\w+_)?(loss(_\w+)?|class_weights?|pos_weight|steps?|epochs?)|\w+_decay",
    re.IGNORECASE,
)
"""Names of what lies beside a network's weights and is no part of what it computes."""


@dataclass(frozen=True)
class WeightSet:
    """A mapping in a file that holds tensors, and the keys on the way to it."""

    path: tuple[str | int, ...]
    held: Mapping[str, Any]


@dataclass(frozen=True)
class Fit:
    """How a set of weights goes into a network.

    ``names`` are the set's names of all that the network has, ``prefix`` is what stands
    before them. ``missing`` and ``resized`` are the network's names that the set has not, or
    in another size. ``unexpected`` are the set's names of what starts with the prefix and is
    not the network's, by what follows the prefix; ``beside`` those that do not start so.
    """

    weights: WeightSet
    prefix: str
    names: Mapping[str, str]
    missing: tuple[str, ...]
    resized: tuple[str, ...]
    unexpected: Mapping[str, str]
    beside: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether it is all that the network has, and nothing else that one may have."""
        return not (self.missing or self.resized or self.unexpected)

    @property
    def misfits(self) -> int:
        """How many names do not fit."""
        return len(self.missing) + len(self.resized) + len(self.unexpected)

    @property
    def label(self) -> str:
        """Its place in the file, by which it can be chosen."""
        return ".".join([*map(str, self.weights.path), self.prefix]).strip(".")

    def state_dict(self) -> dict[str, Any]:
        """Give the weights, and what was unexpected, by the network's own names."""
        held = self.weights.held
        state: Any = OrderedDict(
            (name, held[theirs])
            for name, theirs in {**self.names, **self.unexpected}.items()
            if theirs in held
        )
        notes = getattr(held, "_metadata", None)  # by which modules tell old formats
        if isinstance(notes, Mapping):
            state._metadata = {  # noqa: SLF001 - the name under which torch looks for it
                f"{short}."[len(self.prefix) :].rstrip("."): note
                for name, note in notes.items()
                for short in (name, unwrapped(name))
                if f"{short}.".startswith(self.prefix)
            }
        return state if notes else dict(state)


def weight_sets(
    held: Any, path: tuple[str | int, ...] = (), budget: Iterator[int] | None = None
) -> Iterator[WeightSet]:
    """Walk through all mappings that hold tensors by name, but for an optimizer's.

    Raises ValueError where what a file holds, one in another, is more than ``budget`` counts.
    """
    budget = iter(range(_MOST_HELD)) if budget is None else budget
    if next(budget, None) is None:
        raise ValueError(f"more than {_MOST_HELD} things, one in another")
    inner: list[tuple[Any, Any]] = []
    if isinstance(held, Mapping):
        if held.keys() >= OPTIMIZER:
            return
        tensors = any(isinstance(value, torch.Tensor) for value in held.values())
        if tensors and all(isinstance(key, str) for key in held):
            yield WeightSet(path, held)
        inner = list(held.items()) if len(path) < _DEEPEST else []
    elif isinstance(held, list | tuple) and len(path) < _DEEPEST:
        inner = list(enumerate(held))
    for key, value in inner:
        if isinstance(key, str | int):
            yield from weight_sets(value, (*path, key), budget)


def in_one_part(one: WeightSet) -> WeightSet | None:
    """Put together the weights that a set holds in two parts; ``None`` where it holds none so.

    Pruning keeps a weight and a mask, normalisation a length and a direction. A network that
    was made without them computes the same with their product.
    """
    held = dict(one.held)
    for first, second, place, product in _IN_TWO:
        for name in [name for name in held if name.endswith(first)]:
            other = name.removesuffix(first) + second
            with suppress(KeyError, AttributeError, TypeError, RuntimeError):  # called so by chance
                whole = product(held[name], held[other])
                held[re.sub(*place, name.removesuffix(first))] = whole
                del held[name], held[other]
    return None if held.keys() == one.held.keys() else WeightSet(one.path, held)


def _along(length: Any, direction: Any) -> Any:
    """Give a normalised weight: its direction, so long along the axes that the lengths span."""
    axes = [axis for axis, size in enumerate(length.shape) if size == 1] or None
    norm = direction.square().sum(dim=axes, keepdim=length.ndim > 0).sqrt()
    return direction * (length / norm)


_IN_TWO: tuple[tuple[str, str, tuple[str, str], Callable[[Any, Any], Any]], ...] = (
    ("_orig", "_mask", ("", ""), lambda weight, mask: weight * mask),
    ("_g", "_v", ("", ""), _along),
    (".original0", ".original1", (r"\bparametrizations\.(?=\w+$)", ""), _along),
)
"""How names of the two parts end, what is to be left out of what stands before, the product."""


def fits_of(one: WeightSet, expected: Mapping[str, Any]) -> list[Fit]:
    """Try a set, with all that may stand before its names, and then without wrappers' words.

    Last, what stands before all of the network's own names is left out too: the factory may
    make a wrapper of what was saved. ``expected`` has the network's names, each with its size,
    or ``None`` for any size.
    """
    own = {name: unwrapped(name) for name in expected}
    fits: list[Fit] = []
    for short, names in (
        (str, {name: name for name in expected}),
        (unwrapped, own),
        (unwrapped, _without_shared_start(own)),
    ):
        fits += _fits_by(one, expected, short, names)
        if any(fit.whole for fit in fits):
            break
    return fits


def _without_shared_start(names: Mapping[str, str]) -> dict[str, str]:
    """Make names shorter by the words that all of them start with."""
    levels = zip(*(name.split(".")[:-1] for name in names.values()), strict=False)
    shared = len(list(takewhile(lambda words: len(set(words)) == 1, levels)))
    return {name: ".".join(short.split(".")[shared:]) for name, short in names.items()}


def _fits_by(
    one: WeightSet,
    expected: Mapping[str, Any],
    short: Callable[[str], str],
    names: Mapping[str, str],
) -> list[Fit]:
    """Try every prefix under which a set has names of the network's, both made shorter.

    ``short`` shortens those of the set, ``names`` has the network's own and what is left of each.
    """
    theirs = {short(name): name for name in one.held}
    own = {left: name for name, left in names.items()}
    if len(theirs) != len(one.held) or len(own) != len(expected):
        return []
    prefixes: Counter[str] = Counter()
    for name in theirs:
        parts = name.split(".")
        for start in range(len(parts)):
            if ".".join(parts[start:]) in own:
                prefixes["".join(f"{part}." for part in parts[:start])] += 1
    likely = [prefix for prefix, _ in prefixes.most_common(_MOST_PREFIXES)] or [""]
    return [_fit(one, expected, theirs, own, prefix) for prefix in likely]


def _fit(
    one: WeightSet,
    expected: Mapping[str, Any],
    theirs: Mapping[str, str],
    own: Mapping[str, str],
    prefix: str,
) -> Fit:
    names = {real: theirs.get(prefix + name, prefix + name) for name, real in own.items()}
    used = set(names.values())
    rest = {
        name: real
        for name, real in theirs.items()
        if real not in used and isinstance(one.held[real], torch.Tensor)
    }
    within = {name[len(prefix) :]: real for name, real in rest.items() if name.startswith(prefix)}
    return Fit(
        one,
        prefix,
        names,
        missing=tuple(
            name
            for name, other in names.items()
            if other not in one.held and not name.endswith("num_batches_tracked")
        ),
        resized=tuple(
            name
            for name, other in names.items()
            if other in one.held and expected[name] not in (None, size_of(one.held[other]))
        ),
        unexpected={name: real for name, real in within.items() if not is_extra(name)},
        beside=tuple(real for name, real in rest.items() if not name.startswith(prefix)),
    )


def size_of(value: Any) -> tuple[int, ...] | None:
    """Give the size of a tensor, and ``None`` for what is none, or has none yet."""
    if not isinstance(value, torch.Tensor) or torch.nn.parameter.is_lazy(value):
        return None
    return tuple(value.shape)


def unwrapped(name: str) -> str:
    """Take the words of wrappers out of a name.

    >>> unwrapped("module.features.module.0.weight")
    'features.0.weight'
    """
    return ".".join(part for part in name.split(".") if part not in _WRAPPERS)


def is_extra(name: str) -> bool:
    """Tell whether a name is that of no weights, but of a loss, a count or a second set of them.

    >>> [is_extra(name) for name in ("loss_fn.weight", "global_step", "model_ema.0.bias")]
    [True, True, True]
    >>> [is_extra(name) for name in ("schema.0.bias", "head.step", "metric_fc.weight")]
    [False, False, False]
    """
    return _EXTRA.fullmatch(name) is not None or is_copy(name)

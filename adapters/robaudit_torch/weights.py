"""From what a checkpoint holds to a network with its weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from robaudit.errors import UsageError
from robaudit_torch.choosing import Choice, best_of, few, is_copy
from robaudit_torch.declared import Facts, is_statistic
from robaudit_torch.network import Module
from robaudit_torch.saving import Form
from robaudit_torch.weight_sets import Fit, fits_of, in_one_part, is_extra, size_of, weight_sets

_SMALL = 3


@dataclass(frozen=True)
class Loaded:
    """How a file's weights were put into a network.

    ``form`` is how they are to be written again, ``facts`` what the file holds beside them,
    ``choice`` where in it they were, and where others were left, if that is a question.
    """

    form: Form
    facts: Facts
    choice: Choice | None


def put_weights(
    module: Module,
    held: Any,
    path: Path,
    *,
    factory: str,
    wanted: str | None,
    notes: Mapping[str, str],
) -> Loaded:
    """Put those of the weights that a file holds into a network that are its own.

    ``factory`` made the network, ``wanted`` is the place of its weights, where the user
    says so, ``notes`` are what a format keeps beside them. Raises UsageError where nothing
    fits, and where several sets do.
    """
    expected = {name: size_of(tensor) for name, tensor in module.state_dict().items()}
    fits = [fit for one in weight_sets(held) for fit in fits_of(one, expected)]
    if not any(fit.whole for fit in fits):
        together = filter(None, map(in_one_part, weight_sets(held)))
        fits += [fit for one in together for fit in fits_of(one, expected) if fit.whole]
    if wanted is not None:
        fits = _at(wanted, fits, path)
    whole = [fit for fit in fits if fit.whole]
    if whole:
        fit, choice = _choose(whole, path)
        strange = _strange(fit, whole)
        if strange and wanted != fit.label:
            raise UsageError(
                f"{path} holds the weights of {factory} at {fit.label!r}, beside others that it "
                f"has not: {few(strange)}",
                expected="the weights of the whole network",
                advice=f"If those are no part of it, say so with `weights={fit.label!r}`.",
            )
    else:
        fit, choice = min(fits, key=lambda fit: fit.misfits), None
    try:
        module.load_state_dict(fit.state_dict(), strict=not whole)
    except RuntimeError as error:  # it might have known older names of its own
        raise UsageError(
            f"the weights in {path} do not fit {factory}: {_why_not(fit, expected)}",
            expected="the network that they were trained in",
        ) from error
    return Loaded(_form(fit, held, notes), facts_in(held, expected), choice)


def facts_in(held: Any, expected: Mapping[str, Any]) -> Facts:
    """Give what a file holds beside weights; ``expected`` has the names of a network's."""
    if not isinstance(held, Mapping):
        return {}
    facts: dict[str, Any] = {}
    for key, value in held.items():
        name = str(key)
        if isinstance(value, Mapping):
            facts[name] = facts_in(value, expected)
        elif not isinstance(value, torch.Tensor) or (
            _is_plain(name, value) and not _is_own(name, expected)
        ):
            facts[name] = value
    return facts


def levels_to(
    keys: Sequence[str | int], held: Any
) -> tuple[tuple[tuple[str | int, Any], ...], Any]:
    """List the keys on the way to something, each with what else is worth keeping there.

    Also gives what is there in the end.
    """
    levels: list[tuple[str | int, Any]] = []
    for key in keys:
        if isinstance(held, Mapping):
            beside: Any = {k: v for k, v in held.items() if k != key and _is_plain(k, v)}
        else:
            beside = [value if _is_plain("", value) else None for value in held]
        levels.append((key, beside))
        held = held[key]
    return tuple(levels), held


def _at(wanted: str, fits: list[Fit], path: Path) -> list[Fit]:
    """Keep the fits at one place of a file."""
    places = [(fit.label, ".".join(map(str, fit.weights.path))) for fit in fits]
    there = [fit for fit, names in zip(fits, places, strict=True) if wanted in names]
    if not there:
        known = dict.fromkeys(fit.label for fit in fits if fit.label and len(fit.missing) == 0)
        raise UsageError(
            f"no weights at {wanted!r} in {path}",
            expected="one of " + ", ".join(known) if known else "no `weights`",
        )
    return there


def _choose(whole: list[Fit], path: Path) -> tuple[Fit, Choice | None]:
    """Choose among sets that fit, leaving out those that are an earlier one over again."""
    kept: list[Fit] = []
    for fit in whole:
        if not any(_same(fit, earlier) for earlier in kept):
            kept.append(fit)
    unused = [fit.label for fit in kept if not fit.weights.held.get("n_averaged", 1)]
    choice = best_of([fit.label for fit in kept], path, unused)
    return kept[choice.number if choice else 0], choice


def _same(one: Fit, other: Fit) -> bool:
    mine, theirs = one.state_dict(), other.state_dict()
    return all(
        isinstance(tensor, torch.Tensor) and name in theirs and torch.equal(tensor, theirs[name])
        for name, tensor in mine.items()
    )


def _strange(fit: Fit, whole: list[Fit]) -> list[str]:
    """Name what lies beside a network's weights, and may be of a larger network."""
    known = {name for other in whole for name in other.names.values()}
    return [
        name
        for name in fit.beside
        if name not in known and not is_extra(name) and not is_statistic(name)
    ]


def _form(fit: Fit, held: Any, notes: Mapping[str, str]) -> Form:
    """Note all that a file holds and that is as true of other weights."""
    levels, _ = levels_to(fit.weights.path, held)
    used, more = set(fit.names.values()), {}
    for name, value in fit.weights.held.items():
        short = name.removeprefix(fit.prefix)
        if name in used or is_copy(name) or is_copy(short):
            continue
        if _is_plain(name, value) or is_extra(short):
            more[name] = value
    return Form(names=fit.names, more=more, levels=levels, metadata=notes)


def _is_plain(key: Any, value: Any) -> bool:
    """Tell whether a value is no weights: numbers, texts, and what is made of them."""
    if isinstance(value, torch.Tensor):
        return value.ndim == 0 or (is_statistic(str(key)) and value.numel() <= _SMALL)
    if isinstance(value, Mapping):
        return all(_is_plain(*pair) for pair in value.items())
    if isinstance(value, list | tuple):
        return all(_is_plain(key, one) for one in value)
    return value is None or isinstance(value, str | int | float | bool)


def _is_own(name: str, expected: Mapping[str, Any]) -> bool:
    """Tell whether a name is one of the network's, whatever stands before it."""
    parts = name.split(".")
    return any(".".join(parts[start:]) in expected for start in range(len(parts)))


def _why_not(fit: Fit, expected: Mapping[str, Any]) -> str:
    held = fit.weights.held
    sizes = [
        f"{name} {size_of(held[fit.names[name]])} in the file, {expected[name]} in the network"
        for name in fit.resized
    ]
    reasons = {
        "missing": fit.missing,
        "not in the network": tuple(fit.unexpected.values()),
        "of other sizes": tuple(sizes),
    }
    return "; ".join(f"{what} {few(names)}" for what, names in reasons.items() if names)

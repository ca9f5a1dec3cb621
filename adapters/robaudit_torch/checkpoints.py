"""Checkpoints: weights for the network that a factory makes, and whole modules.

Weights are read without running anything that lies beside them, from whole modules too. A
module itself is code, and is read as such only with the user's consent.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from robaudit import OpenOptions
from robaudit.errors import NotAuditableError, UsageError, program_ended
from robaudit.requirements import needs, requirement
from robaudit.user_code import call_factory, working_folder_first
from robaudit_torch.choosing import best_of, few
from robaudit_torch.declared import parsed
from robaudit_torch.opened import Opened
from robaudit_torch.pickles import (
    ModuleWeights,
    SuspectError,
    foreign_names,
    read_inert,
    read_with_code,
    settled,
    taken_out,
)
from robaudit_torch.saving import Form
from robaudit_torch.weight_sets import OPTIMIZER, weight_sets
from robaudit_torch.weights import facts_in, levels_to, put_weights

_SAVE_WEIGHTS = "Or save its weights alone: torch.save(model.state_dict(), path)."
_CONSENT = "If you trust whoever made it with your machine, add `trust=True`"
_FACTORY = (
    "name what makes the network with `factory='package.module:callable'`, or file.py:callable"
)


def read_pickled(path: Path, options: OpenOptions) -> Opened:
    """Read what ``torch.save`` wrote.

    Raises UsageError for weights without a factory, for code without consent and for
    classes that cannot be imported, NotAuditableError for what holds no weights, and
    whatever torch raises for damaged files.
    """
    try:
        held = read_inert(path)
    except Exception as error:
        names = [str(error)] if isinstance(error, SuspectError) else foreign_names(path)
        if options.trust:
            return _read_trusted(path, options)
        if not names:
            raise
        raise _needs_consent(path, names) from error
    if options.factory is not None:
        return with_weights(held, path, options)
    names = foreign_names(path)
    if names and options.trust:
        return _read_trusted(path, options)
    modules = [module.name for _, module in _modules(held, ModuleWeights)]
    if modules:
        raise UsageError(
            f"{path} holds a whole module, {few(modules)}: reading it runs code",
            expected="weights alone, an exported program (.pt2) or TorchScript",
            advice=f"{_CONSENT}; or {_FACTORY}, and only its weights are read. {_SAVE_WEIGHTS}",
        )
    if names and next(weight_sets(held), None) is None:
        raise _needs_consent(path, names)
    return with_weights(held, path, options)


def read_safetensors(path: Path, options: OpenOptions) -> Opened:
    """Read weights, with the notes beside them; see `read_pickled`."""
    with needs([requirement("safetensors", 'pip install "robaudit[torch]"')]):
        from safetensors import safe_open  # noqa: PLC0415 - not everyone has it
    with safe_open(path, framework="pt") as file:
        weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        notes = dict(file.metadata() or {})
    for name, kept in notes.items():  # of weights that are shared, the format keeps one
        if name not in weights and kept in weights:
            weights[name] = weights[kept]
    return with_weights(weights, path, options, notes)


def with_weights(
    held: Any, path: Path, options: OpenOptions, notes: Mapping[str, str] | None = None
) -> Opened:
    """Put weights into the module that the user's factory makes."""
    sets = list(weight_sets(held))
    if not sets:
        raise NotAuditableError(_without_weights(held, path), expected="the weights of a model")
    if options.factory is None:
        largest = max(sets, key=lambda one: len(one.held)).held
        listed = [
            f"{name} {tuple(value.shape)}"
            for name, value in largest.items()
            if isinstance(value, torch.Tensor)
        ]
        raise UsageError(
            f"{path} holds weights and no network ({few(listed)})",
            expected="what makes the network",
            advice=_FACTORY[0].upper() + _FACTORY[1:] + ".",
        )
    module = call_factory(options.factory)
    if not isinstance(module, torch.nn.Module):
        raise UsageError(
            f"{options.factory} makes a {type(module).__name__}", expected="a torch.nn.Module"
        )
    loaded = put_weights(
        module, held, path, factory=options.factory, wanted=options.weights, notes=notes or {}
    )
    facts = {**parsed(notes or {}), **loaded.facts}
    return Opened(module, "weights", form=loaded.form, facts=facts, weights=loaded.choice)


def _read_trusted(path: Path, options: OpenOptions) -> Opened:
    """Read a file as its maker would, running what it names."""
    try:
        with working_folder_first():
            held = taken_out(read_with_code(path))
    except SystemExit as error:
        raise program_ended(str(path), error) from error
    except (ImportError, AttributeError) as error:
        raise UsageError(
            f"{path} holds a whole module, or more, of classes that cannot be imported here "
            f"({type(error).__name__}: {error})",
            expected="to be run where they can be, such as in the folder of their code",
            advice=f"Else {_FACTORY}, and only its weights are read. {_SAVE_WEIGHTS}",
        ) from error
    if options.factory is not None:
        return with_weights(settled(held), path, options)
    modules = list(_modules(held, torch.nn.Module))
    if not modules:
        return with_weights(settled(held), path, options)
    labels = [".".join(map(str, keys)) for keys, _ in modules]
    if options.weights in labels:
        labels, modules = [options.weights], [modules[labels.index(options.weights)]]
    choice = best_of(labels, path)
    keys, module = modules[choice.number if choice else 0]
    levels, _ = levels_to(keys, held)
    return Opened(
        module,
        "a pickled module",
        form=Form(pickled=True, levels=levels),
        facts=facts_in(held, module.state_dict()),
        weights=choice,
    )


def _modules(
    held: Any, kind: type, keys: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Walk through the whole modules in what a file holds."""
    if isinstance(held, kind):
        yield keys, held
    elif isinstance(held, Mapping) and len(keys) < 3:
        for key, value in held.items():
            if isinstance(key, str | int):
                yield from _modules(value, kind, (*keys, key))


def _needs_consent(path: Path, names: list[str]) -> UsageError:
    return UsageError(
        f"{path} holds more than weights: reading it runs the code that it names ({few(names)})",
        expected="weights alone, an exported program (.pt2) or TorchScript",
        advice=_CONSENT + ".",
    )


def _without_weights(held: Any, path: Path) -> str:
    if not isinstance(held, Mapping):
        return f"{path} holds a {type(held).__name__}"
    if held.keys() >= OPTIMIZER:
        return f"{path} holds the state of an optimizer, and no network"
    return f"{path} holds a {type(held).__name__} without weights ({few(list(map(str, held)))})"

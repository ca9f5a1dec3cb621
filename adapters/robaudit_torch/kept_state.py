"""What a module keeps from one call to the next, where that changes its answers.

Statistics that go on in evaluation mode, observers of quantisation that were left on and
weights that the first batch sets make each answer depend on what was asked before: also on
what robaudit itself asks. Such a module is no function of its input. One that keeps what
changes no answer, as a count of its calls or a table that it made, is none of these.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from robaudit.errors import NotAuditableError
from robaudit.opening import trial_inputs
from robaudit.types import FloatArray
from robaudit_torch.choosing import few
from robaudit_torch.network import Module, Network, Tensor, exact_products, to_array
from robaudit_torch.states import to_plain

_PLAIN = (bool, int, float, str, type(None))
_FAINT = np.float32(0.1)
"""Inputs times this have other statistics, and lie between 0 and 1 as well."""

Key = tuple[str, str]
"""The name of a part of a module, and that of something that it holds."""


@dataclass(frozen=True)
class KeptState:
    """All that a module may change while it runs, as it was at one time.

    ``weights`` has the digests of parameters, and ``tensors`` the buffers, and tensors that
    parts hold as attributes, each with a copy. ``plain`` has numbers, texts and flags.
    """

    weights: Mapping[str, str]
    tensors: Mapping[Key, tuple[Tensor, Tensor]]
    plain: Mapping[Key, Any]


def state_of(module: Module) -> KeptState:
    """Take down what a module holds."""
    tensors: dict[Key, tuple[Tensor, Tensor]] = {}
    plain: dict[Key, Any] = {}
    for key, value in _all_held(module):
        if isinstance(value, torch.Tensor):
            tensors[key] = value, value.detach().clone()
        else:
            plain[key] = value
    return KeptState(_weights(module), tensors, plain)


def refuse_kept_state(
    network: Network, before: KeptState, shape: tuple[int, ...], name: str
) -> None:
    """Raise NotAuditableError for a module whose answers depend on what it was asked before.

    ``before`` is what it held before it was asked anything; it goes back to that, if it changes.
    Changed weights are always refused, and what else has changed where the same inputs of a
    ``shape`` get other answers once others were asked about.
    """
    changed = _changes(network.module, before)
    now = _weights(network.module)
    weights = [each for each, digest in before.weights.items() if now.get(each) != digest]
    if not weights and not (changed and _answers_change(network, before, shape, changed)):
        return
    names = [f"{part}.{held}".removeprefix(".") for part, held in changed]
    raise NotAuditableError(
        f"{name} keeps state from one call to the next, and answers by it: in evaluation mode "
        f"running it changes {few([*weights, *names])}",
        expected="a model that is a function of its input, which running it leaves as it is",
        advice="Fix these values before it is handed in: switch observers off "
        "(torch.ao.quantization.disable_observer) or convert the model, let statistics change in "
        "training mode only, and put in what the first batch sets, with its flag.",
    )


def _weights(module: Module) -> dict[str, str]:
    return {name: _digest(weight) for name, weight in module.named_parameters()}


def _all_held(module: Module) -> Iterable[tuple[Key, Any]]:
    """Walk through all that the parts of a module hold beside their weights."""
    for name, part in module.named_modules():
        for held, value in _held(part).items():
            yield (name, held), value


def _held(part: Module) -> dict[str, Any]:
    """Give the buffers of a part, and its attributes that are tensors or plain values."""
    if isinstance(part, torch.jit.ScriptModule):
        return dict(part.named_buffers(recurse=False))
    attributes = {
        name: value
        for name, value in vars(part).items()
        if isinstance(value, torch.Tensor) or type(value) in _PLAIN
    }
    return attributes | dict(part._buffers)  # noqa: SLF001 - those that are None, too


def _changes(module: Module, before: KeptState) -> dict[Key, Any]:
    """Give what is another by now, or new, beside the weights."""
    was = {key: copy for key, (_, copy) in before.tensors.items()} | dict(before.plain)
    return {
        key: value
        for key, value in _all_held(module)
        if key not in was or not _is_same(was[key], value)
    }


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor):
        return bool(one.shape == other.shape) and _digest(one) == _digest(other)
    return type(one) is type(other) and repr(one) == repr(other)


def _digest(tensor: Tensor) -> str:
    """SHA-256 of the numbers of a tensor; nothing of a kind that no array can hold."""
    try:
        return hashlib.sha256(to_plain(tensor).tobytes()).hexdigest()
    except (RuntimeError, TypeError, KeyError, NotImplementedError):
        return ""


def _answers_change(
    network: Network, before: KeptState, shape: tuple[int, ...], changed: Mapping[Key, Any]
) -> bool:
    """Tell whether inputs get other answers once others were asked about; go back to ``before``.

    Random numbers are drawn alike each time. Of a module that answers differently all the
    same, only what it has changed tells anything: numbers that are no counts.
    """
    others = trial_inputs(shape)
    x = others[::-1] * _FAINT
    try:
        first, again, after = (
            _last_answer(network, before, asked) for asked in ([x], [x], [others, x])
        )
    finally:
        _put_back(network.module, before)
    if np.array_equal(first, again, equal_nan=True):
        return not np.array_equal(first, after, equal_nan=True)
    return any(
        isinstance(value, torch.Tensor) and value.is_floating_point() for value in changed.values()
    )


def _last_answer(network: Network, before: KeptState, asked: Sequence[FloatArray]) -> FloatArray:
    """Ask about some inputs after others, from a state on; give what the last get."""
    _put_back(network.module, before)
    devices = [network.device] if network.device.type == "cuda" else []
    with torch.inference_mode(), exact_products(network.device), torch.random.fork_rng(devices):
        for x in asked:
            torch.manual_seed(0)
            values = network.values(network.tensor(x))
        return np.array(to_array(values))


def _put_back(module: Module, before: KeptState) -> None:
    """Let a module hold what it held before, and no more."""
    with torch.inference_mode():
        for tensor, copy in before.tensors.values():
            if not _is_same(tensor, copy):
                tensor.copy_(copy)
    held = {key: tensor for key, (tensor, _) in before.tensors.items()} | dict(before.plain)
    for name, part in module.named_modules():
        if isinstance(part, torch.jit.ScriptModule):
            continue  # its buffers are changed in place
        for own in _held(part):
            place = part._buffers if own in part._buffers else vars(part)  # noqa: SLF001
            if (name, own) in held:
                place[own] = held[name, own]
            else:
                del place[own]

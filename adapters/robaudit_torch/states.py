"""The state of a training in PyTorch, as arrays and plain values: nothing of it is pickled."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import torch

from robaudit.errors import ClassifierError
from robaudit.types import Array, State
from robaudit_torch.network import Module, Tensor

_CHANCE = "chance/"
_NUMBERS = (bool, int, float, str)
_PLAIN = bool | int | float | str | None
_WHOLE = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
"""By the bytes of a number, what stands for types that NumPy has not."""


def take_state(module: Module, optimizer: Any, device: torch.device) -> State | None:
    """Take all that training changes: weights, statistics, the optimizer's state, generators.

    Numbers that a module counts with are part of it, too. ``None`` where the optimizer remembers
    more than numbers, texts and tensors, or a tensor is none that an array can hold.
    """
    remembered: dict[str, Array] = {}
    try:
        facts = _flattened(optimizer.state_dict(), remembered)
        arrays = {f"weights/{name}": to_plain(tensor) for name, tensor in named_tensors(module)}
    except (TypeError, RuntimeError):
        return None
    arrays |= take_chance([device]) | remembered
    counted = {name: _numbers(part) for name, part in _parts(module)}
    return State(arrays, {"optimizer": facts, "numbers": counted})


def put_state(state: State, module: Module, optimizer: Any) -> None:
    """Go back to where a state was taken, of a module and an optimizer that are made alike.

    Raises ClassifierError for an optimizer that does not take back what it gave: one that
    remembers in another precision than its weights have.
    """
    arrays = state.arrays
    with torch.no_grad():
        for name, tensor in named_tensors(module):
            tensor.copy_(_as_tensor(arrays[f"weights/{name}"], tensor.dtype).view_as(tensor))
    for name, part in _parts(module):
        part.__dict__.update(state.facts["numbers"][name])
    optimizer.load_state_dict(_restored(state.facts["optimizer"], arrays))
    again: dict[str, Array] = {}
    facts = _flattened(optimizer.state_dict(), again)
    if facts != state.facts["optimizer"] or any(
        arrays[name].tobytes() != array.tobytes() for name, array in again.items()
    ):
        raise ClassifierError(
            f"the optimizer {type(optimizer).__name__} does not take back its own state",
            expected="one whose `load_state_dict` leaves what `state_dict` gave as it is",
            advice="It cannot go on from where it was: begin anew with `fresh`.",
        )
    put_chance(arrays)


def take_chance(devices: Iterable[torch.device]) -> dict[str, Array]:
    """Take the states of the generators that PyTorch draws from on the CPU, and on GPUs."""
    chance = {f"{_CHANCE}cpu": to_plain(torch.get_rng_state())}
    for device in devices:
        if device.type == "cuda":
            chance[f"{_CHANCE}{device}"] = to_plain(torch.cuda.get_rng_state(device))
    return chance


def put_chance(arrays: Mapping[str, Array]) -> None:
    """Go back to the states of generators that are among some arrays."""
    for name, array in arrays.items():
        if name == f"{_CHANCE}cpu":
            torch.set_rng_state(_as_tensor(array, torch.uint8))
        elif name.startswith(_CHANCE):
            torch.cuda.set_rng_state(_as_tensor(array, torch.uint8), name.removeprefix(_CHANCE))


def to_plain(tensor: Tensor) -> Array:
    """Copy a tensor into an array, as whole numbers of the same bytes where NumPy has no such."""
    tensor = tensor.detach().cpu().contiguous()
    try:
        return np.array(tensor.numpy())
    except TypeError:
        return np.array(tensor.reshape(-1).view(_WHOLE[tensor.itemsize]).numpy())


def named_tensors(module: Module) -> Iterator[tuple[str, Tensor]]:
    """Name all weights and buffers, those among them that no file of weights would hold."""
    yield from module.named_parameters()
    yield from module.named_buffers()


def _parts(module: Module) -> Iterator[tuple[str, Module]]:
    """Name the parts of a module that are Python objects."""
    for name, part in module.named_modules():
        if not isinstance(part, torch.jit.ScriptModule):
            yield name, part


def _numbers(part: Module) -> dict[str, Any]:
    """Give what a part holds that is a number or a text, and may be changed by calling it."""
    return {name: value for name, value in vars(part).items() if type(value) in _NUMBERS}


def _as_tensor(array: Array, dtype: torch.dtype) -> Tensor:
    """Make what `to_plain` made an array of, but for its shape."""
    tensor = torch.from_numpy(np.array(array))
    return tensor if tensor.dtype == dtype else tensor.view(dtype)


def _flattened(tree: Any, arrays: dict[str, Array]) -> Any:
    """Write a tree of tensors and plain values as JSON, the tensors into ``arrays``.

    Raises TypeError for anything else in it.
    """
    if isinstance(tree, torch.Tensor):
        name = f"optimizer/{len(arrays)}"
        arrays[name] = to_plain(tree)
        return {"tensor": name, "dtype": str(tree.dtype).partition(".")[2], "shape": [*tree.shape]}
    if type(tree) in (dict, list, tuple):
        items = [[*pair] for pair in tree.items()] if isinstance(tree, dict) else tree
        return {type(tree).__name__: [_flattened(item, arrays) for item in items]}
    if isinstance(tree, _PLAIN):
        return tree
    raise TypeError(f"{type(tree).__name__} in the state of an optimizer")


def _restored(tree: Any, arrays: Mapping[str, Array]) -> Any:
    """Make what `_flattened` wrote."""
    if not isinstance(tree, dict):
        return tree
    if "tensor" in tree:
        dtype = getattr(torch, tree["dtype"])
        return _as_tensor(arrays[tree["tensor"]], dtype).reshape(tree["shape"])
    ((kind, items),) = tree.items()
    restored = [_restored(item, arrays) for item in items]
    if kind == "dict":
        return dict(restored)
    return tuple(restored) if kind == "tuple" else restored

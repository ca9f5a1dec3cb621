"""What a module does in evaluation mode, seen in one pass: random draws, batch statistics, its end.

Flags do not tell: a graph may have been traced in training mode, a function called with
``training=True``, a module's ``train()`` replaced. So the operators that run are looked at.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from robaudit.opening import trial_inputs
from robaudit_torch.choosing import few
from robaudit_torch.logits import ENDS, has_logits, operator_name
from robaudit_torch.network import Module, Network
from robaudit_torch.outputs import choose_output, name_of_scores, named_outputs

_STUCK = "in training mode, which .eval() does not switch off"


@dataclass(frozen=True)
class Observation:
    """What was seen of a module: see `robaudit.Classifier` for the first two.

    ``end`` is the last operator, where it makes probabilities: "sigmoid", "softmax" or
    "log-softmax"; ``logits`` tells whether what that one is given can be had. ``output`` is
    the one that was taken for scores, where there are others.
    """

    randomness: str | None = None
    batch_statistics: str | None = None
    end: str | None = None
    logits: bool = False
    output: str | None = None


def observe(network: Network, shape: tuple[int, ...]) -> Observation:
    """Look at one pass of a network over made-up inputs of one shape."""
    few_inputs = trial_inputs(shape)
    rows = np.arange(network.batch or 2) % len(few_inputs)
    x = network.tensor(few_inputs[rows])
    with ExitStack() as stack:
        callers = stack.enter_context(_callers(network.module))
        names = stack.enter_context(_FunctionNames())
        seen = stack.enter_context(_Operators(callers, names))
        with torch.no_grad():
            outputs = network.module(x)
    values = choose_output(outputs, network.output, network.classes, len(x))
    end = seen.end if seen.ends_with(values) else None
    logits = end is not None and has_logits(network, x, end)
    output = _which(named_outputs(outputs), network, len(x))
    return Observation(seen.randomness, seen.batch_statistics, end, logits, output)


def _which(named: Mapping[str, Any], network: Network, batch: int) -> str | None:
    """Say which output holds the scores, and which others there are."""
    taken = network.output or name_of_scores(named, network.classes, batch)
    others = [name for name in named if name != taken]
    return f"{taken}, not {few(others)}" if others else None


@contextmanager
def _callers(module: Module) -> Iterator[list[tuple[str, Module]]]:
    """Keep a list of the modules, with their names, that are running, the innermost last."""
    running: list[tuple[str, Module]] = [("", module)]
    hooks = []

    def enter(name: str, part: Module) -> None:
        hooks.append(part.register_forward_pre_hook(lambda *_: running.append((name, part))))
        hooks.append(part.register_forward_hook(lambda *_: running.pop() and None))

    for name, part in module.named_modules():
        if name and not isinstance(part, torch.jit.ScriptModule):
            enter(name, part)
    try:
        yield running
    finally:
        for hook in hooks:
            hook.remove()


class _FunctionNames(TorchFunctionMode):  # type: ignore[misc]
    """Knows by which function of torch's an operator was called."""

    name = ""

    def __torch_function__(
        self, function: Any, _types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        self.name = str(getattr(function, "__name__", "")).partition(".")[0]
        try:
            return function(*args, **(kwargs or {}))
        finally:
            self.name = ""


class _Operators(TorchDispatchMode):  # type: ignore[misc]
    """Looks at each operator that runs."""

    def __init__(self, callers: list[tuple[str, Module]], functions: _FunctionNames) -> None:
        super().__init__()
        self.randomness: str | None = None
        self.batch_statistics: str | None = None
        self.end: str | None = None
        self._result: Any = None
        self._changes = 0
        self._callers = callers
        self._functions = functions

    def __torch_dispatch__(
        self, operator: Any, _types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        declared = operator._schema.arguments  # noqa: SLF001 - its public face has no names
        # TorchScript hands sizes that are tensors in its graph over as plain numbers.
        args = tuple(
            torch.tensor(value)
            if isinstance(value, bool | int | float) and str(argument.type) == "Tensor"
            else value
            for argument, value in zip(declared, args, strict=False)
        )
        named = {argument.name: value for argument, value in zip(declared, args, strict=False)}
        named |= kwargs or {}
        name = operator_name(operator)
        if torch.Tag.nondeterministic_seeded in operator.tags and _draws(named):
            self.randomness = self.randomness or self._why_random(name)
        if "batch_norm" in name and _uses_batch(name, named):
            self.batch_statistics = self.batch_statistics or self._why_batch()
        result = operator(*args, **(kwargs or {}))
        if name in ENDS:
            self.end, self._result, self._changes = ENDS[name], result, result._version  # noqa: SLF001
        return result

    def ends_with(self, values: Any) -> bool:
        """Tell whether values are what the last of these operators gave, or a view of it."""
        if self._result is None or self._result.numel() != values.numel():
            return False
        one, other = (tensor.untyped_storage().data_ptr() for tensor in (self._result, values))
        return bool(one == other and values._version == self._changes)  # noqa: SLF001

    def _why_random(self, operator: str) -> str:
        name, module = self._callers[-1]
        if isinstance(module, torch.nn.modules.dropout._DropoutNd):  # noqa: SLF001 - all of them
            return f"{_titled(module, name)} is {_STUCK}"
        function = self._functions.name or operator
        if isinstance(module, torch.jit.ScriptModule) and _has_dropout(module):
            function = "dropout"
        if "dropout" in function or "attention" in function:
            return f"{_titled(module, name)} holds {function.removeprefix('native_')} {_STUCK}"
        return f"{_titled(module, name)} draws random numbers ({function}) each time"

    def _why_batch(self) -> str:
        name, module = self._callers[-1]
        title = _titled(module, name)
        if not isinstance(module, torch.nn.modules.batchnorm._BatchNorm):  # noqa: SLF001
            return f"{title} holds batch normalisation {_STUCK}"
        if module.training:
            return f"{title} is {_STUCK}"
        return f"{title} has no statistics but those of the batch (track_running_stats=False)"


def _titled(module: Module, name: str) -> str:
    if isinstance(module, torch.jit.ScriptModule | torch.fx.GraphModule):
        return "its graph"
    return f"{type(module).__name__} {name!r}" if name else type(module).__name__


def _draws(named: dict[str, Any]) -> bool:
    """Tell whether a random operator is one with these arguments: dropout is not always."""
    chances = [named[key] for key in ("p", "dropout_p") if isinstance(named.get(key), float)]
    return bool(named.get("train", named.get("training", True))) and 0.0 not in chances


def _uses_batch(name: str, named: dict[str, Any]) -> bool:
    """Tell whether batch normalisation goes by the batch, which instances have to themselves."""
    training = named.get("training", "with_update" in name)
    return bool(training) and len(named["input"]) > 1


def _has_dropout(module: Module) -> bool:
    return "dropout" in str(module.inlined_graph)

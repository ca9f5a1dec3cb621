"""Which of the things that a module gives are the scores."""

import dataclasses
import math
from collections.abc import Collection, Mapping
from types import SimpleNamespace
from typing import Any

import torch

from robaudit.errors import NotAuditableError, UsageError
from robaudit_torch.choosing import few

Tensor = Any


def named_outputs(outputs: Any) -> dict[str, Any]:
    """Name what a module gives by its own names, else by places: 0, 1 and so on.

    A mapping has names, a named tuple, a dataclass and a namespace; what is ``None`` in
    one of the last two was not given.
    """
    if isinstance(outputs, Mapping):
        return {str(key): output for key, output in outputs.items()}
    if isinstance(outputs, tuple | list):
        fields = getattr(outputs, "_fields", range(len(outputs)))
        return {str(name): output for name, output in zip(fields, outputs, strict=True)}
    if dataclasses.is_dataclass(outputs) or isinstance(outputs, SimpleNamespace):
        return {name: output for name, output in vars(outputs).items() if output is not None}
    return {}


def choose_output(outputs: Any, name: str | None, classes: int | None, batch: int) -> Tensor:
    """Choose the tensor of scores among what a module gives, as `name_of_scores` does."""
    if not isinstance(outputs, torch.Tensor):
        outputs = _chosen(outputs, name, classes, batch)
    if outputs.is_complex():
        raise NotAuditableError("the module gives complex numbers", expected="real scores")
    if outputs.dtype == torch.bool and outputs.ndim > 1 and (outputs.sum(dim=1) != 1).any():
        raise NotAuditableError(
            "the module says yes or no for each class, and yes for several or none",
            expected="a score for each class",
        )
    return outputs


def _chosen(outputs: Any, name: str | None, classes: int | None, batch: int) -> Tensor:
    named = named_outputs(outputs)
    order = _order_of(outputs) if name is None else None
    if order is not None:
        raise NotAuditableError(
            f"the module gives the {outputs[0].shape[1]} {order} scores of each input and "
            "where they stood (topk, sort)",
            expected="the scores of all classes, in their order",
            advice="Hand in the network without that last step.",
        )
    if name is not None and name not in named:
        named = named_outputs(tuple(named.values()))  # by places then, as in any tuple
    chosen = named.get(name_of_scores(named, classes, batch) if name is None else name)
    if isinstance(chosen, torch.Tensor):
        return chosen
    if name is not None and named:
        known = ", ".join(named_outputs(outputs))
        raise UsageError(f"no output named {name}", expected=f"one of {known}")
    raise NotAuditableError(
        f"the module gives a {type(outputs).__name__}", expected="a tensor of scores"
    )


def _order_of(outputs: Any) -> str | None:
    """Say whether these are the largest or smallest scores of an input, by their order.

    That is what ``topk`` and ``sort`` give: scores in another order for each input.
    """
    if not isinstance(outputs, tuple) or len(outputs) != 2:
        return None
    values, places = outputs
    if (
        not all(isinstance(one, torch.Tensor) and one.ndim == 2 for one in outputs)
        or places.is_floating_point()
        or places.is_complex()
        or values.shape != places.shape
        or values.shape[1] < 2
    ):
        return None
    before, after = values[:, :-1], values[:, 1:]
    if (before >= after).all():
        return "largest"
    return "smallest" if (before <= after).all() else None


def name_of_scores(named: Mapping[str, Any], classes: int | None, batch: int) -> str:
    """Name the output that holds scores, for so many classes where that is known.

    It is ``logits``, or the only one that has, for each input of a batch, a score for each
    class; a class number or a loss is none, and one by the name of ``aux`` comes after others.
    Raises UsageError where several may be scores: features of an image look like those.
    """
    if "logits" in named:
        return "logits"
    tensors = {key: value for key, value in named.items() if isinstance(value, torch.Tensor)}
    real = {key: v for key, v in tensors.items() if v.is_floating_point() and v.ndim > 0}
    # What an input alone is given may have lost its first axis: squeeze() takes all ones away.
    whole = _widths({key: value for key, value in real.items() if len(value) == batch}, batch)
    some = _widths(real, batch)
    if not some or _are_rows(real.values(), batch):
        return next(iter(real or tensors), "")
    for widths in (whole, some):
        for width in (classes, 1 if classes == 2 else None):
            fitting = {key: own for key, own in widths.items() if own == width}
            if fitting:
                return _only_one(fitting)
    return _only_one(whole or some)


def _widths(tensors: Mapping[str, Tensor], batch: int) -> dict[str, int]:
    """Count the numbers that an input is given by each tensor that is no image or map."""
    return {
        key: len(value) if value.ndim == batch == 1 else math.prod(value.shape[1:])
        for key, value in tensors.items()
        if sum(size > 1 for size in value.shape[1:]) <= 1
    }


def _are_rows(tensors: Collection[Tensor], batch: int) -> bool:
    """Tell whether a module gives a row of scores for each input, apart from one another."""
    return len(tensors) == batch and all(tensor.ndim == 1 for tensor in tensors)


def _only_one(widths: Mapping[str, int]) -> str:
    """Name the only output that may be scores, but for auxiliary ones beside it."""
    main = [key for key in widths if "aux" not in key.lower()] or list(widths)
    if len(main) > 1:
        sizes = [f"{key} of {widths[key]} numbers" for key in main]
        raise UsageError(
            f"several outputs of the module may hold the scores: {few(sizes)}",
            expected="the name of one",
            advice=f"Choose with `output={main[0]!r}`, for instance.",
        )
    return main[0]

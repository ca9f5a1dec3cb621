"""Modules that take pixels as whole numbers, and fail on real ones."""

from collections.abc import Iterable

import torch

from robaudit.errors import NotAuditableError
from robaudit.opening import trial_inputs
from robaudit_torch.network import Network

_TYPES = (torch.uint8, torch.int64, torch.int32)
_LARGEST = 255


def refuse_whole_numbers(network: Network, shapes: Iterable[tuple[int, ...]], name: str) -> None:
    """Raise NotAuditableError for a module that runs on whole numbers.

    It is one that failed on real numbers of all ``shapes``, whose own words seldom tell why.
    """
    for shape in shapes:
        pixels = _LARGEST * trial_inputs(shape)
        for dtype in _TYPES:
            if _runs(network, network.tensor(pixels, dtype)):
                numbers = str(dtype).removeprefix("torch.")
                raise NotAuditableError(
                    f"{name} takes {numbers} numbers",
                    expected="pixels in floating-point numbers",
                    advice="Give it a start that takes them, from 0 to 255 all the same: "
                    f"x.round().clamp(0, 255).to(torch.{numbers}); or export it to ONNX, where "
                    "whole numbers are rounded.",
                )


def _runs(network: Network, x: torch.Tensor) -> bool:
    try:
        with torch.inference_mode():
            network.values(x)
    except Exception:  # noqa: BLE001 - whatever a stranger's module raises
        return False
    return True

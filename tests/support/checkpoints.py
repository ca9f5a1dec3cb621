"""Checkpoints as trainers save them, of one network over the embedded digits."""

from collections.abc import Mapping
from typing import Any

import torch

from tests.support.networks import small
from tests.support.paths import ROOT

FACTORY = f"{ROOT / 'tests/support/networks.py'}:small"

Weights = dict[str, Any]


def weights(scale: float = 1.0) -> Weights:
    """Give the weights of the small network, or others that are so many times as large."""
    return {
        name: tensor * scale if tensor.is_floating_point() else tensor.clone()
        for name, tensor in small().state_dict().items()
    }


def prefixed(prefix: str, state: Mapping[str, Any]) -> Weights:
    return {prefix + name: tensor for name, tensor in state.items()}


def optimizer_state() -> Weights:
    """Give the state of an optimizer that has made a step."""
    module = small()
    optimizer = torch.optim.Adam(module.parameters())
    module(torch.ones(2, 1, 8, 8)).sum().backward()
    optimizer.step()
    return dict(optimizer.state_dict())

"""What comes out of a file of PyTorch's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from robaudit_torch.choosing import Choice
from robaudit_torch.network import Module
from robaudit_torch.saving import AS_IT_IS, Form


@dataclass(frozen=True)
class Opened:
    """A module, what kind of file it came from, and what that says of it.

    ``declared`` has the sizes of one input, ``None`` for those left open, and is
    ``None`` itself where nothing is said; ``batch`` is the only number of inputs
    that the module takes, ``digest`` the SHA-256 of the file, ``form`` how it is to be
    saved again. ``facts`` is all else that the file holds, maybe of classes and
    preprocessing, ``weights`` which of its weights were taken, where that is a question.
    """

    module: Module
    kind: str
    declared: tuple[int | None, ...] | None = None
    batch: int | None = None
    digest: str = ""
    form: Form = AS_IT_IS
    facts: Mapping[str, Any] = field(default_factory=dict)
    weights: Choice | None = None

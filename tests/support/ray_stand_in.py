"""What stands in for Ray, and for its actors, where a test is to say what they answer, and when."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


class ActorLostError(Exception):
    """An actor is no more."""


@dataclass(eq=False)
class Reference:
    """What a call will have given once it is asked for."""

    make: Callable[[], Any]


class StandIn:
    """The part of Ray that is used, without a cluster: all answers are there at once."""

    class exceptions:  # noqa: N801 - as it is called
        """Its errors."""

        RayActorError = ActorLostError

    def __init__(self) -> None:
        self.killed: list[Any] = []

    def put(self, value: Any) -> Reference:
        return Reference(lambda: value)

    def get(self, asked: Any) -> Any:
        return [self.get(one) for one in asked] if isinstance(asked, list) else asked.make()

    def wait(self, asked: list[Any], *, num_returns: int = 1, timeout: float) -> Any:
        del timeout
        return asked[:num_returns], asked[num_returns:]

    def kill(self, actor: Any) -> None:
        self.killed.append(actor)


def _nothing(*_arguments: Any) -> None:
    """Do nothing."""


@dataclass(eq=False)
class Actor:
    """An actor by the name of its methods; those that are not said give ``None``."""

    methods: dict[str, Callable[..., Any]] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        method: Callable[..., Any] = self.methods.get(name, _nothing)

        class Remote:
            @staticmethod
            def remote(*arguments: Any) -> Reference:
                return Reference(lambda: method(*arguments))

        return Remote

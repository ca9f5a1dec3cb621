"""Which layers of a model are in training mode when it is not: seen by watching it once.

A layer of a user's own may call others as it likes, so that no configuration tells.
"""

import functools
import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import keras

from robaudit_keras.program import Program

_RANDOM = re.compile(r"Dropout|Noise|Random")
_BY_BATCH = re.compile(r"BatchNormalization")
_OF_KERAS = ("keras.", "tf_keras.")


@dataclass(frozen=True)
class Modes:
    """Why a model's answers may differ each time, and from batch to batch: see `Classifier`."""

    randomness: str | None = None
    batch_statistics: str | None = None


@dataclass
class Watch:
    """What was seen of a model while it was watched."""

    random: list[str] = field(default_factory=list)
    by_batch: list[str] = field(default_factory=list)
    draws: int = 0
    overruled: bool = False

    def modes(self) -> Modes:
        """Say what it means for the scores."""
        random = self._in_training_mode(self.random)
        if random is None and self.draws:
            random = "it draws random numbers (keras.random) whenever it is asked"
        return Modes(random, self._in_training_mode(self.by_batch))

    def _in_training_mode(self, layers: Iterable[str]) -> str | None:
        first, *more = dict.fromkeys(layers) or [None]
        if first is None:
            return None
        named = f"{first} and {len(more)} more are" if more else f"{first} is"
        how = " (in model(x) and where it is exported, though not in predict())"
        return f"{named} in training mode{how if self.overruled else ''}"

    def note(self, layer: Any) -> None:
        """Remember a layer in training mode, where that makes a difference."""
        name = _label(layer)
        if _is(layer, _BY_BATCH):
            self.by_batch += [name] if layer.trainable else []
        elif getattr(layer, "rate", getattr(layer, "stddev", 1)):
            self.random.append(name)


def _is(layer: Any, kinds: re.Pattern[str]) -> bool:
    return any(kinds.search(kind.__name__) for kind in _classes_of_keras(layer))


def _classes_of_keras(layer: Any) -> list[Any]:
    return [kind for kind in type(layer).__mro__ if kind.__module__.startswith(_OF_KERAS)]


def _label(layer: Any) -> str:
    return f"{type(layer).__name__} {layer.name!r}"


@contextmanager
def watch_modes(model: Any) -> Iterator[Watch]:
    """Watch which layers run in training mode while a model is called inside this."""
    watch = Watch(overruled=inference_mode(model) is None)
    source = model.source if isinstance(model, Program) else model
    inner = source._flatten_layers() if hasattr(source, "_flatten_layers") else ()  # noqa: SLF001
    kinds = {
        kind
        for layer in inner
        if _is(layer, _RANDOM) or _is(layer, _BY_BATCH)
        for kind in _classes_of_keras(layer)
        if "training" in inspect.signature(vars(kind).get("call", len)).parameters
    }
    with ExitStack() as stack:
        for kind in kinds:
            stack.enter_context(replaced(kind, "call", _noting(kind, watch)))
        stack.enter_context(replaced(keras.random.SeedGenerator, "next", _counting(watch)))
        yield watch


@contextmanager
def replaced(kind: Any, name: str, function: Callable[..., Any]) -> Iterator[None]:
    """Put a function in the place of a method of a class while this lasts."""
    original = getattr(kind, name)
    setattr(kind, name, function)
    try:
        yield
    finally:
        setattr(kind, name, original)


def _noting(kind: Any, watch: Watch) -> Callable[..., Any]:
    original = kind.call
    signature = inspect.signature(original)

    @functools.wraps(original)
    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        if signature.bind(layer, *args, **kwargs).arguments.get("training") is True:
            watch.note(layer)
        return original(layer, *args, **kwargs)

    return call


def _counting(watch: Watch) -> Callable[..., Any]:
    original = keras.random.SeedGenerator.next

    @functools.wraps(original)
    def draw(generator: Any, *args: Any, **kwargs: Any) -> Any:
        watch.draws += 1
        return original(generator, *args, **kwargs)

    return draw


def inference_mode(model: Any) -> bool | None:
    """Give what to call a model with as ``training`` for the answers that it was built to give.

    That is false, but for models of layers that are called with ``training=True``: false
    would overrule these, as predict() does, though not model(x), nor a model that is exported.
    """
    own = any(
        node.arguments.kwargs.get("training") is True
        for inner in model._flatten_layers()  # noqa: SLF001 - the only way to models within others
        for layer in getattr(inner, "operations", ())
        for node in layer._inbound_nodes  # noqa: SLF001 - where Keras keeps its graph
    )
    return None if own else False

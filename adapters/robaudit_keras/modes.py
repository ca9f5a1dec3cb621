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

_RANDOM = re.compile(r"Dropout|Noise|Rand(om|Aug)|AugMix|MixUp|CutMix")
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
    why: str = ""

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
        return f"{named} in training mode{self.why}"

    def note(self, layer: Any) -> None:
        """Remember a layer in training mode, where that makes a difference."""
        name = _label(layer)
        if _is(layer, _BY_BATCH):
            self.by_batch += [name] if layer.trainable else []
        elif _is(layer, _RANDOM) and _alters(layer):
            self.random.append(name)


def _alters(layer: Any) -> bool:
    """Tell whether a random layer has anything to do: dropout at a rate of 0 has not."""
    amount: Any = getattr(layer, "stddev", 1)
    return bool(getattr(layer, "rate", amount))


def _is(layer: Any, kinds: re.Pattern[str]) -> bool:
    return any(kinds.search(kind.__name__) for kind in _classes_of_keras(layer))


def _classes_of_keras(layer: Any) -> list[Any]:
    return [kind for kind in type(layer).__mro__ if kind.__module__.startswith(_OF_KERAS)]


def _label(layer: Any) -> str:
    return f"{type(layer).__name__} {layer.name!r}"


@contextmanager
def watch_modes(model: Any) -> Iterator[Watch]:
    """Watch which layers run in training mode while a model is called inside this."""
    watch = Watch(why=_why(model))
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
        given = signature.bind(layer, *args, **kwargs)
        given.apply_defaults()
        training, draws = given.arguments.get("training"), watch.draws
        if training is True:
            watch.note(layer)
        result = original(layer, *args, **kwargs)
        if (training is None or training is False) and type(layer).__module__.startswith(_OF_KERAS):
            watch.draws = draws  # some of Keras draw at rest as well, and use none of it
        return result

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

    That is false, as predict() has it, but for models of layers that are called with
    ``training=True``: false would overrule these, though not in model(x), nor in a model that
    is exported. And it is ``None`` for a model whose own call() takes no ``training``: to such
    a one predict() says nothing either, and what it calls goes by its own default.
    """
    return False if _takes_training(model) and not _calls_in_training_mode(model) else None


def _why(model: Any) -> str:
    """Say why layers may be in training mode, where it is not they alone that decide."""
    if not _takes_training(model):
        return f" (call() of {type(model).__name__} takes no training, so that predict() sets none)"
    if _calls_in_training_mode(model):
        return " (in model(x) and where it is exported, though not in predict())"
    return ""


def _takes_training(model: Any) -> bool:
    return "training" in inspect.signature(model.call).parameters


def _calls_in_training_mode(model: Any) -> bool:
    """Tell whether a graph of layers calls one of them with ``training=True``.

    Where a layer's own default is true, as with all that alter images, Keras writes it beside
    each call, and a file does not tell it from what somebody said: such a layer is no proof.
    """
    return any(
        node.arguments.kwargs.get("training") is True and not _trains_by_default(node.operation)
        for inner in model._flatten_layers()  # noqa: SLF001 - the only way to models within others
        for nodes in getattr(inner, "_nodes_by_depth", {}).values()  # where Keras keeps its graph
        for node in nodes
    )


def _trains_by_default(layer: Any) -> bool:
    parameter = inspect.signature(layer.call).parameters.get("training")
    return parameter is not None and parameter.default is True

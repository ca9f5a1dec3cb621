"""What configurations of Keras 2 say, brought into one form out of the several that it wrote."""

from collections.abc import Iterator, Mapping
from typing import Any

Config = Mapping[str, Any]

MODELS = ("Sequential", "Functional", "Model")


class UntranslatableError(Exception):
    """A part of a model of Keras 2 that Keras 3 has no equal for.

    ``foreign`` parts are not Keras' own, so that no version of it can make them.
    """

    def __init__(self, found: str, *, foreign: bool = False) -> None:
        super().__init__(found)
        self.foreign = foreign


def plain(node: Any) -> Any:
    """Read tuples, shapes and arrays, which some versions mark as such, as what they hold."""
    if isinstance(node, dict):
        if node.keys() == {"type", "value"} and node["type"] == "ndarray":
            return node["value"]
        if node.get("class_name") in ("__tuple__", "TensorShape") and "items" in node:
            return plain(node["items"])
        return {key: plain(value) for key, value in node.items()}
    return [plain(part) for part in node] if isinstance(node, list) else node


def class_of(node: Config) -> str:
    """Give the name of the class that a node is of."""
    name = node.get("class_name")
    return name if isinstance(name, str) else ""


def label_of(node: Config) -> str:
    """Name a layer for people: "Dropout 'drop1'"."""
    return f"{class_of(node)} {name_of(node)!r}"


def name_of(node: Config) -> str:
    """Give the name of a layer or model."""
    config = node.get("config")
    inner = config.get("name") if isinstance(config, dict) else None
    return str(node.get("name") or inner or class_of(node).lower())


def new_name(name: str) -> str:
    """Give the name of a layer in Keras 3, where none has a slash."""
    return name.replace("/", "_")


def settings_of(node: Config) -> dict[str, Any]:
    """Give a copy of what a layer is made with."""
    config = node.get("config")
    if not isinstance(config, dict):
        raise UntranslatableError(f"{label_of(node)} has no configuration")
    return dict(config)


def layers_of(node: Config) -> list[Config]:
    """List the layers of a model; early versions wrote those of a Sequential as a mere list."""
    config = node["config"]
    layers = config if isinstance(config, list) else config.get("layers")
    if not isinstance(layers, list) or not all(
        isinstance(layer, dict) and class_of(layer) and "config" in layer for layer in layers
    ):
        raise UntranslatableError(f"the model {name_of(node)} lists no layers")
    return layers


def all_layers(node: Config) -> Iterator[Config]:
    """Walk all layers, those of models within models too."""
    for layer in layers_of(node):
        yield layer
        if class_of(layer) in MODELS:
            yield from all_layers(layer)

"""How large the model that a configuration describes would be, before Keras makes it.

Keras makes room for all weights of a configuration before it looks at those of the file, so that
a line of text can take all memory there is. In a scope without state it only notes their shapes.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import keras
from keras.src.backend.common import global_state

from robaudit.errors import NotAuditableError
from robaudit.model_files import excess_of_weights
from robaudit_keras.model_file import ModelFile
from robaudit_keras.quiet import serializing

_LARGEST_VALUE = 2**32
"""How many bytes any one value may take for one input."""

_NOTED = "uninitialized_variables"
"""Under what name Keras keeps the variables that have no values yet."""


def refuse_large_model(file: ModelFile, make: Callable[[], Any]) -> None:
    """Raise NotAuditableError for a model that is far more than its file, or makes far more.

    ``make`` makes it of its configuration. What cannot be made is left to whoever loads it: so
    much as was made by then is looked at.
    """
    before = list(global_state.get_global_attribute(_NOTED, []))
    global_state.set_global_attribute(_NOTED, [])
    model = None
    try:
        with serializing(), keras.StatelessScope(initialize_variables=False), suppress(Exception):
            model = make()
        noted = global_state.get_global_attribute(_NOTED, [])
        weights = sum(_bytes(variable.shape, variable.dtype) for variable in noted)
    finally:
        global_state.set_global_attribute(_NOTED, before)
    excess = excess_of_weights(weights, file.path.stat().st_size)
    if excess:
        raise NotAuditableError(
            f"{file.path}: the model that it describes {excess}",
            expected="a model whose weights are in the file",
        )
    for name, size in _values(model):
        if size > _LARGEST_VALUE:
            raise NotAuditableError(
                f"{file.path}: the layer {name!r:.80} makes {size} bytes of one input",
                expected=f"at most {_LARGEST_VALUE} in any one value",
            )


def _values(model: Any) -> Iterator[tuple[str, int]]:
    """Give the layers of a model, and how large what each gives is for one input."""
    layers = model._flatten_layers() if isinstance(model, keras.Model) else []  # noqa: SLF001
    for inner in layers:
        for operation in getattr(inner, "operations", ()):
            for node in operation._inbound_nodes:  # noqa: SLF001 - as Keras walks a graph
                for value in node.output_tensors:
                    yield operation.name, _bytes(value.shape, value.dtype)


def _bytes(shape: tuple[int | None, ...], dtype: Any) -> int:
    """Give how many bytes an array takes at least: open sizes, as that of the batch, are 1."""
    bits = "".join(filter(str.isdigit, keras.backend.standardize_dtype(dtype).partition("_")[0]))
    return math.prod(size or 1 for size in shape) * max(1, int(bits or 8) // 8)

"""Programs of TensorFlow that read, write and call Python: SavedModel folders, frozen graphs."""

from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

from tests.support import tensorflow_1
from tests.support.hostile.canaries import Place
from tests.support.hostile.fixture import SCAN, Hostile
from tests.support.hostile.pickles import DATA


def program_that(reads: bool) -> Callable[[Any, Place], Any]:
    def change(x: Any, place: Place) -> Any:
        if reads:
            read = tf.strings.length(tf.io.read_file(str(place.secret)))
            return x + tf.cast(read, tf.float32)
        with tf.control_dependencies([tf.io.write_file(str(place.written), "x")]):
            return tf.identity(x)

    return change


def python_function(x: Any, place: Place) -> Any:
    code = place.code
    ran = tf.compat.v1.py_func(lambda x: (eval(code), x)[1], [x], tf.float32)
    ran.set_shape(x.shape)
    return ran


def saved_model(change: Callable[[Any, Place], Any]) -> Callable[[Place], None]:
    def make(place: Place) -> None:
        folder = place.work / "model"
        signatures = ("serving_default",)
        tensorflow_1.write_saved_model(folder, signatures, change=lambda x: change(x, place))

    return make


def frozen(change: Callable[[Any, Place], Any]) -> Callable[[Place], None]:
    def make(place: Place) -> None:
        path = place.work / "model.pb"
        tensorflow_1.write_frozen_graph(path, change=lambda x: change(x, place))

    return make


_PROGRAMS: list[tuple[str, Callable[[Any, Place], Any]]] = [
    ("that reads", program_that(reads=True)),
    ("that writes", program_that(reads=False)),
    ("that calls Python", python_function),
]

Write = Callable[[Place], None]


def _opened(name: str, write: Write) -> Callable[[Place], list[str]]:
    def make(place: Place) -> list[str]:
        write(place)
        return ["scan", name, *DATA, *SCAN]

    return make


def _all() -> Iterator[Hostile]:
    for title, change in _PROGRAMS:
        yield Hostile(f"SavedModel {title}", _opened("model", saved_model(change)))
    for title, change in _PROGRAMS[:2]:
        yield Hostile(f"frozen graph {title}", _opened("model.pb", frozen(change)))


MADE = [*_all()]

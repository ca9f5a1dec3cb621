"""Files of Keras 3 and 2, and programs of TensorFlow."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.fuzz.seeds.seed import Seed, read_back, scanned, undated, weights, written
from tests.support.keras_2_files import layer, sequential, write_hdf5


def network() -> Any:
    """Make a network that tells the pictures apart."""
    from robaudit_keras.quiet import import_keras

    import_keras()
    import keras

    made = keras.Sequential(
        [
            keras.Input((8, 8, 1), name="image"),
            keras.layers.Rescaling(1 / 255, name="rescaling"),
            keras.layers.Flatten(name="flatten"),
            keras.layers.Dense(3, name="dense"),
        ],
        name="linear",
    )
    made.layers[-1].set_weights([255 * weights()[0], weights()[1]])
    return made


def functional() -> Any:
    """Make a network with a branch."""
    from robaudit_keras.quiet import import_keras

    import_keras()
    import keras

    start = keras.Input((8, 8, 1), name="image")
    convolved = keras.layers.Conv2D(1, 1, name="conv")(start)
    added = keras.layers.Add(name="add")([start, convolved])
    pooled = keras.layers.MaxPooling2D(1, name="pool")(added)
    scores = keras.layers.Dense(3, activation="softmax", name="dense")(
        keras.layers.Flatten(name="flatten")(pooled)
    )
    made = keras.Model(start, scores, name="functional")
    made.get_layer("conv").set_weights([np.zeros((1, 1, 1, 1)), np.zeros(1)])
    made.get_layer("dense").set_weights(list(weights()))
    return made


def keras_seeds() -> list[Seed]:
    """Archives of Keras 3."""
    contents = [undated(written(made.save, "m.keras")) for made in (network(), functional())]
    return [scanned({"model.keras": one}, "model.keras") for one in contents]


def hdf5_seeds() -> list[Seed]:
    """HDF5 of Keras 3, and of Keras 2."""
    contents = [written(network().save, "m.h5"), written(_keras_2, "m.h5")]
    return [scanned({"model.h5": one}, "model.h5") for one in contents]


def program_seeds() -> list[Seed]:
    """A SavedModel and a frozen graph, which are programs and so refused."""
    import tensorflow

    with read_back() as (folder, files):
        network().export(str(folder / "saved"), verbose=False)
        saved = files()
    graph = saved["saved/saved_model.pb"]
    targets = tuple(name for name in saved if "variables.data" not in name)
    frozen = tensorflow.Graph()
    with frozen.as_default():
        tensorflow.identity(
            tensorflow.compat.v1.placeholder("float32", [None, 64], name="x"), name="y"
        )
    return [
        scanned(saved, "saved", targets=targets, refused=True),
        scanned({"saved/saved_model.pb": graph}, "saved", targets=("saved/saved_model.pb",),
                refused=True),
        scanned({"model.pb": frozen.as_graph_def().SerializeToString()}, "model.pb", refused=True),
    ]  # fmt: skip


def _keras_2(path: Path) -> None:
    matrix, bias = weights()
    config = sequential(
        "linear",
        layer("Flatten", "flatten", batch_input_shape=[None, 8, 8, 1]),
        layer("Dense", "dense", units=3, activation="linear"),
    )
    arrays = {"dense/kernel:0": matrix, "dense/bias:0": bias}
    write_hdf5(path, json.loads(json.dumps(config)), {"dense": arrays})

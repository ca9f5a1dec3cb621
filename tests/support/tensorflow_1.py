"""Files as TensorFlow 1 writes them: SavedModels by a builder, frozen graphs, checkpoints."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from robaudit_keras.quiet import quietly

Change = Callable[[Any], Any]


def weights() -> np.ndarray:
    """Draw the weights of a linear network over (4, 4, 1) with three classes."""
    return np.random.default_rng(4).normal(size=(16, 3)).astype(np.float32)


def scores(x: np.ndarray) -> np.ndarray:
    """Compute what the network gives: logits."""
    return np.asarray(x.reshape(len(x), 16) @ weights())


@contextmanager
def _session(change: Change) -> Iterator[tuple[Any, Any, Mapping[str, Any]]]:
    with quietly(), tf.Graph().as_default(), tf.compat.v1.Session() as session:
        x = tf.compat.v1.placeholder(tf.float32, [None, 4, 4, 1], name="image")
        kernel = tf.compat.v1.get_variable("kernel", initializer=weights())
        logits = tf.matmul(tf.reshape(change(x), [-1, 16]), kernel, name="logits")
        classes = tf.argmax(logits, axis=1, name="classes")
        session.run(tf.compat.v1.global_variables_initializer())
        yield session, x, {"logits": logits, "classes": classes}


def _as_it_is(x: Any) -> Any:
    return x


def write_saved_model(
    folder: Path, signatures: tuple[str, ...], tags: tuple[str, ...] = ("serve",), **kept: Change
) -> Path:
    """Write the network as a SavedModel; ``change`` is applied to its input."""
    with _session(kept.get("change", _as_it_is)) as (session, x, outputs):
        builder = tf.compat.v1.saved_model.Builder(str(folder))
        signature = tf.compat.v1.saved_model.predict_signature_def({"images": x}, dict(outputs))
        builder.add_meta_graph_and_variables(
            session, list(tags), signature_def_map=dict.fromkeys(signatures, signature)
        )
        builder.save()
    return folder


def write_frozen_graph(path: Path, **kept: Change) -> Path:
    """Write the network as a frozen graph, in text where the path ends in .pbtxt."""
    with _session(kept.get("change", _as_it_is)) as (session, _, outputs):
        graph = tf.compat.v1.graph_util.convert_variables_to_constants(
            session, session.graph.as_graph_def(), [tensor.op.name for tensor in outputs.values()]
        )
        text = path.suffix == ".pbtxt"
        tf.io.write_graph(graph, str(path.parent), path.name, as_text=text)
    return path


def write_checkpoint(path: Path) -> Path:
    """Write the network as a checkpoint: three files that begin alike."""
    with _session(_as_it_is) as (session, _, _):
        tf.compat.v1.train.Saver().save(session, str(path))
    return path

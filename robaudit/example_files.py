"""Writing examples: those that a model was trained on, and those to train one on elsewhere."""

from typing import IO, Any

import numpy as np
import numpy.typing as npt

from robaudit.hardening.examples import Examples
from robaudit.repair import FeedbackExamples, Training


def write_examples(examples: Examples, training: Training, file: IO[bytes]) -> None:
    """Write which examples were used, as an ``.npz`` archive from which they can be made again.

    One row an example: ``row`` in the training data, ``direction``, ``sign``,
    ``margin`` (RMS, where the ray crosses), ``strength`` and ``label``; beside them
    ``directions`` (K, *input shape) of unit RMS. An example is ``clip(sample + sign *
    strength * margin * directions[direction])``.
    """
    arrays = _rows(examples, training)
    np.savez_compressed(
        file, allow_pickle=False, **arrays, label=examples.label, directions=examples.directions
    )


def write_example_images(made: FeedbackExamples, file: IO[bytes]) -> None:
    """Write examples as labelled images, as an ``.npz`` archive that can be trained on.

    ``x`` (n, height, width, channels) has pixels of 0..1 (inputs of the model where
    those are no pictures), ``y`` (n,) the labels of the samples; the other arrays are
    those of `write_examples`, but for the directions.
    """
    spec = made.prepared.classifier.spec
    inputs = made.examples.inputs(made.training.x, spec)
    pictures = made.prepared.choice.preprocessing.arrangement.restore(inputs)
    np.savez(
        file,
        allow_pickle=False,
        x=inputs if pictures is None else pictures,
        y=made.examples.label,
        **_rows(made.examples, made.training),
    )


def _rows(examples: Examples, training: Training) -> dict[str, npt.NDArray[Any]]:
    return {
        "row": training.rows[examples.row].astype(np.int64),
        "direction": examples.direction,
        "sign": examples.sign,
        "margin": examples.margin.astype(np.float32),
        "strength": examples.strength.astype(np.float32),
    }

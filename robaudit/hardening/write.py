"""Writing examples: those that a model was trained on, and those to train one on elsewhere."""

from collections.abc import Mapping, Sequence
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from robaudit.hardening.elsewhere import FeedbackExamples, MixedImages
from robaudit.hardening.examples import Examples
from robaudit.hardening.harden import Split, Training
from robaudit.hardening.mixture import KINDS
from robaudit.preprocessing.prepare import Prepared
from robaudit.types import FloatArray, IntArray


def write_rounds(rounds: Sequence[Examples], training: Training, file: IO[bytes]) -> None:
    """Write which examples were used, as an ``.npz`` archive from which they can be made again.

    One row an example: ``round`` (from 1), ``row`` in the training data, ``direction``,
    ``sign``, ``margin`` (RMS, where the ray crosses), ``strength`` and ``label``; beside
    them ``directions`` (K, *input shape) of unit RMS, of all rounds. An example is
    ``clip(sample + sign * strength * margin * directions[direction])``, with the product
    of the first three in double precision: so it is the same, bit for bit.
    """
    tables = []
    for number, examples in enumerate(rounds, start=1):
        before = sum(len(earlier.directions) for earlier in rounds[: number - 1])
        rows = _rows(examples, training)
        rows["direction"] = rows["direction"] + before
        tables.append({"round": np.full(len(examples), number), **rows, "label": examples.label})
    columns = {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}
    directions = np.concatenate([examples.directions for examples in rounds])
    np.savez_compressed(file, allow_pickle=False, **columns, directions=directions)


def write_split(split: Split, file: IO[bytes]) -> None:
    """Write which rows of the data were ``train``, ``validation`` and, if held out, ``test``."""
    rows = {name: value for name, value in vars(split).items() if value is not None}
    np.savez_compressed(file, allow_pickle=False, **rows)


def write_example_images(made: FeedbackExamples, file: IO[bytes]) -> None:
    """Write examples as labelled images, as an ``.npz`` archive that can be trained on.

    ``x`` (n, height, width, channels) has pixels of 0..1 (inputs of the model where
    those are no pictures), ``y`` (n,) the labels of the samples, as numbers of the model's
    outputs, and ``class_names`` what these are called, where that is known; the other arrays are
    those of `write_rounds`, but for the directions.
    """
    inputs = made.examples.inputs(made.training.x, made.prepared.classifier.spec)
    rows = _rows(made.examples, made.training)
    _write_images(inputs, made.examples.label, made.prepared, rows, file)


def write_mixed_images(made: MixedImages, file: IO[bytes]) -> None:
    """Write mixed training images as `write_example_images` does examples.

    The other arrays are ``kind`` (n,), a word of `KINDS`, and ``row`` (n,), the training image
    that it was made of; of feedback that is the one whose place an example takes.
    """
    columns = {"kind": np.array(KINDS)[made.kinds], "row": made.training.rows}
    _write_images(made.x, made.training.y, made.prepared, columns, file)


def _write_images(
    inputs: FloatArray,
    labels: IntArray,
    prepared: Prepared,
    columns: Mapping[str, npt.NDArray[Any]],
    file: IO[bytes],
) -> None:
    pictures = prepared.choice.preprocessing.arrangement.restore(inputs)
    x = inputs if pictures is None else pictures
    names = prepared.classifier.spec.class_names
    called = {} if names is None else {"class_names": np.array(names)}
    np.savez(file, allow_pickle=False, x=x, y=labels, **called, **columns)


def _rows(examples: Examples, training: Training) -> dict[str, npt.NDArray[Any]]:
    return {
        "row": training.rows[examples.row].astype(np.int64),
        "direction": examples.direction,
        "sign": examples.sign,
        "margin": examples.margin.astype(np.float64),
        "strength": examples.strength.astype(np.float64),
    }

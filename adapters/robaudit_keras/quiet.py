"""Keras and its backends without their chatter: a terminal belongs to robaudit's own words.

Nothing of a backend may be imported before `import_keras` has set how much it says.
"""

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_ERRORS_ONLY = "3"


def import_keras() -> None:
    """Import Keras and its backend, saying nothing."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", _ERRORS_ONLY)
    if "keras" in sys.modules:
        return
    # TensorFlow speaks of oneDNN before its own log, and so any setting of it, is there.
    with _closed_error_stream(), quietly():
        import keras  # noqa: PLC0415 - this is where it is imported

        keras.backend.backend()


@contextmanager
def quietly() -> Iterator[None]:
    """Keep warnings, and what Keras and TensorFlow log below errors, from the terminal."""
    loggers = [logging.getLogger(name) for name in ("absl", "tensorflow")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@contextmanager
def serializing() -> Iterator[None]:
    """Keep quiet what turns layers into configurations or back.

    On any backend Keras imports TensorFlow then, where it is installed.
    """
    import keras  # noqa: PLC0415 - `import_keras` comes first

    with quietly():
        with _closed_error_stream():
            keras.dtype_policies.serialize(keras.dtype_policies.DTypePolicy("float32"))
        yield


@contextmanager
def _closed_error_stream() -> Iterator[None]:
    """Send what libraries write to the process' error stream nowhere."""
    try:
        kept = os.dup(2)
    except OSError:  # there is none
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)

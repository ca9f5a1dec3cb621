"""Keras and its backends without their chatter: a terminal belongs to robaudit's own words.

Nothing of a backend may be imported before `import_keras` has set how much it says. Nor does
Keras get to write its settings into the home folder, which it does on import.
"""

import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_ERRORS_ONLY = "3"


def import_keras() -> None:
    """Import Keras and its backend, saying nothing."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", _ERRORS_ONLY)
    if "keras" in sys.modules:
        return
    # TensorFlow speaks of oneDNN before its own log, and so any setting of it, is there.
    with _closed_error_stream(), quietly(), without_new_settings():
        import keras  # noqa: PLC0415 - this is where it is imported

        keras.backend.backend()


@contextmanager
def without_new_settings() -> Iterator[None]:
    """Let Keras, or tf-keras, be imported in this without writing a ``keras.json``.

    One that is there is read as ever. What Keras downloads later it keeps where it would have.
    """
    usual = os.environ.get("KERAS_HOME")
    folder = Path(usual or "~/.keras").expanduser()
    if (folder / "keras.json").exists():
        yield
        return
    with tempfile.TemporaryDirectory() as empty:
        os.environ["KERAS_HOME"] = empty
        try:
            yield
        finally:
            del os.environ["KERAS_HOME"]
            if usual is not None:
                os.environ["KERAS_HOME"] = usual
            config: Any = sys.modules.get("keras.src.backend.config")
            if getattr(config, "_KERAS_DIR", None) == empty:
                config._KERAS_DIR = str(folder)  # noqa: SLF001 - it has no other way


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

"""Libraries below Pillow that complain of damaged files to whoever looks on."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def silent_error_stream() -> Iterator[None]:
    """Send nowhere what libraries in C write to the error stream, past Pillow.

    Pillow says by an exception what is wrong with a file; libjpeg inside of libtiff says it
    once more, on the descriptor itself.
    """
    error_stream = 2
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.flush()
    try:
        usual = os.dup(error_stream)
    except OSError:  # it is closed: nobody looks on
        yield
        return
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, error_stream)
        os.close(nowhere)
        yield
    finally:
        os.dup2(usual, error_stream)
        os.close(usual)

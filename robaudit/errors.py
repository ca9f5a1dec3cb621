"""Every error that robaudit raises on purpose, in one tree.

::

    RobauditError
    ├── UsageError                  a flag, a setting or an argument that cannot be followed
    │   └── MissingDependencyError  the framework that the model needs is not installed
    ├── DataError                   a data file that cannot be read, or does not fit the model
    ├── NotAuditableError           a file that is not a classifier that can be audited
    ├── ClassifierError             a classifier that breaks its contract while it runs
    ├── RecordError                 an audit record that cannot be read
    └── OutputError                 a result that cannot be written

Each says what was found, what was expected and what to do. Arguments that it names are in
backticks and as in Python, `pixel_range=(0, 255)`: the command line turns them into its
options. Only there do errors become exit codes.
"""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


class RobauditError(Exception):
    """Base of the tree: what was found, what was expected, what to do next.

    >>> str(RobauditError("3 names for 10 classes", expected="10 names", advice="Pass them all."))
    '3 names for 10 classes; expected 10 names. Pass them all.'
    """

    def __init__(self, found: str, *, expected: str = "", advice: str = "") -> None:
        super().__init__(found)
        self.found = found
        self.expected = expected
        self.advice = advice

    def __str__(self) -> str:
        text = self.found
        if self.expected:
            text = f"{text}; expected {self.expected}"
        if self.advice:
            text = f"{text}{'' if text.endswith('?') else '.'} {self.advice}"
        return text


class UsageError(RobauditError):
    """A flag, a setting or an argument that cannot be followed."""


class MissingDependencyError(UsageError):
    """The framework that the model needs is not installed."""


class DataError(RobauditError):
    """A data file that cannot be read, or does not fit the model."""


class NotAuditableError(RobauditError):
    """A file that is not a classifier that can be audited."""


class ClassifierError(RobauditError):
    """A classifier that breaks its contract while it runs."""


class RecordError(RobauditError):
    """An audit record that cannot be read."""


class OutputError(RobauditError):
    """A result that cannot be written."""


@contextmanager
def unheard() -> Iterator[None]:
    """Let libraries warn and log in vain while they read a strange file.

    They would do so on the terminal, with names from the file as they stand there, and what
    comes of it is said in one error.
    """
    before = logging.root.manager.disable
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            logging.disable()
            yield
    finally:
        logging.disable(before)


def program_ended(what: str, error: SystemExit) -> UsageError:
    """Make an error of a model, or what makes one, that would end the program with us in it.

    With code 0 that would pass for an audit that went well.

    >>> str(program_ended("net.py:make()", SystemExit(0)))
    'net.py:make() ends the program (SystemExit: 0); expected code that returns. Guard what ...'
    """
    return UsageError(
        f"{what} ends the program (SystemExit: {error.code})",
        expected="code that returns",
        advice='Guard what a file does as a script with: if __name__ == "__main__".',
    )


def thread_failed(error: BaseException | None) -> UsageError:
    """Make an error of what ended a thread that the model, or what makes one, has started.

    >>> str(thread_failed(ValueError("no camera")))
    'a thread fails (ValueError: no camera); expected code of a model that runs to its end'
    """
    return UsageError(
        f"a thread fails ({type(error).__name__}: {error})",
        expected="code of a model that runs to its end",
    )


_OUT_OF_MEMORY = (
    "allocate memory",  # "can't", "cannot", "failed to", "unable to"
    "out of memory",
    "not enough memory",
    "bad allocation",
    "bad_alloc",
    "bad alloc",
    "alloc_failed",  # as cuBLAS and cuDNN have it
    "is smaller than requested bytes",  # onnxruntime, where a limit on memory was given
)


_OUT_OF_PROCESSES = (
    "pthread_create",  # onnxruntime, libgomp
    "can't start new thread",
    "resource temporarily unavailable",  # EAGAIN of fork and clone
)


def is_out_of_processes(error: BaseException) -> bool:
    """Recognise what frameworks raise where the system allows no more processes, or threads.

    >>> is_out_of_processes(RuntimeError("can't start new thread"))
    True
    """
    text = str(error).lower()
    return any(words in text for words in _OUT_OF_PROCESSES)


def out_of_processes(error: BaseException) -> UsageError:
    """Make an error of that: the model has no part in it."""
    return UsageError(
        f"the system allows no more processes or threads ({' '.join(str(error).split())[-120:]})",
        expected="room for a thread a core",
        advice="Raise the limit (ulimit -u, or that of the container), or set OMP_NUM_THREADS=1.",
    )


def is_out_of_memory(error: Exception) -> bool:
    """Recognise what frameworks raise where memory ran out, by its type, name or words.

    >>> is_out_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory"))
    True
    """
    if isinstance(error, MemoryError):
        return True
    if type(error).__name__ in ("OutOfMemoryError", "ResourceExhaustedError"):
        return True
    text = str(error).lower()
    return any(words in text for words in _OUT_OF_MEMORY)

"""The commands: their options in one file, and what each does in one of its own."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command's exit code says."""

    OK = 0
    GATE_FAILED = 1
    ERROR = 2
    NOT_AUDITABLE = 3
    INCONCLUSIVE = 4
    INTERRUPTED = 130

"""End a process that takes more memory than it may: ``python -m ... PROCESS BYTES``.

A process of its own, since a thread waits for the interpreter's lock, which native code may keep.
"""

import os
import signal
import sys
import time

from robaudit.storage.memory import memory_of_all

_SECONDS_BETWEEN_LOOKS = 0.1


def watch(process: int, most: int) -> None:
    """Kill a process once it and all that it began hold more than so many bytes.

    It is our parent: this ends when that does.
    """
    while os.getppid() == process:
        if memory_of_all(process) > most:
            os.kill(process, signal.SIGKILL)
            return
        time.sleep(_SECONDS_BETWEEN_LOOKS)


if __name__ == "__main__":
    watch(*map(int, sys.argv[1:3]))

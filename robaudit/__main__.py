"""Run the command line: ``python -m robaudit``, and what ``robaudit`` itself runs."""

import os
import sys
import threading

from robaudit.commands.supervision import supervised
from robaudit.errors import out_of_processes


def main() -> int:
    """Run the command line where it can be ended."""
    return supervised(_run)


def _run() -> int:
    """Import what the command line needs, which may be interrupted too, and run it."""
    try:
        from robaudit.cli import main as run  # noqa: PLC0415 - it imports NumPy
    except KeyboardInterrupt:
        refused = _refused_threads()
        sys.stderr.write(f"robaudit: {refused or 'interrupted'}\n")
        return 2 if refused else 130
    return run()


def _refused_threads() -> str:
    """Say what is wrong where there may not be a thread a core, nothing where there may.

    NumPy's OpenBLAS asks for them when it is imported, and interrupts the process, as a
    user would, where it does not get them.
    """
    done, threads = threading.Event(), []
    try:
        for _ in range(os.cpu_count() or 1):
            threads.append(threading.Thread(target=done.wait))
            threads[-1].start()
    except RuntimeError as error:
        return str(out_of_processes(error))
    finally:
        done.set()
        for thread in threads:
            if thread.ident is not None:
                thread.join()
    return ""


if __name__ == "__main__":
    sys.exit(main())

"""How much memory there is, here and in the container around, and how sizes are written."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_GROUPS, _MACHINE = Path("/sys/fs/cgroup"), Path("/proc/meminfo")
_STATUS, _FORGET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1
"""Parameters of mallopt, by the numbers that glibc gives them."""
_LARGEST_KEPT = 2**30


def bytes_in(text: str) -> int:
    """Read a number of bytes, such as 500M or 2G; 0 for what is none.

    >>> bytes_in("1.5G"), bytes_in("many")
    (1610612736, 0)
    """
    match = re.fullmatch(r"([0-9]+(?:[.][0-9]+)?)([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    return int(float(match[1]) * 1024 ** " KMGT".index(match[2].upper() or " ")) if match else 0


def free_memory() -> int:
    """Tell how many bytes are free, here and in the container around, if any; 4 GiB if unknown."""
    return max(0, min([*_left_on_machine(), *_left_in_container()], default=2**32))


def _left_on_machine() -> Iterator[int]:
    """Give what the machine has left, in bytes, with what caches of files would give up."""
    with suppress(OSError, ValueError):
        available = re.search(r"^MemAvailable:\s*(\d+) kB", _MACHINE.read_text(), re.MULTILINE)
        if available:
            yield 1024 * int(available[1])
            return
    with suppress(AttributeError, ValueError, OSError):
        yield os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def memory_of(process: int) -> int:
    """Tell how many bytes are held for a process alone, not as a copy of a file; 0 if unknown."""
    with suppress(OSError, ValueError):
        status = Path(f"/proc/{process}/status").read_text()
        held = re.findall(r"^(?:RssAnon|RssShmem|VmSwap):\s*(\d+) kB", status, re.MULTILINE)
        return 1024 * sum(map(int, held))
    return 0


def memory_of_all(process: int) -> int:
    """Tell how many bytes are held for a process and all that it has begun; 0 if unknown."""
    held = memory_of(process)
    with suppress(OSError, ValueError):
        for thread in Path(f"/proc/{process}/task").iterdir():
            held += sum(map(memory_of_all, map(int, (thread / "children").read_text().split())))
    return held


def _left_in_container() -> Iterator[int]:
    """Give what a container may still take, in bytes: of the new kind of groups and the old."""
    for folder, most, taken in (
        (_GROUPS, "memory.max", "memory.current"),
        (_GROUPS / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes"),
    ):
        with suppress(OSError, ValueError):  # there is none, or it has no limit
            left = int((folder / most).read_text()) - int((folder / taken).read_text())
            # Pages of files that were read count as taken, but are given up when needed.
            pages = re.search(r"^inactive_file (\d+)", (folder / "memory.stat").read_text(), re.M)
            yield left + int(pages[1] if pages else 0)


def keep_freed_memory() -> None:
    """Have this process hold on to memory that it frees, since it needs it again (glibc).

    By default large arrays are given back to the system and asked for anew, page by page, which
    can take half of the time of a convolutional network. Commands do this by themselves; a Python
    program may, where it goes through robaudit for long. Arrays beyond 1 GiB are given back still.
    """
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - only where it is of use

        with suppress(OSError, AttributeError):  # another C library
            library = ctypes.CDLL(None)
            for parameter in (_MMAP_THRESHOLD, _TRIM_THRESHOLD):
                library.mallopt(parameter, _LARGEST_KEPT)


def forget_peak() -> None:
    """Let `peak_memory` tell of what comes from now on, where the system can do that."""
    with suppress(OSError):
        _FORGET.write_text("5")


def peak_memory() -> int:
    """Tell how many bytes of memory this process has had at most; 0 where nobody says."""
    if _STATUS.exists():  # what `resource` says here began with the process that started this one
        high_water = re.search(r"^VmHWM:\s*(\d+) kB", _STATUS.read_text(), flags=re.MULTILINE)
        if high_water:
            return 1024 * int(high_water[1])
    if sys.platform == "win32":
        return 0
    import resource  # noqa: PLC0415 - not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak

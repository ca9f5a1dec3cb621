"""Taking from a process what it needs to do harm: of the standard library alone, for any user.

What is gone afterwards: opening anything at all (files, sockets, pipes, its own descriptors by
another name), making files grow, more memory than was granted, more seconds of a processor than
were granted, and other processes (for root, only where Linux filters system calls). Where it
does, on x86-64 and 64-bit ARM, all calls but those that compute, use what is open and end the
process fail too. What stays: reading and writing what is open already.
"""

import ctypes
import os
import platform
import signal
import sys
from contextlib import suppress

_X86_64 = {
    "read": 0, "write": 1, "close": 3, "fstat": 5, "lseek": 8, "mmap": 9, "mprotect": 10,
    "munmap": 11, "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15,
    "sched_yield": 24, "mremap": 25, "madvise": 28, "nanosleep": 35, "getpid": 39, "exit": 60,
    "gettimeofday": 96, "getrusage": 98, "sigaltstack": 131, "gettid": 186, "futex": 202,
    "sched_getaffinity": 204, "clock_gettime": 228, "clock_nanosleep": 230, "exit_group": 231,
    "getcpu": 309, "getrandom": 318, "rseq": 334,
}  # fmt: skip
_AARCH64 = {
    "close": 57, "lseek": 62, "read": 63, "write": 64, "fstat": 80, "exit": 93, "exit_group": 94,
    "futex": 98, "nanosleep": 101, "clock_gettime": 113, "clock_nanosleep": 115,
    "sched_getaffinity": 123, "sched_yield": 124, "sigaltstack": 132, "rt_sigaction": 134,
    "rt_sigprocmask": 135, "rt_sigreturn": 139, "getrusage": 165, "getcpu": 168,
    "gettimeofday": 169, "getpid": 172, "gettid": 178, "brk": 214, "munmap": 215, "mremap": 216,
    "mmap": 222, "mprotect": 226, "madvise": 233, "getrandom": 278, "rseq": 293,
}  # fmt: skip
_CALLS = {"x86_64": (0xC000003E, _X86_64), "aarch64": (0xC00000B7, _AARCH64)}
"""What Linux calls the machine, and the numbers that it has for its calls there."""

_LOAD, _SKIP_UNLESS, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _FAIL = 0x7FFF0000, 0x00050001  # the second gives EPERM
_NUMBER_AT, _MACHINE_AT = 0, 4
_NO_NEW_PRIVILEGES, _SET_FILTER, _FILTER = 38, 22, 2


class _Step(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_so", ctypes.c_uint8),
        ("if_not", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("steps", ctypes.POINTER(_Step)))


def confine(*, memory: int, seconds: int) -> bool:
    """Confine this process, for good, to what it has open.

    ``memory`` is how many bytes it may take beyond those that it has, ``seconds`` how long it
    may compute. Gives whether system calls are filtered too. Raises OSError where the system
    has no limits (Windows), or does not let itself be limited: nothing is promised then.
    """
    if sys.platform == "win32":
        raise OSError("this system has no limits for a process")
    import resource  # noqa: PLC0415 - not on Windows

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write that fails, not an end
    with suppress(OSError, ValueError):  # macOS knows the limit, and does not keep it
        _limit(resource.RLIMIT_AS, _size() + memory)
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 0),
    ):
        try:
            _limit(kind, most)
        except ValueError as error:
            raise OSError(f"this system does not limit a process: {error}") from error
    return sys.platform == "linux" and _filter_calls()


def _limit(kind: int, most: int) -> None:
    """Limit a resource, and leave a limit that is lower already, which may not be raised."""
    import resource  # noqa: PLC0415 - not on Windows

    _, before = resource.getrlimit(kind)
    most = most if before == resource.RLIM_INFINITY else min(most, before)
    resource.setrlimit(kind, (most, most))


def _size() -> int:
    """Give how many bytes of addresses this process has; 0 where that is not known."""
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 - imports nothing
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _filter_calls() -> bool:
    """Make all calls fail that are not listed above; tell whether the system took the filter."""
    machine, calls = _CALLS.get(platform.machine(), (0, {}))
    if not calls or sys.maxsize < 2**32:  # a program of 32 bits has other numbers
        return False
    steps = [
        _Step(_LOAD, 0, 0, _MACHINE_AT),
        _Step(_SKIP_UNLESS, 1, 0, machine),
        _Step(_RETURN, 0, 0, _FAIL),
        _Step(_LOAD, 0, 0, _NUMBER_AT),
        *(
            _Step(_SKIP_UNLESS, len(calls) - place, 0, number)
            for place, number in enumerate(calls.values())
        ),
        _Step(_RETURN, 0, 0, _FAIL),
        _Step(_RETURN, 0, 0, _ALLOW),
    ]
    program = _Program(len(steps), (_Step * len(steps))(*steps))
    control = ctypes.CDLL(None, use_errno=True).prctl
    control.argtypes = (ctypes.c_int, *(ctypes.c_ulong,) * 4)
    if control(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return False
    return not control(_SET_FILTER, _FILTER, ctypes.addressof(program), 0, 0)

"""What the figures were measured on."""

import os
import platform
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

_CPU = Path("/proc/cpuinfo")


def describe_machine(runtimes: Iterable[str]) -> str:
    """Name the processor, its cores, and the versions of what ran."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not everywhere can it be asked for
        cores = os.cpu_count() or 1
    own = [f"Python {platform.python_version()}", f"NumPy {version('numpy')}"]
    return ", ".join(
        [f"{_processor()}, {cores} cores", platform.machine(), *own, *sorted(set(runtimes))]
    )


def _processor() -> str:
    if _CPU.exists():
        for line in _CPU.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown processor"

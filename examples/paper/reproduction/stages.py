"""Long work in stages, each of which is kept under a fingerprint of what it depends on.

A stage that is there is not done again, so that an interrupted run goes on where it
stopped, and a changed setting does anew what depends on it and nothing else. Whatever a
stage needs of another it reads from that one's folder: what was kept and what was just
made are used in the same way, and give the same.
"""

import hashlib
import json
import os
import platform
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from typing import Any

_DONE = "done.json"
_PACKAGES = ("robaudit", "numpy", "torch", "onnxruntime", "adversarial-robustness-toolbox")


def versions() -> dict[str, str]:
    """Give the versions of what numbers may depend on, as far as it is installed."""
    found = {"Python": platform.python_version()}
    for name in _PACKAGES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


@dataclass(frozen=True)
class Stage:
    """A piece of work.

    ``make`` writes files to a folder that it is given; what it needs of ``needs`` it
    finds by `Kept.folder_of`. ``settings`` are the plain values that it depends on.
    Stages of a ``kind`` on the same data, which the ``name`` begins with, take about as
    long as each other.
    """

    name: str
    kind: str
    settings: Mapping[str, Any]
    needs: tuple["Stage", ...]
    make: Callable[[Path, "Kept"], None] = field(repr=False)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of all that its result depends on."""
        needed = [stage.fingerprint for stage in self.needs]
        text = json.dumps([self.kind, self.settings, needed], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def with_needs(stages: Iterable[Stage]) -> list[Stage]:
    """List stages and all that they need, each once and after what it needs."""
    found: dict[str, Stage] = {}

    def add(stage: Stage) -> None:
        for needed in stage.needs:
            add(needed)
        found.setdefault(stage.fingerprint, stage)

    for stage in stages:
        add(stage)
    return list(found.values())


class Kept:
    """The folder where the results of stages are kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def folder_of(self, stage: Stage) -> Path:
        """Name the folder of a stage's files."""
        return self._folder / f"{stage.name}-{stage.fingerprint[:12]}"

    def has(self, stage: Stage) -> bool:
        """Tell whether a stage is done."""
        return (self.folder_of(stage) / _DONE).is_file()

    def seconds_of(self, stage: Stage) -> float:
        """Tell how long a stage took that is done."""
        seconds: float = self._done(stage)["seconds"]
        return seconds

    def processor_seconds_of(self, stage: Stage) -> float:
        """Tell how long the processor worked at it, whatever else it had to do meanwhile."""
        seconds: float = self._done(stage)["processor_seconds"]
        return seconds

    def made_by(self, stages: Sequence[Stage]) -> dict[str, Any]:
        """Tell for how long some stages were worked on, and with which versions.

        ``seconds`` add up over stages; in ``wall_seconds`` at least one was being done.
        Of a package there are several versions where stages were done with several.
        """
        found: dict[str, set[str]] = {}
        for stage in stages:
            for name, one in self._done(stage)["versions"].items():
                found.setdefault(name, set()).add(one)
        return {
            "seconds": sum(map(self.seconds_of, stages)),
            "wall_seconds": self.wall_seconds(stages),
            "versions": {name: ", ".join(sorted(some)) for name, some in found.items()},
            "mixed": sorted(name for name, some in found.items() if len(some) > 1),
        }

    def wall_seconds(self, stages: Sequence[Stage]) -> float:
        """Tell for how long at least one of some stages was being done."""
        total, until = 0.0, 0.0
        done = [self._done(stage) for stage in stages]
        for began, ended in sorted((one["ended"] - one["seconds"], one["ended"]) for one in done):
            total += max(0.0, ended - max(began, until))
            until = max(until, ended)
        return total

    def _done(self, stage: Stage) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder_of(stage) / _DONE).read_text())
        return found

    def do(self, stage: Stage) -> float:
        """Do a stage, whole or not at all; give how long it took in seconds."""
        folder = self.folder_of(stage)
        part = folder.with_name(f".{folder.name}.part")
        for old in (part, folder):
            shutil.rmtree(old, ignore_errors=True)
        part.mkdir(parents=True)
        began, worked = time.perf_counter(), time.process_time()
        stage.make(part, self)
        seconds = time.perf_counter() - began
        done = {
            "seconds": seconds,
            "processor_seconds": time.process_time() - worked,
            "ended": time.time(),
            "fingerprint": stage.fingerprint,
            "settings": stage.settings,
            "versions": versions(),
            "threads": os.environ.get("OMP_NUM_THREADS", ""),
        }
        (part / _DONE).write_text(json.dumps(done, indent=1))
        part.rename(folder)
        return seconds


Watch = Callable[[int, int, Stage, float | None], None]
"""Told the number of a stage from 1, how many there are, which it is, and the time left."""

Submit = Callable[[Stage], "Future[float]"]
"""Has a stage done by `Kept.do`, now or elsewhere, and tells when it is."""


def do_all(
    stages: Sequence[Stage], kept: Kept, watch: Watch, submit: Submit, jobs: int = 1
) -> None:
    """Do what is not done yet of some stages, ``jobs`` at a time, each after what it needs.

    The time left, in seconds, is known once any stage was done; kinds that were not are
    counted as the mean of the others.
    """
    took: dict[str, list[float]] = {}
    numbers = {stage.fingerprint: number for number, stage in enumerate(stages, start=1)}
    left = {}
    for stage in stages:
        if kept.has(stage):
            took.setdefault(_alike(stage), []).append(kept.seconds_of(stage))
        else:
            left[stage.fingerprint] = stage
    running: dict[Future[float], Stage] = {}
    while left:
        begun = {stage.fingerprint for stage in running.values()}
        ready = (
            stage
            for stage in left.values()
            if stage.fingerprint not in begun
            and not any(need.fingerprint in left for need in stage.needs)
        )
        for stage in islice(ready, jobs - len(running)):
            watch(numbers[stage.fingerprint], len(stages), stage, _time_for(left, took, jobs))
            running[submit(stage)] = stage
        for done in wait(running, return_when=FIRST_COMPLETED).done:
            stage = running.pop(done)
            took.setdefault(_alike(stage), []).append(done.result())
            del left[stage.fingerprint]


def _time_for(
    left: Mapping[str, Stage], took: Mapping[str, Sequence[float]], jobs: int
) -> float | None:
    if not took:
        return None
    means = {kind: sum(times) / len(times) for kind, times in took.items()}
    usual = sum(means.values()) / len(means)
    return sum(means.get(_alike(stage), usual) for stage in left.values()) / jobs


def _alike(stage: Stage) -> str:
    return f"{stage.name.partition('/')[0]}: {stage.kind}"

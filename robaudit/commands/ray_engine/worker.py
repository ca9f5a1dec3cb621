"""A worker of a cluster: an actor, which holds one opened model and does parts of a job.

One of its threads works; another, meanwhile, tells how far that is, and hands over what was kept.
"""

import argparse
import copy
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from robaudit.batches import Stopped, free_memory
from robaudit.commands.jobs import Job, Opened, open_job
from robaudit.commands.ray_engine.mirror import Change, Mirror
from robaudit.commands.ray_engine.parcels import Parcel, unpack_files
from robaudit.commands.temporary import folder_for_temporary_files
from robaudit.record.audit_fingerprint import computing, facts_of
from robaudit.storage.fingerprint import fingerprint
from robaudit.storage.memory import keep_freed_memory

_SHARE_OF_MEMORY = 0.9


@dataclass(frozen=True)
class Heard:
    """What a worker tells of its work: how far each stage is, what is new in its folder.

    There may be ``more`` of that than travels at once.
    """

    progress: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    changes: Sequence[Change] = ()
    more: bool = False


@dataclass(frozen=True)
class Place:
    """Where a worker works: as one of so many ``on_one`` machine, in a directory or by a parcel.

    Where it works in a ``directory`` all files are there already, and what it does is kept where
    the job says. ``kept`` is what had been kept before, to go on from. What runs on no GPU is to
    see none.
    """

    on_one: int
    directory: str | None
    parcel: Parcel | None = None
    kept: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    sees_gpus: bool = True


def what_computes(opened: Opened) -> dict[str, str]:
    """Say of what kind of machine results are, and of which model: these have to be the same."""
    device = opened.options.device
    told = {"the model": fingerprint(model=facts_of(opened.classifier))}
    told |= computing(opened.classifier, device)
    if device == "cpu":  # which GPUs there are besides is of no matter
        del told["the device"]
    return told


class Worker:
    """The actor. Its methods but `heard` and `stop` are called one after the other."""

    def __init__(self, job: Job, name: str, place: Place) -> None:
        self._job, self._name, self._place = job, name, place
        self._stops, self._progress = False, dict[str, tuple[int, int]]()
        self._folder, self._held = job.folder, ExitStack()
        self._mirror: Mirror | None = None
        self._opened: Opened | None = None
        if not place.sees_gpus:
            os.environ["CUDA_VISIBLE_DEVICES"] = ""
        keep_freed_memory()
        self._limit_memory()

    def begun(self) -> None:
        """Tell that this worker has its place on some machine."""

    def open(self) -> dict[str, str]:
        """Open the model, read the images; tell what computes."""
        place, options = self._place, copy.copy(self._job.options)
        if hasattr(options, "memory"):
            options.memory = (options.memory or free_memory() // 2) // place.on_one
        if place.directory is not None:
            os.chdir(place.directory)
        if place.parcel is None:
            opened = open_job(self._job, options)
        else:
            opened = self._open_parcel(place.parcel, options)
        self._opened = opened
        return what_computes(opened)

    def _open_parcel(self, parcel: Parcel, options: argparse.Namespace) -> Opened:
        """Open what travelled here, in a folder that is mirrored where it came from."""
        import ray  # noqa: PLC0415 - a worker of a cluster has it

        # The next one on this machine removes it, should this one be killed.
        self._held.enter_context(folder_for_temporary_files())
        temporary = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        folder = Path(self._held.enter_context(temporary))
        self._folder = folder / "kept"
        self._folder.mkdir()
        options, images = parcel.unpack(ray, options, folder / "model")
        unpack_files(ray, self._place.kept, self._folder)
        self._mirror = Mirror(self._folder)
        return open_job(self._job, options, images)

    def do(self, part: int) -> bool:
        """Do a part; tell whether all of it is done."""
        if self._opened is None:
            raise ValueError("nothing is open")
        try:
            self._opened.do(part, self._folder, self._name, lambda: self._stops, self._note)
        except Stopped:
            return False
        return True

    def heard(self) -> Heard:
        """Tell what is new since this was asked last."""
        progress, self._progress = self._progress, {}
        if self._mirror is None:
            return Heard(progress)
        changes, more = self._mirror.changes()
        return Heard(progress, changes, more)

    def stop(self) -> None:
        """Have the work end after what is under way."""
        self._stops = True

    def end(self) -> None:
        """Remove what lies in temporary folders."""
        self._held.close()

    def _note(self, stage: str, done: int, total: int) -> None:
        self._progress[stage] = (done, total)

    def _limit_memory(self) -> None:
        """Have this process ended where it takes more memory than a run here would be let."""
        most = self._job.options.memory_limit or int(_SHARE_OF_MEMORY * free_memory())
        command = [sys.executable, "-m", "robaudit.commands.ray_engine.memory_watch"]
        subprocess.Popen([*command, str(os.getpid()), str(most)])  # noqa: S603 - this program

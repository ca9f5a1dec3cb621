"""A scan by several processes, here or of a cluster: they do its shares, it is finished here."""

import argparse
import copy
import math
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass

from robaudit.attacks.assessment import AttackPlan
from robaudit.batches import Blocks, free_memory
from robaudit.commands.announcement import estimated_seconds
from robaudit.commands.crew import Crew, Do
from robaudit.commands.gates import gates_to_decide
from robaudit.commands.jobs import Job, ScanShares, open_job
from robaudit.commands.ray_engine.cluster import check_ray
from robaudit.commands.ray_engine.engine import work_on_ray
from robaudit.commands.supervision import limited_opening
from robaudit.commands.terminal import ProgressDisplay, error_console
from robaudit.data.images import Images
from robaudit.errors import UsageError
from robaudit.metrics.sharing import check_sharing
from robaudit.phrases import duration, printable
from robaudit.search.plan import Reference, SearchPlan
from robaudit.types import Classifier, Progress

_VISIBLE = "CUDA_VISIBLE_DEVICES"
_SHARES_OF_WORKER = 4
"""So many shares a worker, so that all end at about the same time."""
_SECONDS_TO_BEGIN = 3.0
"""About how long a process takes to begin, beside opening the model."""
_SECONDS_FOR_RAY = 8.0
"""About how long a cluster of Ray takes, and then its first worker."""


@dataclass(frozen=True)
class Workers:
    """The workers of a scan: the GPU that each sees, "" where it is not chosen here.

    Those of a cluster of Ray there are as many of as it has room for, or ``most``.
    """

    gpus: tuple[str, ...]
    on_ray: bool = False
    most: int | None = None

    def work(
        self,
        options: argparse.Namespace,
        classifier: Classifier,
        images: Images | None,
        plan: SearchPlan,
        attacks: AttackPlan | None,
        reference: Reference | None,
        blocks: Blocks,
        seconds_to_open: float,
    ) -> None:
        """Do what can be shared out of a scan, unless it is as soon done by one process.

        What is not done after this, since workers failed or the work is to stop, is left.
        """
        tell = _nobody if options.quiet else _say
        count = math.inf if self.on_ray else len(self.gpus)
        reason = self._reason_not_to(options, plan, blocks)
        if reason is None and count > 1:
            seconds = estimated_seconds(classifier, len(images) if images else None, plan, attacks)
            begins = _SECONDS_FOR_RAY if self.on_ray else _SECONDS_TO_BEGIN
            if seconds * (1 - 1 / count) < 2 * (begins + seconds_to_open):
                reason = f"it takes {duration(seconds)} or so, and workers as long to begin"
        journal = blocks.keeping.journal
        if count < 2 or reason is not None or journal is None:
            if reason is not None:
                tell(f"done by one process: {reason}")
            return

        def make_job(parts: int, options: argparse.Namespace = options) -> ScanShares:
            folder, base = journal.folder, blocks.base
            return ScanShares(options, plan, attacks, reference, folder, base, parts)

        with ProgressDisplay(error_console(), quiet=options.quiet) as progress:
            if self.on_ray:
                left, why = (
                    work_on_ray(
                        make_job,
                        classifier,
                        (images,),
                        most=self.most,
                        progress=progress,
                        is_to_stop=blocks.keeping.is_to_stop,
                        tell=tell,
                    ),
                    "",
                )
            else:
                left, why = self._by_processes(options, make_job, blocks, progress)
        if left and not blocks.keeping.is_to_stop():
            because = f" ({printable(why)})" if why else ""
            tell(f"{left} shares no worker has done{because}: this process does them")
        journal.look_again()
        blocks.keeping.tell = _nobody  # that there is what was just done, is no news

    def _by_processes(
        self,
        options: argparse.Namespace,
        make_job: Callable[..., ScanShares],
        blocks: Blocks,
        progress: Progress,
    ) -> tuple[int, str]:
        """Have shares done by processes of this machine; give how many were not, and why."""
        count = len(self.gpus)
        options = copy.copy(options)
        options.memory = (options.memory or free_memory() // 2) // count
        job = make_job(_SHARES_OF_WORKER * count, options)
        crew = Crew(
            prepare_shares,
            [(job, number) for number in range(count)],
            job.of,
            lambda done, total: progress(f"shares of {count} processes", done, total),
            blocks.keeping.is_to_stop,
            [{_VISIBLE: gpu} if gpu else {} for gpu in self.gpus],
        )
        return crew.work(limited_opening), crew.reason

    def _reason_not_to(
        self, options: argparse.Namespace, plan: SearchPlan, blocks: Blocks
    ) -> str | None:
        if len(self.gpus) < 2 and not self.on_ray:
            return None
        if not blocks.are_kept:
            return "what is done is not kept, so that it cannot be shared"
        try:
            check_sharing(plan, gates_to_decide(options), randomised=options.randomised)
        except UsageError as error:
            return error.found
        return None


def workers_for(options: argparse.Namespace) -> Workers:
    """Choose the workers of a scan, and let this process see the first of the GPUs named.

    That is one a GPU where several are named, unless more are asked for.
    """
    devices = options.device.split(",")
    on_ray = options.engine != "local"
    if options.shard is not None and (on_ray or (options.workers or len(devices)) > 1):
        raise UsageError(
            "one `shard` by several workers",
            expected="a shard for each of them: more shards, or `workers=1`",
        )
    if on_ray and options.device.startswith("cuda:"):
        raise UsageError(
            f"device {options.device}, by number, for a cluster",
            expected="`device=cuda`: each worker has a GPU, and `workers` says how many there are",
        )
    if on_ray:
        check_ray()
        return Workers(("",), on_ray=True, most=options.workers)
    if not options.device.startswith("cuda:"):
        return Workers(("",) * (options.workers or 1))
    shown = os.environ.get(_VISIBLE)
    there = [] if shown is None else list(filter(None, shown.split(",")))
    numbers = [int(device.partition(":")[2]) for device in devices]
    if shown is not None and max(numbers) >= len(there):
        raise UsageError(
            f"cuda:{max(numbers)}, where {_VISIBLE} shows {len(there)}",
            expected="GPUs that are shown, counted from 0",
        )
    gpus = [there[number] if there else str(number) for number in numbers]
    os.environ[_VISIBLE] = gpus[0]
    options.device = "cuda"
    count = options.workers or len(gpus)
    return Workers(tuple(gpus[number % len(gpus)] for number in range(count)))


def prepare_shares(job: Job, number: int) -> Do:
    """Open the model and the data as worker ``number``; give what does shares of them."""
    opened = open_job(job)

    def do(share: int, is_to_stop: Callable[[], bool]) -> None:
        opened.do(share, job.folder, f"worker-{number}", is_to_stop)

    return do


def _nobody(_sentence: str) -> None:
    """Say nothing: what is damaged the process that began this says."""


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")

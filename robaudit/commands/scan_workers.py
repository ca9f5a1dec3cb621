"""A scan by several processes of this machine: they do its shares, and it is finished here."""

import argparse
import copy
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from robaudit.attacks.assessment import AttackPlan
from robaudit.audit import scan
from robaudit.batches import Blocks, Keeping, Share, ShareDone, free_memory
from robaudit.commands.announcement import estimated_seconds
from robaudit.commands.crew import Crew, Do
from robaudit.commands.from_options import open_classifier, preprocessing_request, read_data
from robaudit.commands.gates import gates_to_decide
from robaudit.commands.supervision import limited_opening
from robaudit.commands.terminal import ProgressDisplay, error_console
from robaudit.data.images import Images
from robaudit.errors import UsageError
from robaudit.metrics.sharing import check_sharing
from robaudit.phrases import duration, printable
from robaudit.search.plan import Reference, SearchPlan
from robaudit.storage.journal import Journal
from robaudit.types import Classifier

_VISIBLE = "CUDA_VISIBLE_DEVICES"
_SHARES_OF_WORKER = 4
"""So many shares a worker, so that all end at about the same time."""
_SECONDS_TO_BEGIN = 3.0
"""About how long a process takes to begin, beside opening the model."""


@dataclass(frozen=True)
class Shared:
    """What the shares of a scan are of: as `scan` takes it, and where blocks are kept."""

    options: argparse.Namespace
    plan: SearchPlan
    attacks: AttackPlan | None
    reference: Reference | None
    folder: Path
    base: str
    of: int


@dataclass(frozen=True)
class Workers:
    """The workers of a scan: the GPU that each sees, "" where it is not chosen here."""

    gpus: tuple[str, ...]

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
        count, seconds = len(self.gpus), 0.0
        reason = self._reason_not_to(options, plan, blocks)
        if reason is None and count > 1:
            seconds = estimated_seconds(classifier, len(images) if images else None, plan, attacks)
            if seconds * (1 - 1 / count) < 2 * (_SECONDS_TO_BEGIN + seconds_to_open):
                reason = f"it takes {duration(seconds)} or so, and workers as long to begin"
        journal = blocks.keeping.journal
        if count < 2 or reason is not None or journal is None:
            if reason is not None:
                tell(f"done by one process: {reason}")
            return
        options = copy.copy(options)
        options.memory = (options.memory or free_memory() // 2) // count
        of = _SHARES_OF_WORKER * count
        shared = Shared(options, plan, attacks, reference, journal.folder, blocks.base, of)
        with ProgressDisplay(error_console(), quiet=options.quiet) as progress:
            crew = Crew(
                prepare_shares,
                [(shared, number) for number in range(count)],
                of,
                lambda done, total: progress(f"shares of {count} processes", done, total),
                blocks.keeping.is_to_stop,
                [{_VISIBLE: gpu} if gpu else {} for gpu in self.gpus],
            )
            left = crew.work(limited_opening)
        if left and not blocks.keeping.is_to_stop():
            why = printable(crew.reason)
            tell(f"{left} of {of} shares no worker has done ({why}): this process does them")
        journal.look_again()
        blocks.keeping.tell = _nobody  # that there is what was just done, is no news

    def _reason_not_to(
        self, options: argparse.Namespace, plan: SearchPlan, blocks: Blocks
    ) -> str | None:
        if len(self.gpus) < 2:
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
    if options.shard is not None and (options.workers or len(devices)) > 1:
        raise UsageError(
            "one `shard` by several workers",
            expected="a shard for each of them: more shards, or `workers=1`",
        )
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


def prepare_shares(shared: Shared, number: int) -> Do:
    """Open the model and the data as worker ``number``; give what does shares of them."""
    options = copy.copy(shared.options)
    options.quiet = True
    images = read_data(options)
    classifier = open_classifier(options, images)

    def do(share: int, is_to_stop: Callable[[], bool]) -> None:
        journal = Journal(shared.folder, _nobody, f"worker-{number}")
        keeping = Keeping(journal, is_to_stop, share=Share(share, shared.of))
        with suppress(ShareDone):
            scan(
                classifier,
                images,
                plan=shared.plan,
                preprocessing=preprocessing_request(options),
                reference=shared.reference,
                attacks=shared.attacks,
                batch_size=options.batch_size,
                memory=options.memory,
                blocks=Blocks(keeping, shared.base),
            )
        keeping.write()

    return do


def _nobody(_sentence: str) -> None:
    """Say nothing: what is damaged the process that began this says."""


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")

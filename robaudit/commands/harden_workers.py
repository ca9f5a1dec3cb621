"""A hardening by a cluster: its seeds are trained by workers, and it is finished here."""

import argparse
import sys
from collections.abc import Sequence

from robaudit.attacks.assessment import AttackPlan
from robaudit.batches import Blocks
from robaudit.commands.jobs import HardeningParts
from robaudit.commands.ray_engine.engine import work_on_ray
from robaudit.data.images import Images
from robaudit.hardening.harden import parts
from robaudit.hardening.plan import HardeningPlan
from robaudit.search.plan import SearchPlan
from robaudit.types import Classifier, Progress


def harden_on_ray(
    options: argparse.Namespace,
    classifier: Classifier,
    images: Sequence[Images | None],
    plans: tuple[HardeningPlan, SearchPlan, AttackPlan | None],
    blocks: Blocks,
    progress: Progress,
) -> None:
    """Audit the model and train from each seed by workers, where options name a cluster.

    What is not done after this, since workers failed or the work is to stop, is left.
    """

    def tell(sentence: str) -> None:
        if not options.quiet:
            sys.stderr.write(f"{sentence}\n")

    journal = blocks.keeping.journal
    if options.engine == "local":
        return
    if journal is None:
        tell("done by one process: what is done is not kept, so that it cannot be shared")
        return
    job = HardeningParts(options, *plans, journal.folder, blocks.base, parts(options.seeds))
    left = work_on_ray(
        lambda _: job,
        classifier,
        images,
        most=None,
        progress=progress,
        is_to_stop=blocks.keeping.is_to_stop,
        tell=tell,
    )
    if left and not blocks.keeping.is_to_stop():
        tell(f"{left} of {job.of} parts were not done by any worker: this process does them")
    journal.look_again()

"""Having the parts of a job done by a cluster of Ray, and gathering what it did."""

import os
from collections.abc import Callable, Sequence
from typing import Any

from robaudit.commands.crew import usable_cores
from robaudit.commands.jobs import Job, Opened
from robaudit.commands.ray_engine.cluster import joined
from robaudit.commands.ray_engine.crew import RayCrew
from robaudit.commands.ray_engine.parcels import Parcel, pack, put_file
from robaudit.commands.ray_engine.room import Room, machines_of, room_for
from robaudit.commands.ray_engine.worker import Place, Worker, what_computes
from robaudit.data.images import Images
from robaudit.storage.journal import SUFFIX as JOURNAL
from robaudit.storage.latest import SUFFIX as LATEST
from robaudit.types import Classifier, Progress

_PARTS_OF_WORKER = 4
"""So many parts a worker, so that all end at about the same time."""


def work_on_ray(
    make_job: Callable[[int], Job],
    classifier: Classifier,
    images: Sequence[Images | None],
    *,
    most: int | None,
    progress: Progress,
    is_to_stop: Callable[[], bool],
    tell: Callable[[str], None],
) -> int:
    """Do a job by the cluster that its options name; give how many parts were left undone.

    ``make_job`` makes it of so many parts, or of as many as it has. At most ``most`` workers do
    them, or as many as there is room for. ``progress`` hears of all of them, ``tell`` of what went
    wrong. Raises UsageError where there is no such cluster, or one that computes otherwise.
    """
    options = make_job(1).options
    here = Opened(make_job(1), options, classifier, tuple(images))
    expected = what_computes(here)
    gpus = options.device != "cpu" and "cuda" in expected["the device"]
    with joined(options.engine, cores=usable_cores(), gpus=gpus) as ray:
        machines = machines_of(ray.nodes())
        room = room_for(machines, most, gpus=gpus)
        unused = 0 if gpus or options.device == "cpu" else sum(each.gpus for each in machines)
        if unused:
            tell(
                f"none of the {unused} GPUs of the cluster is used, since this machine has none: "
                "results have to be computed alike"
            )
        job = make_job(_PARTS_OF_WORKER * room.workers)
        in_place = options.engine == "ray" or options.ray_shared
        parcel = None if in_place else pack(ray, options, classifier, images)
        actor = ray.remote(Worker)
        names = iter(range(10**9))

        def start() -> Any:
            """Begin a worker that goes on from what there is by now."""
            place = _place(ray, job, parcel, room, sees_gpus=gpus or options.device == "cpu")
            how = actor.options(
                num_cpus=room.cores,
                num_gpus=room.gpus,
                max_concurrency=2,
                scheduling_strategy="SPREAD",
            )
            return how.remote(job, f"ray-{os.getpid()}-{next(names)}", place)

        count = min(room.workers, job.of)
        stage = f"parts by {count} workers" if count > 1 else "parts by a worker"
        crew = RayCrew(
            ray,
            start,
            count,
            job.of,
            job.folder,
            expected,
            lambda done, of: progress(stage, done, of),
            progress if options.command == "harden" else _no_progress,
            is_to_stop,
        )
        left = crew.work()
    if not is_to_stop():
        for failure in crew.failures:
            tell(f"a worker failed: {failure}")
    return left


def _place(ray: Any, job: Job, parcel: Parcel | None, room: Room, *, sees_gpus: bool) -> Place:
    if parcel is None:
        return Place(room.on_one, os.getcwd(), sees_gpus=sees_gpus)  # noqa: PTH109 - a text
    kept = [path for suffix in (JOURNAL, LATEST) for path in job.folder.glob(f"*{suffix}")]
    return Place(
        room.on_one,
        None,
        parcel,
        {path.name: put_file(ray, path) for path in kept},
        sees_gpus=sees_gpus,
    )


def _no_progress(_stage: str, _done: int, _total: int) -> None:
    """Show nothing: the stages of shares are named alike."""

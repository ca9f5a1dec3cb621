"""Processes that do stages side by side."""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process

from reproduction.stages import Kept, Stage, Submit
from robaudit import keep_freed_memory

LayOut = Callable[[], tuple[Sequence[Stage], Kept]]
"""Lays out all stages: called in each process, since what makes a stage cannot be sent."""

_laid_out: tuple[dict[str, Stage], Kept]


@contextmanager
def workers(jobs: int, lay_out: LayOut) -> Iterator[Submit]:
    """Start processes that do stages; they end with the context.

    Each has one thread, whatever the environment says: small networks gain little by a
    second, and so the numbers do not depend on how many stages are done side by side.
    """
    os.environ["OMP_NUM_THREADS"] = "1"
    with ProcessPoolExecutor(jobs, get_context("spawn"), _begin, (lay_out,)) as pool:
        try:
            yield lambda stage: pool.submit(_do, stage.fingerprint)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _begin(lay_out: LayOut) -> None:
    global _laid_out  # noqa: PLW0603 - a process of its own, begun by this
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # an interrupt is told of by the parent
    threading.Thread(target=_end_with_parent, daemon=True).start()
    keep_freed_memory()
    stages, kept = lay_out()
    _laid_out = {stage.fingerprint: stage for stage in stages}, kept


def _end_with_parent() -> None:
    """End where the parent was killed: a run begun again would meet this one in its folders."""
    if parent := parent_process():
        parent.join()
        os._exit(1)


def _do(fingerprint: str) -> float:
    stages, kept = _laid_out
    return kept.do(stages[fingerprint])

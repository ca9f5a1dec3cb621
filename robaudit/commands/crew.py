"""Several processes of this machine that do the shares of a scan.

Each is started anew, opens the model by itself, and keeps what it does in a journal of its own
beside that of its parent, which finishes the run once all shares are done. A worker that ends
before its share is done leaves it to another. None outlives its parent.
"""

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any

from robaudit.commands.supervision import end_with_parent
from robaudit.storage.memory import keep_freed_memory

Do = Callable[[int, Callable[[], bool]], None]
"""Do a share, by its number; ask the second from time to time whether to stop."""

_SECONDS_BETWEEN_LOOKS = 0.2
_SECONDS_TO_END = 2.0
_MOST_TRIES = 2
_THREADS = "OMP_NUM_THREADS"


@dataclass
class _Worker:
    process: BaseProcess
    connection: Any
    share: int | None = None
    open: bool = False


@dataclass
class Crew:
    """Processes that do shares 1 to ``of``, each as ``prepare(*given)`` says.

    ``given`` has what is handed to each, and ``environment`` what its environment has of its
    own; ``told`` hears how many shares are done. ``reason`` is why the first that ended early did.
    """

    prepare: Callable[..., Do]
    given: Sequence[tuple[Any, ...]]
    of: int
    told: Callable[[int, int], None]
    is_to_stop: Callable[[], bool]
    environment: Sequence[Mapping[str, str]] = ()
    reason: str = ""
    _left: deque[int] = field(default_factory=deque)
    _tries: dict[int, int] = field(default_factory=dict)
    _done: int = 0
    _stops: bool = False

    def work(self, opening: Callable[[], Any]) -> int:
        """Work until all shares are done or the work is to stop; give how many are not done.

        ``opening`` is a context in which all workers open the model.
        """
        self._left = deque(range(1, self.of + 1))
        begun = list[_Worker]()
        own = self.environment or [{}] * len(self.given)
        try:
            for given, more in zip(self.given, own, strict=True):
                with environment({**_threads(len(self.given)), **more}):
                    begun.append(_start(self.prepare, given))
            workers = begun
            with opening():
                while any(not each.open for each in workers) and not self._heed(workers):
                    workers = self._hear(workers)
            while any(each.share is not None for each in workers):
                self._heed(workers)
                workers = self._hear(workers)
            _dismiss(workers)
        finally:
            for each in begun:
                each.process.kill()
                each.connection.close()
            for each in begun:
                each.process.join()
        return self.of - self._done

    def _heed(self, workers: list[_Worker]) -> bool:
        """Tell workers, once, where the work is to stop; give whether it is."""
        if not self._stops and self.is_to_stop():
            self._stops = True
            for each in workers:
                with suppress(OSError):
                    each.connection.send(None)
        return self._stops

    def _hear(self, workers: list[_Worker]) -> list[_Worker]:
        """Hear what workers say, for a moment at most; give those that go on."""
        ready = wait([each.connection for each in workers], _SECONDS_BETWEEN_LOOKS)
        ended = []
        for each in workers:
            if each.connection not in ready:
                continue
            try:
                done = each.connection.recv()
            except (EOFError, OSError):  # whatever ended it
                done = "it was ended"
            if isinstance(done, str):
                self.reason = self.reason or done
                ended.append(each)
                if each.share is not None and self._tries[each.share] < _MOST_TRIES:
                    self._left.append(each.share)  # another may end by it, too: the rest first
                continue
            self._done += bool(done)
            self.told(self._done, self.of)
            each.open = True
            self._hand_out(each)
        going = [each for each in workers if each not in ended]
        for each in going:
            if each.open and each.share is None:
                self._hand_out(each)
        return going

    def _hand_out(self, worker: _Worker) -> None:
        worker.share = self._left.popleft() if self._left and not self._stops else None
        if worker.share is not None:
            self._tries[worker.share] = self._tries.get(worker.share, 0) + 1
            with suppress(OSError):  # it has ended, which is heard next
                worker.connection.send(worker.share)


def _dismiss(workers: list[_Worker]) -> None:
    """Let workers that have nothing to do end by themselves, and clear up what they hold."""
    idle = [each for each in workers if each.open]
    for each in idle:
        with suppress(OSError):
            each.connection.send(None)
    latest = time.monotonic() + _SECONDS_TO_END
    for each in idle:
        each.process.join(max(0.0, latest - time.monotonic()))


def _start(prepare: Callable[..., Do], given: tuple[Any, ...]) -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_live, args=(theirs, prepare, given), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _threads(workers: int) -> dict[str, str]:
    """Let workers share the cores, where nobody said otherwise."""
    if _THREADS in os.environ:
        return {}
    return {_THREADS: str(max(1, usable_cores() // workers))}


def usable_cores() -> int:
    """Count the cores that this process may use."""
    has_affinity = hasattr(os, "sched_getaffinity")
    return len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1


@contextmanager
def environment(wanted: Mapping[str, str]) -> Iterator[None]:
    """Have these in the environment inside this, which all that is started inherits."""
    usual = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in usual.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _live(connection: Any, prepare: Callable[..., Do], given: Any) -> None:
    """Be a worker: prepare, then do the shares that are handed out."""
    _end_with_parent()
    keep_freed_memory()
    # A terminal interrupts all of its processes: when to stop, our parent says.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdin = open(os.devnull)  # noqa: PTH123, SIM115 - for as long as this lives
    try:
        _do_shares(connection, prepare(*given))
    except Exception as error:  # noqa: BLE001 - the parent says it, and may meet it itself
        with suppress(OSError):
            connection.send(str(error) or type(error).__name__)
    except KeyboardInterrupt:
        pass


def _do_shares(connection: Any, do: Do) -> None:
    connection.send(False)
    stop = False

    def is_to_stop() -> bool:
        nonlocal stop
        stop = stop or (connection.poll() and connection.recv() is None)
        return stop

    while (share := connection.recv()) is not None:
        do(share, is_to_stop)
        connection.send(True)


def _end_with_parent() -> None:
    """Let this process end when its parent does, by whatever way."""
    end_with_parent()
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            wait([parent.sentinel])
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()

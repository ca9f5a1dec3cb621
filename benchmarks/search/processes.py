"""A process for each way to search a model, and how much memory it takes there."""

import multiprocessing
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.search.runtimes import runtime_of
from benchmarks.search.subjects import Bench, Subject, open_bench
from benchmarks.search.turns import Turn, Way
from benchmarks.search.ways import WAYS
from robaudit.storage.memory import forget_peak, peak_memory


@dataclass(frozen=True)
class Memory:
    """Resident memory of a process, in bytes: before a piece of work, and the most during it."""

    before: int
    peak: int


@dataclass(frozen=True)
class Facts:
    """What a process knows of its model: multiply-adds of one input, rays, classes, runtime."""

    multiply_adds: int
    rays: int
    classes: int
    runtime: str


class Watch:
    """Tells how much memory is taken from now on.

    Where the system cannot forget its old peak, that of the whole process counts.
    """

    def __init__(self) -> None:
        forget_peak()
        self._before = peak_memory()

    def memory(self) -> Memory:
        """Give what was taken before, and the peak since."""
        return Memory(self._before, peak_memory())


@dataclass(frozen=True)
class Ready:
    """The ways to search one model, ready to take turns, and the reasons of those left out.

    Each way walks the rays of so many samples, and tells what that took.
    """

    facts: Facts
    ways: Mapping[str, Callable[[int], tuple[Turn, Memory]]]
    left_out: Mapping[str, str]


@contextmanager
def in_processes(subject: Subject, shared: Path, seconds: float) -> Iterator[Ready]:
    """Open a subject in a process for each way; they end with the context.

    One after the other: each tries how large its batches should be, undisturbed.
    """
    context = multiprocessing.get_context("spawn")
    with ExitStack() as stack:
        facts, ways, left_out = {}, {}, {}
        for name in WAYS:
            here, there = context.Pipe()
            process = context.Process(target=_serve, args=(there, subject, shared, name, seconds))
            process.start()
            there.close()
            stack.callback(process.join)
            stack.callback(here.close)
            facts[name], reason = _received(here)
            if reason:
                left_out[name] = reason
                process.join()  # its end would disturb the others
            else:
                ways[name] = partial(_turn, here)
        yield Ready(facts["bare"], ways, left_out)


@contextmanager
def in_this_process(subject: Subject, shared: Path, seconds: float) -> Iterator[Ready]:
    """Open a subject here, once for all ways: quick, but they share their memory."""
    bench = open_bench(subject, shared)
    made = {name: way(bench, seconds) for name, way in WAYS.items()}
    yield Ready(
        _facts(bench),
        {name: partial(_watched, way) for name, way in made.items() if not isinstance(way, str)},
        {name: way for name, way in made.items() if isinstance(way, str)},
    )


def _facts(bench: Bench) -> Facts:
    rays, runtime = bench.plan.samples * bench.plan.rays_per_sample, runtime_of(bench.model).name
    return Facts(bench.multiply_adds, rays, bench.model.spec.classes, runtime)


def _watched(way: Way, samples: int) -> tuple[Turn, Memory]:
    watch = Watch()
    return way(samples), watch.memory()


def _turn(connection: Connection, samples: int) -> tuple[Turn, Memory]:
    """Have a process walk, and wait for it."""
    connection.send(samples)
    turn: tuple[Turn, Memory] = _received(connection)
    return turn


def _received(connection: Connection) -> Any:
    """Wait for what a process has to say; what went wrong there goes on here."""
    answer = connection.recv()
    if isinstance(answer, Exception):
        raise answer
    return answer


def _serve(
    connection: Connection, subject: Subject, shared: Path, name: str, seconds: float
) -> None:
    """Open a subject, and walk whenever a number of samples comes in, until nothing can."""
    try:
        bench = open_bench(subject, shared)
        way = WAYS[name](bench, seconds)
        left_out = way if isinstance(way, str) else ""
        connection.send((_facts(bench), left_out))
        while not isinstance(way, str):
            connection.send(_watched(way, connection.recv()))
    except (EOFError, ConnectionError):
        pass  # nobody is there to ask any more
    except Exception as error:  # noqa: BLE001 - whatever it is, the other side has to know
        connection.send(RuntimeError(f"{subject.name}, {name}: {type(error).__name__}: {error}"))

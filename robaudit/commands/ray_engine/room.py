"""How many workers a cluster has room for, and what each takes of a machine."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

USUAL_CORES = 4
"""More cores make one model hardly faster; more models do."""


@dataclass(frozen=True)
class Machine:
    """A machine of a cluster: its cores and GPUs."""

    cores: int
    gpus: int


@dataclass(frozen=True)
class Room:
    """So many ``workers`` of so many cores each, a share of one core at least, and of GPUs.

    There are at most ``on_one`` of them on a machine.
    """

    workers: int
    cores: float
    gpus: float
    on_one: int


def machines_of(nodes: Iterable[Mapping[str, Any]]) -> list[Machine]:
    """Read what Ray says of the machines of a cluster: those that are there."""
    alive = [node["Resources"] for node in nodes if node["Alive"]]
    return [Machine(int(each.get("CPU", 0)), int(each.get("GPU", 0))) for each in alive]


def room_for(machines: Iterable[Machine], wanted: int | None, *, gpus: bool) -> Room:
    """Make room for as many workers as are ``wanted``; for one a GPU, or four cores, for ``None``.

    More than there are GPUs or cores share them.

    >>> room_for([Machine(8, 0), Machine(2, 0)], None, gpus=False)
    Room(workers=5, cores=2, gpus=0.0, on_one=4)
    >>> room_for([Machine(8, 0), Machine(4, 0)], 3, gpus=False)
    Room(workers=3, cores=4, gpus=0.0, on_one=2)
    >>> room_for([Machine(16, 2)], None, gpus=True), room_for([Machine(16, 2)], 4, gpus=True)
    (Room(workers=2, cores=8, gpus=1.0, on_one=2), Room(workers=4, cores=4, gpus=0.5, on_one=4))
    """
    useful = [each for each in machines if each.cores and (each.gpus or not gpus)]
    if not useful:
        return Room(0, 1, 0, 0)
    all_gpus = sum(each.gpus for each in useful)
    if wanted is None:
        most = min(USUAL_CORES, *(each.cores for each in useful))
        wanted = all_gpus if gpus else sum(each.cores // most for each in useful)
    of_gpu = -(-wanted // all_gpus) if gpus else 1
    largest = max(each.cores for each in useful)

    def fitting(cores: float) -> list[int]:
        by_cores = [int(each.cores / cores) for each in useful]
        by_gpus = [each.gpus * of_gpu if gpus else wanted for each in useful]
        return [min(pair) for pair in zip(by_cores, by_gpus, strict=True)]

    whole = next((n for n in range(largest, 0, -1) if sum(fitting(n)) >= wanted), None)
    cores = whole or 1 / -(-wanted // len(useful))
    return Room(wanted, cores, 1 / of_gpu if gpus else 0.0, max(fitting(cores)))

"""A crew of a cluster: parts are done by whoever is there, and those of who died are done again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from robaudit.commands.ray_engine import crew as crews
from robaudit.commands.ray_engine.crew import RayCrew
from robaudit.commands.ray_engine.mirror import Change
from robaudit.commands.ray_engine.worker import Heard
from robaudit.errors import UsageError
from tests.support.ray_stand_in import Actor, ActorLostError, StandIn

HERE = {"the model": "a network", "the version of numpy": "2"}


class Cluster:
    """Workers that do parts as ``do`` says, which is told who does it, from 0, and which."""

    def __init__(
        self, do: Callable[[int, int], bool], opens: Callable[[int], Any] = lambda _: HERE
    ):
        self.ray, self.do, self.opens = StandIn(), do, opens
        self.began, self.stopped = 0, list[int]()
        self.parts, self.said, self.stages = list[int](), list[tuple[int, int]](), list[Any]()
        self.is_to_stop: Callable[[], bool] = lambda: False

    def start(self) -> Actor:
        number, self.began = self.began, self.began + 1

        def do(part: int) -> bool:
            done = self.do(number, part)
            self.parts.append(part)
            return done

        def heard() -> Heard:
            return Heard({"training": (1, 2)}, [Change(f"ray-{number}.blocks", 0, b"done")])

        return Actor(
            {
                "open": lambda: self.opens(number),
                "do": do,
                "heard": heard,
                "stop": lambda: self.stopped.append(number),
            }
        )

    def crew(self, folder: Path, *, count: int = 2, of: int = 5) -> RayCrew:
        return RayCrew(
            self.ray,
            self.start,
            count,
            of,
            folder,
            HERE,
            lambda done, total: self.said.append((done, total)),
            lambda *stage: self.stages.append(stage),
            lambda: bool(self.is_to_stop()),
        )


def dies(*parts: int) -> Callable[[int, int], bool]:
    """Let the first worker that gets one of these parts die of it."""
    left = [*parts]

    def do(_number: int, part: int) -> bool:
        if part in left:
            left.remove(part)
            raise ActorLostError
        return True

    return do


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crews, "_SECONDS_BETWEEN_WORDS", 0)


def test_all_parts_are_done_and_what_was_kept_arrives(tmp_path: Path) -> None:
    cluster = Cluster(lambda *_: True)
    assert cluster.crew(tmp_path).work() == 0
    assert sorted(cluster.parts) == [1, 2, 3, 4, 5]
    assert cluster.said[-1] == (5, 5)
    assert cluster.stages[-1] == ("training", 1, 2)
    assert (tmp_path / "ray-0.blocks").read_bytes() == b"done"
    assert len(cluster.ray.killed) == cluster.began == 2


def test_who_dies_is_replaced_and_its_part_done_again(tmp_path: Path) -> None:
    cluster = Cluster(dies(2, 3))
    crew = cluster.crew(tmp_path)
    assert crew.work() == 0
    assert sorted(cluster.parts) == [1, 2, 3, 4, 5]
    assert cluster.began == 4
    assert crew.failures == ["a worker was lost"]


def test_a_part_that_ends_whoever_does_it_is_left(tmp_path: Path) -> None:
    cluster = Cluster(dies(2, 2, 2, 2, 2, 2))
    assert cluster.crew(tmp_path).work() == 1
    assert sorted(cluster.parts) == [1, 3, 4, 5]


def test_what_goes_wrong_there_is_told_and_left(tmp_path: Path) -> None:
    def do(_number: int, part: int) -> bool:
        if part == 1:
            raise ZeroDivisionError("of part 1")
        return True

    crew = Cluster(do).crew(tmp_path)
    assert crew.work() == 1
    assert crew.failures == ["ZeroDivisionError('of part 1')"]


def test_where_no_worker_opens_the_model_all_is_left(tmp_path: Path) -> None:
    def opens(_number: int) -> Any:
        raise ActorLostError

    cluster = Cluster(lambda *_: True, opens)
    assert cluster.crew(tmp_path).work() == 5
    assert cluster.began < 6


def test_workers_of_other_versions_are_refused(tmp_path: Path) -> None:
    cluster = Cluster(lambda *_: True, lambda _: {**HERE, "the version of numpy": "3"})
    with pytest.raises(UsageError, match=r"the version of numpy is another to the workers: 3"):
        cluster.crew(tmp_path).work()
    assert len(cluster.ray.killed) == cluster.began


def test_work_that_is_to_stop_hands_out_nothing_more(tmp_path: Path) -> None:
    cluster = Cluster(lambda _, part: part != 2)  # which is stopped within
    cluster.is_to_stop = lambda: len(cluster.parts) >= 2
    assert cluster.crew(tmp_path, count=1).work() == 4
    assert cluster.parts == [1, 2]
    assert (tmp_path / "ray-0.blocks").exists()


def test_a_cluster_that_is_lost_leaves_the_rest(tmp_path: Path) -> None:
    cluster = Cluster(lambda *_: True)

    def wait(*_: Any, **__: Any) -> Any:
        raise ConnectionError("gone")

    cluster.ray.wait = wait  # type: ignore[method-assign]
    crew = cluster.crew(tmp_path)
    assert crew.work() == 5
    assert "the cluster was lost" in crew.failures[0]

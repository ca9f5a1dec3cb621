"""Workers of a cluster that do parts of a job: who dies is replaced, and its part done again."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from robaudit.commands.ray_engine.mirror import apply
from robaudit.commands.ray_engine.worker import Heard
from robaudit.errors import RobauditError, UsageError
from robaudit.types import Progress

_SECONDS_BETWEEN_LOOKS = 0.2
_SECONDS_BETWEEN_WORDS = 1.0
_SECONDS_TO_OPEN = 600.0
"""As long as a model may take here until its first answer."""
_SECONDS_TO_END = 0.5
_REST = "rest"
_MOST_TRIES = 3
_MOST_FAILURES = 3
"""So many workers may fail, one after the other, before the first of them has opened the model."""


@dataclass(eq=False)
class _Member:
    """A worker, what it was asked that it has not answered, and which part it does."""

    actor: Any
    asked: dict[str, Any] = field(default_factory=dict)
    began: float | None = None
    open: bool = False
    part: int | None = None
    ended: bool | None = None
    heard_at: float = 0.0

    def ask(self, what: str, *arguments: Any) -> None:
        """Call a method of the actor; the answer comes later."""
        self.asked[what] = getattr(self.actor, what).remote(*arguments)

    def ask_rest(self) -> None:
        """Ask for what is there of a part that has ended."""
        self.asked[_REST] = self.actor.heard.remote()


@dataclass
class RayCrew:
    """So many workers, ``count``, that do parts 1 to ``of`` of a job.

    ``start`` begins one, and ``folder`` gets what they hand over. ``expected`` is what computes
    here, which has to be the same with them. ``told`` hears how many parts are done, ``progress``
    how far each stage of their work is. ``failures`` says of workers that were lost why.
    """

    ray: Any
    start: Callable[[], Any]
    count: int
    of: int
    folder: Path
    expected: Mapping[str, str]
    told: Callable[[int, int], None]
    progress: Progress
    is_to_stop: Callable[[], bool]
    failures: list[str] = field(default_factory=list)
    _left: deque[int] = field(default_factory=deque)
    _tries: dict[int, int] = field(default_factory=dict)
    _done: int = 0
    _in_a_row: int = 0
    _stops: bool = False
    _members: list[_Member] = field(default_factory=list)

    def work(self) -> int:
        """Work until all parts are done or the work is to stop; give how many are not done.

        Raises UsageError where workers compute by other versions than this process.
        """
        self._left = deque(range(1, self.of + 1))
        self.told(0, self.of)
        try:
            while self._fill():
                self._ask()
                waited_for = {ref: (each, what) for each, what, ref in self._questions()}
                for ref in self._ready([*waited_for]):
                    member, what = waited_for[ref]
                    if member in self._members:
                        self._hear(member, what)
        finally:
            self._end()
        return self.of - self._done

    def _ready(self, asked: list[Any]) -> list[Any]:
        """Wait for an answer, for a moment at most."""
        try:
            return [*self.ray.wait(asked, timeout=_SECONDS_BETWEEN_LOOKS)[0]]
        except Exception as error:  # noqa: BLE001 - Ray has many; what is left is done here
            self._lose_all(error)
            return []

    def _started(self) -> list[_Member]:
        """Begin a worker, if the cluster is there."""
        try:
            member = _Member(self.start())
            member.ask("begun")
        except Exception as error:  # noqa: BLE001 - as above
            self._lose_all(error)
            return []
        return [member]

    def _lose_all(self, error: Exception) -> None:
        """Begin and wait for nothing more, since the cluster is gone."""
        self.failures.append(f"the cluster was lost: {error!r}")
        self._in_a_row = _MOST_FAILURES
        self._members.clear()

    def _fill(self) -> bool:
        """Begin as many workers as there is work for; tell whether there is any to wait for."""
        if self.is_to_stop() and not self._stops:
            self._stops = True
            for each in self._members:
                each.actor.stop.remote()
        if self._stops:
            self._left.clear()
        busy = sum(each.part is not None for each in self._members)
        wanted = min(self.count, len(self._left) + busy)
        while len(self._members) < wanted and self._in_a_row < _MOST_FAILURES:
            self._members += self._started()
        return busy > 0 or bool(self._left and self._members)

    def _ask(self) -> None:
        """Hand out parts, and ask how far they are."""
        now = time.monotonic()
        for each in [*self._members]:
            if each.began is not None and not each.open and now - each.began > _SECONDS_TO_OPEN:
                self._lose(each, f"no answer of the model within {_SECONDS_TO_OPEN:.0f} s")
            elif each.open and each.part is None and self._left:
                each.part, each.ended = self._left.popleft(), None
                self._tries[each.part] = self._tries.get(each.part, 0) + 1
                each.ask("do", each.part)
            elif each.part is None or {"heard", _REST} & set(each.asked):
                continue
            elif each.ended is not None:
                each.ask_rest()
            elif now - each.heard_at > _SECONDS_BETWEEN_WORDS:
                each.ask("heard")

    def _questions(self) -> Iterator[tuple[_Member, str, Any]]:
        for each in self._members:
            for what, ref in each.asked.items():
                yield each, what, ref

    def _hear(self, member: _Member, what: str) -> None:
        """Take the answer to what a worker was asked."""
        try:
            answer = self.ray.get(member.asked.pop(what))
        except self.ray.exceptions.RayActorError:
            self._lose(member, "a worker was lost")
            return
        except Exception as error:  # noqa: BLE001 - what is wrong there we may meet here, and say
            self._lose(member, str(error) if isinstance(error, RobauditError) else repr(error))
            return
        if what == "begun":
            member.began = time.monotonic()
            member.ask("open")
        elif what == "open":
            self._check_same(answer)
            member.open, self._in_a_row = True, 0
        elif what == "do":
            member.ended = answer
        else:
            self._take(member, answer, of_all=what == _REST)

    def _take(self, member: _Member, heard: Heard, *, of_all: bool) -> None:
        """Take what a worker hands over; where it is all there is of a part, that is at its end."""
        apply(heard.changes, self.folder)
        for stage, (done, total) in heard.progress.items():
            self.progress(stage, done, total)
        member.heard_at = 0.0 if heard.more else time.monotonic()
        if of_all and not heard.more:
            self._done += bool(member.ended)
            member.part = None
            self.told(self._done, self.of)

    def _check_same(self, computes: Mapping[str, str]) -> None:
        """Raise UsageError where a worker does not compute as this process does."""
        for what in {**self.expected, **computes}:
            found, here = computes.get(what, "nothing"), self.expected.get(what, "nothing")
            if found != here:
                raise UsageError(
                    f"{what} is another to the workers: {found}",
                    expected=f"{here}, as here",
                    advice="Start robaudit on a machine like those of the cluster, with the same "
                    "versions installed: else the results would not be the same.",
                )

    def _lose(self, member: _Member, why: str) -> None:
        """Let a worker go; what it was at is left to another, unless it was tried often."""
        if why not in self.failures:
            self.failures.append(why)
        self._members.remove(member)
        if not member.open:
            self._in_a_row += 1
        if member.part is not None and self._tries[member.part] < _MOST_TRIES:
            self._left.appendleft(member.part)
        with suppress(Exception):
            self.ray.kill(member.actor)

    def _end(self) -> None:
        """Let all workers go, once those that can have tidied up."""
        with suppress(Exception):
            ends = [each.actor.end.remote() for each in self._members if each.open]
            if ends:
                self.ray.wait(ends, num_returns=len(ends), timeout=_SECONDS_TO_END)
        for each in self._members:
            with suppress(Exception):
                self.ray.kill(each.actor)
        self._members.clear()

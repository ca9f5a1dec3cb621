"""Work in blocks: what is done is kept, and what is kept is not done again.

A stage that may take long cuts its work into blocks, the same ones whatever machine and however
many processes do them, and asks for each whether it is there. A block is kept under the
fingerprint of everything that it depends on: where anything of that is another, it is another
block. By default nothing is kept, and all is done. A run may be one share of several, which does
of the blocks of a stage those that are its own.

Blocks are small, so that little is lost with one, and are written a few seconds' worth at a
time, so that writing them costs next to nothing.
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np

from robaudit.errors import OutputError
from robaudit.storage.fingerprint import fingerprint
from robaudit.storage.journal import Block, Journal
from robaudit.storage.packed import packed, unpacked
from robaudit.storage.share import Share, ShareDone

T = TypeVar("T")

SECONDS = 5.0
"""So much work may wait to be written: syncing more often is most of what it costs to keep it."""

SECONDS_BETWEEN_LOOKS = 0.5
"""Shares that do a stage together look for what others have done once in so long."""

_MOST_WAITING = 2**26
"""So many bytes may."""


class Stopped(KeyboardInterrupt):
    """Work was to stop, and what there is was kept."""


def _never() -> bool:
    return False


def _nobody(_sentence: str) -> None:
    """Hear nothing."""


@dataclass
class Keeping:
    """What all blocks of a run share: where they are kept, and whether the run is to stop.

    Nowhere without a ``journal``. ``tell`` hears, once, what was there and what is left. The run
    may be a ``share`` of several; ``began_with`` are fingerprints that have to be the same in all
    of them, by what they are of.
    """

    journal: Journal | None = None
    is_to_stop: Callable[[], bool] = _never
    tell: Callable[[str], None] = _nobody
    share: Share | None = None
    found: Counter[str] = field(default_factory=Counter)
    began_with: dict[str, str] = field(default_factory=dict)
    _shared_out: int = 0
    _waiting: dict[str, Block] = field(default_factory=dict)
    _since: float = field(default_factory=time.monotonic)
    _looked: float = -math.inf
    _told: bool = False

    def write(self) -> None:
        """Write what waits for it. Raises OutputError where there is no room."""
        self._since = time.monotonic()
        if self.journal is None or not self._waiting:
            return
        try:
            self.journal.append(self._waiting.values())
        except OSError as error:
            raise OutputError(
                f"what was done cannot be kept in {self.journal.folder}: {error.strerror or error}",
                expected="room for it",
                advice="Make room: the same command goes on from what was kept before.",
            ) from error
        self._waiting.clear()

    def wait_to_write(self, block: Block) -> None:
        """Take a block to be written soon, with others."""
        self._waiting[block.key] = block
        enough = sum(len(each.content) for each in self._waiting.values()) > _MOST_WAITING
        if enough or time.monotonic() - self._since > SECONDS:
            self.write()

    def share_out(self, count: int) -> list[bool]:
        """Mark which of the next ``count`` blocks that are shared out are done by this run.

        They follow on those of the stages before, so that shares come out even. Every share of a
        run has to ask in the same order.
        """
        if self.share is None:
            return [True] * count
        first, self._shared_out = self._shared_out, self._shared_out + count
        return [self.share.has(first + number) for number in range(count)]

    def own_order(self, count: int) -> list[int]:
        """Give an order of blocks 0 to ``count`` - 1 that is another in each share of a run."""
        if self.share is None or not count:
            return list(range(count))
        others = [number for number in range(count) if number != (self.share.number - 1) % count]
        order = np.random.default_rng(self.share.number).permutation(others).tolist()
        return [(self.share.number - 1) % count, *map(int, order)]

    def look_again(self, every: float = 0.0) -> None:
        """Find what other shares have kept meanwhile, and let them find what this one has.

        Nothing is done so many seconds after it was done last, since to sync takes its time.
        """
        late = time.monotonic() - self._looked >= every
        if self.share is not None and self.journal is not None and late:
            self.write()
            self.journal.look_again()
            self._looked = time.monotonic()

    def tell_what_is_left(self, what: str) -> None:
        """Say once, where anything was there, how far the work is: ``what`` is left."""
        there = self.found.total()
        if there and not self._told:
            blocks = f"{there:,} blocks of work are" if there > 1 else "1 block of work is"
            self.tell(f"goes on where it stopped: {blocks} there; left: {what}")
        self._told = True


@dataclass(frozen=True)
class Blocks:
    """The blocks of some stage: their keys hang on ``base``, the fingerprint of what came before.

    By default nothing is kept. Those that are not ``shared`` out are done by every share of a run.
    """

    keeping: Keeping = field(default_factory=Keeping)
    base: str = ""
    shared: bool = True

    @property
    def are_kept(self) -> bool:
        """Whether anything is kept: if not, no fingerprint need be known."""
        return self.keeping.journal is not None

    def within(self, **parts: Any) -> "Blocks":
        """Let all that follows depend on these values, too; see `fingerprint`."""
        return replace(self, base=self.key("", **parts))

    def not_shared(self) -> "Blocks":
        """Have all that follows done by whoever comes to it."""
        return replace(self, shared=False)

    def mine(self, count: int) -> list[bool]:
        """Mark which of the next ``count`` blocks are done by this run: see `Keeping.share_out`."""
        return self.keeping.share_out(count) if self.shared else [True] * count

    def key(self, kind: str, /, **parts: Any) -> str:
        """Give the key of a block that depends on these values; none where nothing is kept."""
        if not self.are_kept:
            return ""
        return fingerprint(base=self.base, kind=kind, parts=parts)

    def find(self, kind: str, key: str, of: type[T]) -> T | None:
        """Give what is kept of a type under a key; ``None`` where there is nothing."""
        journal = self.keeping.journal
        content = None if journal is None else journal.read(key)
        if journal is None or content is None:
            return None
        try:
            found = unpacked(content, of)
        except ValueError:
            journal.discard(key)
            return None
        self.keeping.found[kind] += 1
        return found

    def keep(self, kind: str, key: str, value: Any) -> None:
        """Keep what was done; it is written by the end of the run, and mostly soon."""
        if self.are_kept:
            self.keeping.wait_to_write(Block(kind, key, packed(value)))

    def done(self, kind: str, of: type[T], do: Callable[[], T], /, **parts: Any) -> T:
        """Give what is kept, else do it and keep it; it depends on these values and the base.

        Raises Stopped where there is nothing and the work is to stop.
        """
        key = self.key(kind, **parts)
        found = self.find(kind, key, of)
        if found is not None:
            return found
        self.heed()
        self.keeping.tell_what_is_left(f"what begins with the {kind}")
        value = do()
        self.keep(kind, key, value)
        return value

    def each(
        self,
        kind: str,
        of: type[T],
        count: int,
        task: Callable[[int], tuple[Callable[[], T], Mapping[str, Any]]],
    ) -> list[T | None]:
        """Give ``count`` blocks, as `done` does; ``None`` is what another share has to do.

        ``task`` gives what does a block, by its number, and what it depends on.
        """
        found: list[T | None] = []
        for number, mine in enumerate(self.mine(count)):
            do, parts = task(number)
            if mine:
                found.append(self.done(kind, of, do, **parts))
            else:
                found.append(self.find(kind, self.key(kind, **parts), of))
        return found

    def together(
        self,
        kind: str,
        of: type[T],
        count: int,
        task: Callable[[int], tuple[Callable[[], T], Mapping[str, Any]]],
    ) -> list[T]:
        """Give ``count`` blocks, all of which every share needs before it can do its own.

        Shares that work in one folder divide them among themselves, each in an order of its own.
        ``task`` is as in `each`. Raises Stopped as `done` does.
        """
        found: dict[int, T] = {}
        for number in self.keeping.own_order(count):
            self.keeping.look_again(SECONDS_BETWEEN_LOOKS)
            do, parts = task(number)
            found[number] = self.done(kind, of, do, **parts)
        self.keeping.look_again()
        return [found[number] for number in range(count)]

    def heed(self) -> None:
        """Raise Stopped where the work is to stop, once all that was done is written."""
        if self.keeping.is_to_stop():
            self.keeping.write()
            raise Stopped


def all_there(found: list[T | None]) -> list[T]:
    """Give what `Blocks.each` found. Raises ShareDone where another share has to do some of it."""
    there = [one for one in found if one is not None]
    if len(there) < len(found):
        raise ShareDone
    return there

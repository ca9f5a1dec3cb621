"""Shares of a run, each of which does some of its blocks, wherever that may be.

What hangs on all samples every share does alike; of what is cut by samples each does every so
many-th block. Blocks are the same whoever does them, so a run that finds those of all shares
comes to the same as one that did everything.
"""

from dataclasses import dataclass

from robaudit.errors import UsageError


class ShareDone(BaseException):
    """All of a share is done: what follows needs the blocks of others."""


@dataclass(frozen=True)
class Share:
    """Share ``number``, from 1, ``of`` so many.

    Raises UsageError where there is no such share.

    >>> [Share(2, 3).has(block) for block in range(5)]
    [False, True, False, False, True]
    """

    number: int
    of: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.of:
            raise UsageError(
                f"shard {self}",
                expected="I/N, with I from 1 to N",
                advice="Where shards are counted from 0, add 1." if self.number == 0 else "",
            )

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def has(self, block: int) -> bool:
        """Tell whether a block is of this share, by its number from 0."""
        return block % self.of == self.number - 1

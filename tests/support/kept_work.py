"""Work that is kept in a folder, with what is told of it, and models that fail after a while."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from robaudit import Classifier
from robaudit.storage.blocks import Blocks, Keeping
from robaudit.storage.journal import Block, Journal
from robaudit.types import FloatArray


class KeptWork:
    """Blocks in a folder, what was told of them, and when the work is to stop.

    That is once so many blocks of a kind were kept: ``stop_after``.
    """

    def __init__(self, folder: Path, **stop_after: int) -> None:
        self.told, self.stop_after = list[str](), stop_after
        journal = Journal(folder, self.told.append)
        self.keeping = Counting(journal, self._is_to_stop, self.told.append)
        self.blocks = Blocks(self.keeping).within(model="it")

    @property
    def found(self) -> dict[str, int]:
        """How many blocks of each kind were there."""
        return dict(self.keeping.found)

    def _is_to_stop(self) -> bool:
        return any(self.keeping.kept[kind] >= most for kind, most in self.stop_after.items())


def blocks_in(folder: Path) -> int:
    """Count the blocks that were written in a folder."""
    written = (path.read_bytes() for path in folder.glob("*.blocks"))
    return sum(content.count(b"robaudit-block-1 ") for content in written)


@dataclass
class Counting(Keeping):
    """Counts what is kept, by its kind."""

    kept: Counter[str] = field(default_factory=Counter)

    def wait_to_write(self, block: Block) -> None:
        """Count a block."""
        self.kept[block.kind] += 1
        super().wait_to_write(block)


class Ended(BaseException):
    """Whatever ends a process: nothing catches it."""


def ending_after(classifier: Classifier, calls: int, end: Callable[[], None]) -> Classifier:
    """Make a classifier that ends its process, or does what ``end`` does, at one of its calls."""
    left = calls

    def predict(x: FloatArray) -> FloatArray:
        nonlocal left
        left -= 1
        if left == 0:
            end()
        return classifier.predict(x)

    return replace(classifier, predict=predict)


def killed() -> None:
    """End the process, as far as a test can."""
    raise Ended

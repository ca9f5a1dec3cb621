"""The folder in which a run keeps what it has done, inside that of its results.

It is there from the first block that is kept until the results are whole. What lies in it is of
one model and the same data: other work is not mixed with it.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from robaudit.errors import OutputError, UsageError
from robaudit.phrases import printable
from robaudit.storage.files import write_files
from robaudit.storage.journal import SUFFIX, Journal
from robaudit.storage.latest import SUFFIX as LATEST
from robaudit.storage.lock import Lock

NAME = ".robaudit"
_LOCK, _OWNER = "lock", "work.json"
_MOST = 2**16
_TRIES, _SECONDS_BETWEEN = 10, 0.1


@dataclass(frozen=True)
class Owner:
    """What work is of: the ``model`` and the ``data``, by their names and fingerprints."""

    model: str
    model_sha256: str
    data: str
    data_sha256: str


class WorkFolder:
    """The folder of the work of a run whose results go to ``results``.

    ``tell`` hears of damages.
    """

    def __init__(self, results: Path, tell: Callable[[str], None]) -> None:
        self.results, self.folder = results, results / NAME
        self._tell = tell
        self._lock = Lock(self.folder / _LOCK)

    def open(self) -> None:
        """Begin to work here. Raises UsageError where another run does."""
        if self.folder.is_symlink():
            raise UsageError(f"{self.folder} is a link", expected="a folder of robaudit's own")
        try:
            self._new = [
                each for each in (self.results, *self.results.parents) if not each.exists()
            ]
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            taken = self._take_lock()
        except OSError as error:
            raise OutputError(
                f"{self.folder} cannot be written to: {error.strerror or error}",
                advice="Make room, or choose another place with -o.",
            ) from error
        if not taken:
            process = self._lock.holder
            by = f" by process {process}" if process.isdigit() else ""
            raise UsageError(
                f"{self.results} is being worked in{by}",
                expected="a folder for one run at a time",
                advice="Wait for it, or name another folder with -o.",
            )

    def _take_lock(self) -> bool:
        """Take the lock, if need be once a run that was killed a moment ago is gone."""
        for _ in range(_TRIES):
            if self._lock.take():
                return True
            time.sleep(_SECONDS_BETWEEN)
        return False

    @property
    def has_work(self) -> bool:
        """Whether anything was kept."""
        return any(path.stat().st_size for path in self._kept())

    def journal(self, owner: Owner, beside: Iterable[Path] = ()) -> Journal:
        """Give the journal of work on a model and data; see `Journal`.

        Raises UsageError where what was kept is work on others.
        """
        known = _read(self.folder / _OWNER)
        if known is not None and self.has_work:
            for of in ("model", "data"):
                names = known.get(of), getattr(owner, of)
                found, expected = known.get(f"{of}_sha256"), getattr(owner, f"{of}_sha256")
                if found != expected:
                    raise UsageError(
                        f"{self.results} holds unfinished work on another {of}, "
                        f"{_called(names[0], found)}",
                        expected=f"that on {_called(names[1], expected)}",
                        advice="Begin anew with --fresh, or name another folder with -o.",
                    )
        text = json.dumps(vars(owner)).encode()
        write_files(self.folder, {_OWNER: lambda file: file.write(text)})
        return Journal(self.folder, self._tell, beside=beside)

    def clear(self) -> int:
        """Remove what was kept; give how many bytes that was."""
        size = 0
        for path in (*self._kept(), *self.folder.glob(f"*{_OWNER}*")):
            size += path.stat().st_size
            path.unlink()
        return size

    def _kept(self) -> list[Path]:
        return [path for each in (SUFFIX, LATEST) for path in self.folder.glob(f"*{each}*")]

    def close(self) -> None:
        """End working here: what was kept stays; where nothing was, nothing is left."""
        if not self.has_work:
            self.clear()
        self._lock.remove()
        with suppress(OSError):  # what is not empty stays
            self.folder.rmdir()
            for folder in self._new:
                folder.rmdir()


def _read(path: Path) -> Mapping[str, object] | None:
    with suppress(OSError, ValueError, RecursionError):
        if path.stat().st_size <= _MOST:
            known = json.loads(path.read_bytes())
            return known if isinstance(known, dict) else None
    return None


def _called(name: object, sha256: object) -> str:
    return printable(f"{name} ({str(sha256)[:16]})")

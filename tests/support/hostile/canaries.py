"""Places that tell whether a hostile file did anything: what it could do there is seen.

Four canaries: a path where nothing may appear, a port that nobody may connect to, and a secret
both in a variable of the environment and in a file, that must not be in anything that is said
or written.
"""

import io
import re
import socket
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

VARIABLE = "CANARY_IN_THE_ENVIRONMENT"
SECRET_IN_ENVIRONMENT = "yellow-feathers"
SECRET_IN_FILE = "sings-in-the-mine"
MARKUP = "<img src=x onerror=canary()>"
"""What a page would run, where it stood in it as it is."""

ESCAPES = "\x1b]0;owned\x07\x1b[2J\u202egnp.\u2066"
"""What a terminal would obey, and what turns the order of what follows."""

_FINE, _REFUSED = (0, 4), (2, 3)


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, ``None`` where it was killed, and what it said."""

    code: int | None
    out: str
    err: str


@dataclass
class Place:
    """A folder to work in, with a home and a temporary folder beside it, and the canaries."""

    root: Path
    listening: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    def __post_init__(self) -> None:
        self.listening.setblocking(False)
        for name in ("work", "home", "temporary", "elsewhere"):
            (self.root / name).mkdir()
        self.secret.write_text(f"{SECRET_IN_FILE}\n" * 400)
        self.given: set[Path] = set()

    @property
    def work(self) -> Path:
        """The folder that a command is run in, and that a hostile file lies in."""
        return self.root / "work"

    @property
    def written(self) -> Path:
        """Where nothing may appear."""
        return self.root / "elsewhere/written"

    @property
    def secret(self) -> Path:
        """A file whose content nobody may see; it is as large as the weights of small models."""
        return self.root / "elsewhere/secret"

    @property
    def code(self) -> str:
        """An expression of Python that does all the harm at once, and gives a number."""
        parts = [
            f"__import__('pathlib').Path({str(self.written)!r}).touch()",
            f"__import__('socket').create_connection({self.listening.getsockname()}).close()",
            f"print(__import__('os').environ[{VARIABLE!r}], flush=True)",
            f"print(open({str(self.secret)!r}).read(), flush=True)",
        ]
        return f"({', '.join(parts)}, 1)[-1]"

    @property
    def environment(self) -> dict[str, str]:
        """What a command gets to know of the place."""
        folders = {"HOME": self.root / "home", "TMPDIR": self.root / "temporary"}
        return {VARIABLE: SECRET_IN_ENVIRONMENT, **{k: str(v) for k, v in folders.items()}}

    def arm(self) -> None:
        """Note what lies there before a command is run."""
        self.given = set(self.root.rglob("*"))

    def harm(self, ended: Ended, words: str, out: str = "out") -> list[str]:
        """List what came of a file that should have been refused with ``words``, or harmless."""
        return [*self._touched(), *self._written(out), *_told(ended), *_ending(ended, words)]

    def _touched(self) -> Iterator[str]:
        if self.written.exists():
            yield "the canary was written"
        with suppress(BlockingIOError):
            self.listening.accept()[0].close()
            yield "there was a connection"

    def _written(self, out: str) -> Iterator[str]:
        for path in sorted(self.given):
            left = path.suffix == ".part"  # by runs that were killed: the next one clears it
            if not (left or path.exists() or path.is_symlink()):
                yield f"{path} is gone"
        results, temporary = self.work / out, self.root / "temporary"
        for path in sorted(set(self.root.rglob("*")) - self.given - {self.written}):
            if path.is_relative_to(temporary):  # frameworks keep there what they compile
                continue
            if not path.is_relative_to(results):
                yield f"{path} was written"
            elif path.is_file():
                yield from _in_result(path)


def _in_result(path: Path) -> Iterator[str]:
    """Look into a file of results, and what is packed in it."""
    content = path.read_bytes()
    if path.suffix == ".npz":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = b"".join(archive.read(name) for name in archive.namelist())
    yield from (f"{path.name} has {secret}" for secret in _secrets(content.decode("latin-1")))
    text = content.decode("utf-8", "replace")
    if path.suffix in (".html", ".md") and (MARKUP in text or _obeyed(text)):
        yield f"{path.name} has what a reader would run or obey"


def _secrets(text: str) -> list[str]:
    return [secret for secret in (SECRET_IN_ENVIRONMENT, SECRET_IN_FILE) if secret in text]


def _obeyed(text: str) -> bool:
    return any(
        unicodedata.category(char) in ("Cc", "Cf") and char not in "\n\r\t\u200b" for char in text
    )


def _told(ended: Ended) -> Iterator[str]:
    said = ended.out + ended.err
    yield from (f"{secret} was said" for secret in _secrets(said))
    if _obeyed(said):
        yield f"the terminal was told to do something: {said!r:.300}"


def _ending(ended: Ended, words: str) -> Iterator[str]:
    last = "".join(ended.err.strip().splitlines()[-1:])
    if ended.code is None:
        yield "it went on for ever"
    elif "Traceback" in ended.err or "not foreseen" in ended.err:
        yield f"no clear message: {ended.err[-2000:]}"
    elif not words and ended.code not in _FINE:
        yield f"it is refused, with {ended.code}: {last}"
    elif words and ended.code not in _REFUSED:
        yield f"it is not refused, but ends with {ended.code}"
    elif words and not (last.startswith("robaudit: ") and re.search(words, last)):
        yield f"it is refused for another reason than {words}: {ended.err[-2000:]}"

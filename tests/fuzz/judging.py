"""What a case came to, by how its child ended, what it said and what it left."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.children import Ended

OUTCOMES = (
    "success", "clear error", "time limit", "signal", "traceback", "noise", "hang", "memory",
    "stray file", "escape",
)  # fmt: skip
ALLOWED = {"success", "clear error", "time limit", "signal"}
"""What does not fail a run.

A time limit is the command line's own, which ended what would have taken long; a signal is
that of the child, which the command line survives.
"""

_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)
_TRACEBACK = re.compile(r"Traceback \(most recent|not foreseen")
_LIBRARY = re.compile(
    r"Warning\b|^\s*warnings\.warn|\[[WEF]:onnxruntime|^[WEIF]\d{4} |^WARNING|0x[0-9a-f]{8,}",
    re.MULTILINE,
)
_ALLOWED_PLACES = re.compile(r"work/out(/|$)|temporary/torchinductor_\w+$")
"""Where results go, and an empty folder that torch makes when it is imported."""
_PAGES = {".html", ".md", ".json", ""}


@dataclass(frozen=True)
class Outcome:
    """What a case came to, with what shows it."""

    kind: str
    shown: str = ""
    seconds: float = 0.0

    @property
    def fails(self) -> bool:
        return self.kind not in ALLOWED


def snapshot(place: Path) -> dict[str, str]:
    """Give the hashes of all files in a place, with what links and folders there are."""
    return {
        str(path.relative_to(place)): hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file() and not path.is_symlink()
        else "folder or link"
        for path in place.rglob("*")
    }


def judge(
    ended: Ended, place: Path, said: Path, before: Mapping[str, str], *, quiet: bool
) -> Outcome:
    """Judge a case that ran in ``place``: the gravest of what it did."""
    out = said.with_suffix(".out").read_bytes().decode(errors="replace")
    err = said.with_suffix(".err").read_bytes().decode(errors="replace")
    kind, shown = _kind(ended, out, err, quiet=quiet)
    if kind in ("success", "clear error"):
        strange = _strange(place, before)
        escaped = _escape(out, err, place / "work/out")
        if strange:
            kind, shown = "stray file", ", ".join(strange)
        elif escaped:
            kind, shown = "escape", escaped
    return Outcome(kind, shown, ended.seconds)


def _kind(ended: Ended, out: str, err: str, *, quiet: bool) -> tuple[str, str]:
    if ended.stopped:
        return ended.stopped, f"after {ended.seconds:.0f} s"
    if ended.signal is not None:
        return "signal", f"{ended.signal}: {err[-300:]}"
    if _TRACEBACK.search(out + err) or ended.code not in (0, 1, 2, 3, 4):
        return "traceback", f"exit code {ended.code}: {err[-3000:]}"
    if "robaudit: out of memory" in err:
        return "memory", err[-300:]
    lines = err.splitlines()
    own = [line for line in lines if line.startswith("robaudit: ")]
    others = [line for line in lines if line not in own]
    clear = ended.code in (2, 3)
    if len(own) != clear or (quiet and others) or _LIBRARY.search("\n".join([out, *others])):
        return "noise", err[-2000:] or out[-2000:]
    return ("clear error" if clear else "success"), err[-1000:]


def _strange(place: Path, before: Mapping[str, str]) -> list[str]:
    """List what is new, gone or other, but for results."""
    after = snapshot(place)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    return sorted(name for name in changed if not _ALLOWED_PLACES.match(name))


def _escape(out: str, err: str, results: Path) -> str:
    texts = {"stdout": out, "stderr": err}
    if results.is_dir():
        texts |= {
            path.name: path.read_bytes().decode(errors="replace")
            for path in results.rglob("*")
            if path.is_file() and path.suffix in _PAGES
        }
    for name, text in texts.items():
        found = _CONTROL.search(text)
        if found:
            near = text[max(0, found.start() - 60) : found.end() + 60]
            return f"{name}: {near!r}"
    return ""

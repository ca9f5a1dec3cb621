"""Records that lead elsewhere, say what a page would run, or are not of this world."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from robaudit.cli import main
from tests.support.hostile.canaries import ESCAPES, MARKUP, VARIABLE, Place
from tests.support.hostile.data_files import arrays_elsewhere
from tests.support.hostile.fixture import SCAN, Hostile
from tests.support.hostile.pickles import DATA, arrays_of_objects, plain
from tests.support.paths import DIGITS

Edit = Callable[[Any, Place], Any]
HTML = ["report", "audit", "-o", "out/page.html"]
MARKDOWN = ["report", "audit", "-f", "markdown", "-o", "out/page.md"]
TEXT = ["report", "audit", "-f", "text"]
COMPARE = ["compare", "audit", "other", "-o", "out"]
TEMPLATES = (
    f"{{{{ cycler.__init__.__globals__.os.environ['{VARIABLE}'] }}}}"
    "{% include '/etc/passwd' %}${7*7}#{7*7}"
)
WORDS = f"{ESCAPES}{MARKUP}{TEMPLATES}](javascript:canary()) ![x](http://127.0.0.1:9/x) `|\n# x"


@cache
def _scanned() -> Path:
    folder = Path(tempfile.mkdtemp(), "audit")
    assert main(["scan", DIGITS, *DATA, *SCAN[:-1], str(folder), "-q"]) == 0
    return folder


def audits(place: Place) -> Path:
    """Lay two audits into a place, of which the first is to be changed."""
    for name in ("audit", "other"):
        shutil.copytree(_scanned(), place.work / name)
    return place.work / "audit"


def _edited(edit: Edit, command: list[str]) -> Callable[[Place], list[str]]:
    def make(place: Place) -> list[str]:
        path = audits(place) / "audit.json"
        record = json.loads(path.read_text())
        edit(record, place)
        path.write_text(json.dumps(record))
        return command

    return make


def _text(text: str) -> Callable[[Place], list[str]]:
    """Write the text of a record."""

    def make(place: Place) -> list[str]:
        (audits(place) / "audit.json").write_text(text)
        return HTML

    return make


def _file(name: str, write: Callable[[Place], bytes]) -> Callable[[Place], list[str]]:
    """Write something else for a file beside a record, as the record says."""

    def make(place: Place) -> list[str]:
        folder, content = audits(place), write(place)
        (folder / name).write_bytes(content)
        record = json.loads((folder / "audit.json").read_text())
        record["files"][name] = hashlib.sha256(content).hexdigest()
        (folder / "audit.json").write_text(json.dumps(record))
        return COMPARE

    return make


def _laid(name: str, lay: Callable[[Path, Place], Any], command: list[str]) -> Any:
    """Lay something else where a file is looked for."""

    def make(place: Place) -> list[str]:
        path = audits(place) / name
        path.unlink(missing_ok=True)
        lay(path, place)
        return command

    return make


def speaking(record: Any, _: Place) -> None:
    """Put words wherever a record has words of others."""
    record["model"].update(name=WORDS, adapter=WORDS, details={WORDS: WORDS})
    record["data"].update(source=WORDS, split=WORDS)
    record["warnings"] = [WORDS]
    record["environment"].update(python=WORDS, packages={WORDS: WORDS})
    for one in record["margins"]["per_class"]:
        one["name"] = WORDS


def files_at(*names: str) -> Edit:
    def edit(record: Any, place: Place) -> None:
        digest = hashlib.sha256(place.secret.read_bytes()).hexdigest()
        record["files"] = dict.fromkeys((name.format(place.secret) for name in names), digest)

    return edit


def picture(address: str) -> Edit:
    def edit(record: Any, place: Place) -> None:
        text = json.dumps(record)
        start = '"data:image/png;base64,'
        host, port = place.listening.getsockname()
        if start in text:
            at = text.index(start)
            end = text.index('"', at + 1)
            made = json.dumps(address.format(f"{host}:{port}"))
            record.update(json.loads(text[:at] + made + text[end + 1 :]))
        else:
            record["gallery"] = [{"picture": address.format(f"{host}:{port}")}]

    return edit


def number(value: Any) -> Edit:
    def edit(record: Any, _: Place) -> None:
        record["plan"]["samples"] = record["model"]["classes"] = value

    return edit


def _all() -> Iterator[Hostile]:
    for command in (HTML, MARKDOWN, TEXT, COMPARE):
        name = f"record that speaks {command[0]} {command[-1]}"
        words = "not comparable" if command is COMPARE else ""
        yield Hostile(name, _edited(speaking, command), words)
    wrong = "does not|schema|expected"
    for path in ("../../elsewhere/secret", "{}", "..\\secret", "a/../../x", "./../x"):
        yield Hostile(f"record of {path!r}", _edited(files_at(path), HTML), wrong)
    yield Hostile("record of a name that ends early", _edited(files_at("a\0b"), HTML), "")
    for address in ("http://{}/x.png", "data:image/svg+xml;base64,PHN2Zz4=", f'">{MARKUP}'):
        yield Hostile(f"record with {address[:9]}", _edited(picture(address), HTML), wrong)
    for value in (10**300, -1, 1e308, 0, True, "7", [7], None):
        yield Hostile(f"record of {value!r:.9} classes", _edited(number(value), HTML), wrong)
    for text in (
        *("[" * 100_000, '{"a":' * 100_000, "9" * 100_000, "1e999", "NaN", '{"schema": 1e999}'),
        *("", "null", "[]", '"' + "x" * 100, "\x00\xff", "{}", '{"kind": "comparison"}'),
    ):
        yield Hostile(f"record {text[:12]!r}", _text(text), "expected")
    for name in ("rays.npz", "attacks.npz"):
        for write in (arrays_of_objects, plain, arrays_elsewhere):
            made, words = _file(name, write), "rays.npz|attacks.npz"
            yield Hostile(f"{write.__name__} {name}", made, words)
    secret, device = _link_to_secret, _link_to_device
    yield Hostile("secret for a record", _laid("audit.json", secret, HTML), "no JSON")
    yield Hostile("secret for rays", _laid("rays.npz", secret, COMPARE), "rays.npz")
    yield Hostile("pipe for a record", _laid("audit.json", _pipe, HTML), "a device or a pipe")
    yield Hostile("pipe for rays", _laid("rays.npz", _pipe, COMPARE), "rays.npz")
    yield Hostile("device for a record", _laid("audit.json", device, HTML), "a device or a pipe")
    yield Hostile("device for rays", _laid("rays.npz", device, COMPARE), "rays.npz")
    yield Hostile(
        "link for a page", _laid("report.html", _link_to_written, ["report", "audit"]), ""
    )


def _link_to_secret(path: Path, place: Place) -> None:
    path.symlink_to(place.secret)


def _link_to_written(path: Path, place: Place) -> None:
    path.symlink_to(place.written)


def _link_to_device(path: Path, _: Place) -> None:
    path.symlink_to("/dev/zero")


def _pipe(path: Path, _: Place) -> None:
    os.mkfifo(path)


MADE = [*_all()]

"""What a share of a run leaves: a folder with its blocks, and a manifest that says what they are.

It may be made on any machine; `robaudit merge` reads the folders of all shares.
"""

import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from robaudit.errors import OutputError, UsageError
from robaudit.phrases import printable
from robaudit.storage.files import write_files
from robaudit.storage.journal import SUFFIX, Journal

MANIFEST, BLOCKS = "shard.json", f"shard{SUFFIX}"
_FORMAT = "robaudit-shard-1"
_MOST = 2**20
_MOST_SHARES = 999_999
_MOST_NAMED = 10


@dataclass(frozen=True)
class Manifest:
    """What a share is of.

    It is share ``number`` ``of`` so many of a run of ``command_line``, on the model and the data
    named, as ``asked`` for (a SHA-256 of the plan and the like); ``computing`` says what computed
    it, ``began_with`` has fingerprints of what comes out the same in all shares.
    """

    number: int
    of: int
    command_line: str
    model: str
    model_sha256: str
    data: str
    data_sha256: str
    asked: str
    computing: Mapping[str, str]
    began_with: Mapping[str, str] = field(default_factory=dict)
    format: str = _FORMAT


@dataclass(frozen=True)
class Shard:
    """A share that is done, and the folder that it is in."""

    folder: Path
    manifest: Manifest

    @property
    def blocks(self) -> Path:
        """The journal of its blocks."""
        return self.folder / BLOCKS


def write_shard(folder: Path, journal: Journal, manifest: Manifest) -> None:
    """Let a ``folder`` be that of a share that is done, whose blocks are in a ``journal`` by now.

    One that is there is replaced. Ended in between, it is gone on from. Raises OutputError where
    that cannot be done.
    """
    text = json.dumps(dataclasses.asdict(manifest), indent=1).encode()
    try:
        own = journal.gathered()
        write_files(folder, {MANIFEST: lambda file: file.write(text)})
        os.replace(own, folder / BLOCKS)  # noqa: PTH105 - one that is there is replaced
    except OSError as error:
        raise OutputError(
            f"{folder / BLOCKS} cannot be written: {error.strerror or error}",
            advice="Make room, or choose another place with -o.",
        ) from error


def blocks_before(folder: Path, manifest: Manifest) -> list[Path]:
    """Find the blocks of a share that was done before, to go on from: their journal, if any.

    Raises UsageError where it is another share, or of another model or other data.
    """
    blocks = folder / BLOCKS
    if not _is_there(blocks):
        return []
    if _is_there(folder / MANIFEST):
        before = _of_share(read_manifest(folder / MANIFEST))
        for what, here in _of_share(manifest).items():
            if before[what].of != here.of:
                holds = f"{folder} holds a shard that differs in {what}: {before[what].shown}"
                raise UsageError(
                    printable(holds),
                    expected=printable(here.shown),
                    advice="Begin anew with --fresh, or name another folder with -o.",
                )
    return [blocks]


def read_manifest(path: Path) -> Manifest:
    """Read a manifest. Raises UsageError for what is none."""
    import msgspec  # noqa: PLC0415 - only where there are shards

    with suppress(OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        with path.open("rb") as file:
            text = file.read(_MOST + 1)
        if len(text) <= _MOST:
            manifest = msgspec.json.decode(text, type=Manifest)
            if manifest.format == _FORMAT and 1 <= manifest.number <= manifest.of <= _MOST_SHARES:
                return manifest
    raise UsageError(
        f"{path} is not what a shard of this version has written",
        expected=f"a folder with {MANIFEST} and {BLOCKS}",
        advice="Do the shard again with this version of robaudit, and with --fresh.",
    )


def read_shards(folders: Sequence[Path]) -> list[Shard]:
    """Read the shards of one run, each of them once, in their order.

    Raises UsageError where one is missing, there twice, or of another run than the first.
    """
    shards = [_read_shard(folder) for folder in folders]
    first = shards[0]
    for shard in shards[1:]:
        check_same(first, shard.manifest, str(shard.folder))
    folder_of: dict[int, Path] = {}
    for shard in shards:
        number = shard.manifest.number
        if number in folder_of:
            raise UsageError(
                f"shard {number} twice: {folder_of[number]} and {shard.folder}",
                expected="each shard once",
            )
        folder_of[number] = shard.folder
    total = first.manifest.of
    missing = [str(number) for number in range(1, total + 1) if number not in folder_of]
    if missing:
        several = "s" if len(missing) > 1 else ""
        more = f" and {len(missing) - _MOST_NAMED:,} others" if len(missing) > _MOST_NAMED else ""
        raise UsageError(
            f"shard{several} {', '.join(missing[:_MOST_NAMED])}{more} of {total} "
            f"{'are' if several else 'is'} missing",
            expected=f"the folders of all {total}",
        )
    return sorted(shards, key=lambda shard: shard.manifest.number)


def check_same(first: Shard, other: Manifest, name: str) -> None:
    """Raise UsageError, which says what differs, where two shares are not of one run."""
    before, now = _facts(first.manifest), _facts(other)
    for what in {**before, **now}:
        expected, found = before.get(what, _NOTHING), now.get(what, _NOTHING)
        if expected.of != found.of:
            raise UsageError(
                printable(f"{name} differs from {first.folder} in {what}: {found.shown}"),
                expected=printable(expected.shown),
                advice="Merge shards of one run: of the same model, data and settings, done by "
                "the same versions on machines of one kind.",
            )


class _Fact(NamedTuple):
    of: str
    shown: str


_NOTHING = _Fact("", "nothing")


def _called(name: str, sha256: str) -> _Fact:
    return _Fact(sha256, f"{name} ({sha256[:16]})")


def _of_share(manifest: Manifest) -> dict[str, _Fact]:
    """List what a share that is done again has to have in common with what is there."""
    which = {"which it is": _Fact(str(manifest.number), str(manifest.number))}
    return which | _of_work(manifest)


def _of_work(manifest: Manifest) -> dict[str, _Fact]:
    return {
        "how many there are": _Fact(str(manifest.of), str(manifest.of)),
        "the model": _called(manifest.model, manifest.model_sha256),
        "the data": _called(manifest.data, manifest.data_sha256),
    }


def _facts(manifest: Manifest) -> dict[str, _Fact]:
    """List what has to be the same in all shares, gravest first, and how it is shown."""
    return {
        **_of_work(manifest),
        **{name: _Fact(value, value) for name, value in manifest.computing.items()},
        "what was asked for": _called(manifest.command_line, manifest.asked),
        **{
            f"what the {name} began with": _Fact(value, value[:16])
            for name, value in manifest.began_with.items()
        },
    }


def _read_shard(folder: Path) -> Shard:
    if not folder.is_dir():
        raise UsageError(f"no folder {folder}", expected="the folder of a shard")
    if not _is_there(folder / MANIFEST) or not _is_there(folder / BLOCKS):
        raise UsageError(
            f"{folder} holds no shard that is done",
            expected=f"a folder with {MANIFEST} and {BLOCKS}",
            advice="Where it was interrupted, the same command goes on from there.",
        )
    return Shard(folder, read_manifest(folder / MANIFEST))


def _is_there(path: Path) -> bool:
    """Tell whether a file lies at a path itself: through a link it may be anybody's."""
    return path.is_file() and not path.is_symlink()

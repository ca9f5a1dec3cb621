"""``robaudit cache``: what is kept of audits, where and how much, and removing it."""

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Iterator

from robaudit.commands import ExitCode
from robaudit.phrases import duration, printable
from robaudit.storage.cache import FOLDER, OFF, cache_folder, cache_size
from robaudit.storage.store import Entry, Store

_MIB = 2**20


def run(options: argparse.Namespace) -> ExitCode:
    """Run the command."""
    folder = cache_folder()
    if folder is None:
        sys.stdout.write(f"no cache: {FOLDER} is {OFF}, or there is no home folder\n")
        return ExitCode.OK
    store = Store(folder, cache_size())
    lines = _cleared(store) if options.action == "clear" else _described(store)
    sys.stdout.writelines(f"{printable(line)}\n" for line in lines)
    return ExitCode.OK


def _cleared(store: Store) -> Iterator[str]:
    count, size = store.clear()
    yield f"{store.folder}: removed {_entries(count)}, {_mib(size)}"


def _described(store: Store) -> Iterator[str]:
    """Say what there is of each kind, and when what is used least was used last."""
    entries = store.entries()
    size = sum(entry.size for entry in entries)
    yield f"{store.folder}: {_entries(len(entries))}, {_mib(size)} of {_mib(store.limit)}"
    by_kind: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_kind[entry.kind].append(entry)
    for kind, some in sorted(by_kind.items()):
        oldest = duration(time.time() - some[-1].used)
        size = sum(entry.size for entry in some)
        yield f"{kind}: {_entries(len(some))}, {_mib(size)}, all used in the last {oldest}"


def _entries(count: int) -> str:
    return f"{count:,} {'entry' if count == 1 else 'entries'}"


def _mib(size: int) -> str:
    return f"{size / _MIB:,.1f} MiB"

"""``robaudit merge``: put the shards of a scan together, and finish it."""

import argparse
import shlex

from robaudit.commands import ExitCode, scan
from robaudit.commands.from_options import code_of
from robaudit.commands.options.command_line import read_options
from robaudit.commands.options.outputs import OUTPUTS
from robaudit.errors import UsageError
from robaudit.phrases import printable
from robaudit.storage.shard import Shard, read_shards


def run(options: argparse.Namespace) -> ExitCode:
    """Run the command. Raises UsageError for shards that are not all those of one run."""
    shards = read_shards(options.shards)
    scanning = scan_of(shards[0], options)
    return scan.run(scanning, shards)


def scan_of(shard: Shard, options: argparse.Namespace) -> argparse.Namespace:
    """Give the options of the scan that a shard is of, as those of the merge change them.

    Code that comes with a model is run only where this command is told so: who can write a
    manifest could name any.
    """
    try:
        name, *typed = shlex.split(shard.manifest.command_line) or [""]
    except ValueError:
        name, typed = "", []
    if name != "robaudit" or typed[:1] != ["scan"] or {"-h", "--help"} & set(typed):
        raise UsageError(
            printable(f"{shard.folder} is a shard of {shard.manifest.command_line!r}"),
            expected="one of a scan",
        )
    scanning = read_options(typed)
    if options.model is not None:
        scanning.model = options.model
    if not options.trust_model and code_of(scanning) is not None:
        raise UsageError(
            f"{scanning.model}, of {shard.folder}, is made by code, or is no file here",
            expected="the `model` where it is now",
            advice="Where code makes it, and you trust who made the shards: `trust_model=True`.",
        )
    scanning.shard, scanning.workers, scanning.no_cache = None, 1, True
    scanning.engine = "local"  # a manifest must not say who else gets model and data
    for own in ("out", "quiet", "force", "fresh", "keep_blocks", "timeout", "memory_limit"):
        setattr(scanning, own, getattr(options, own))
    for option in OUTPUTS:  # files that who made the shards named are not written
        setattr(scanning, option.destination, getattr(options, option.destination))
    scanning.update_baseline = False
    if options.data is not None:
        scanning.data = options.data
    scanning.command_line = options.command_line
    return scanning

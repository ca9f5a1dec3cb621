"""Which options every command has. Only parsing is imported here, so that help comes at once."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, get_args

from robaudit import __version__
from robaudit.commands.gates import METRICS, parse_gate
from robaudit.commands.options.groups import (
    FORCE,
    LIMITS,
    MODEL,
    NO_CACHE,
    OF_AUDITS,
    PRECISION,
    QUIET,
    SEARCH,
    attack_options,
    data_options,
    output_option,
)
from robaudit.commands.options.hardening import (
    EXAMPLES,
    METHOD_OF_EXAMPLES,
    TRAINING,
    TRAINING_SEARCH,
)
from robaudit.commands.options.option import Option, Table
from robaudit.commands.options.values import memory, one_of, parsed, path
from robaudit.errors import UsageError
from robaudit.search.plan import Reference


class Parser(argparse.ArgumentParser):
    """Raises what is wrong instead of exiting, so that one place exits."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        raise UsageError(message.rstrip("."), advice=f"See {self.prog} --help.")


@dataclass(frozen=True)
class Argument:
    """What stands at a place of its own, without a name in front."""

    name: str
    metavar: str
    read: Callable[[str], Any] = str
    help: str | None = None


@dataclass(frozen=True)
class Command:
    """A command: what its help says, and its options by the headings of their groups."""

    name: str
    help: str
    description: str
    arguments: Sequence[Argument] = ()
    options: Table = ()
    groups: Sequence[tuple[str, Table]] = ()
    epilog: str | None = None

    @property
    def headed(self) -> Sequence[tuple[str, Table]]:
        """Its groups of options with their headings, those that every command has the last."""
        return (*self.groups, ("limits", LIMITS))

    def all_options(self) -> dict[str, Option]:
        """Give its options, of all groups, by their names in settings files."""
        tables = (self.options, *(table for _, table in self.headed))
        return {option.name: option for table in tables for option in table}


_MODEL = (Argument("model", "MODEL", help="the model: a file, or package.module:function"),)

COMMANDS = (
    Command(
        "scan",
        "audit a model: margins, inequality between classes, a report",
        "Walk from images along random directions until the model's class "
        "changes, and report margins, inequality between classes and how sure that is.",
        _MODEL,
        (
            output_option("folder for audit.json, report.html and rays.npz", "robaudit-report"),
            QUIET,
            Option(
                "--fail-under",
                "exit with 1 when METRIC is on the wrong side of VALUE, with 4 when that is not "
                f"sure; repeatable; METRIC: {', '.join(METRICS)} (crossing-rate must stay below)",
                "METRIC=VALUE",
                parse_gate,
                repeatable=True,
                default=[],
            ),
            Option(
                "--decide",
                "search as many samples as it takes until each of these gates is decided, or "
                "there are no more (up to --samples)",
                default=False,
            ),
            NO_CACHE,
        ),
        (
            (
                "data",
                (
                    *data_options(),
                    Option(
                        "--reference",
                        "the class that a ray must leave (default: the label where there are "
                        "labels)",
                        choices=get_args(Reference),
                    ),
                ),
            ),
            (
                "model and preprocessing",
                (
                    *MODEL,
                    Option(
                        "--randomised",
                        "audit a model that answers differently each time, over several draws",
                        default=False,
                    ),
                ),
            ),
            (
                "search",
                (
                    *SEARCH,
                    Option(
                        "--memory",
                        "without --batch-size the fastest is found by trying, among those of "
                        "batches that take no more than this, such as 500M or 2G (default: half "
                        "of what is free)",
                        "SIZE",
                        memory,
                    ),
                ),
            ),
            ("attacks", attack_options()),
        ),
        "Options can be set in robaudit.toml or [tool.robaudit] of pyproject.toml. "
        "Without --data, a file MODEL.npz beside the model is used, else synthetic inputs.",
    ),
    Command(
        "harden",
        "retrain a model on boundary-crossing examples, and compare before and after",
        "Search training images, make examples that cross the decision boundary, "
        "more of them for vulnerable classes, go on training on them, keep the best epoch, "
        "and compare the model with what it was.",
        _MODEL,
        (
            output_option(
                "folder for the model, comparison.json, report.html and the rest",
                "robaudit-hardened",
            ),
            FORCE,
            QUIET,
        ),
        (
            (
                "data",
                (
                    *data_options("train"),
                    Option(
                        "--test-data",
                        "images to compare on (default: the part test of --data, or val, else a "
                        "fifth held out)",
                        "FILE",
                        path,
                    ),
                ),
            ),
            ("model and preprocessing", MODEL),
            ("training", TRAINING),
            ("examples", (*TRAINING_SEARCH, *EXAMPLES)),
            (
                "search, before and after",  # the same samples in both
                [option for option in SEARCH if option is not PRECISION],
            ),
            ("attacks, before and after", attack_options("quick")),
        ),
        "The data is split into training, validation and test images: by its own "
        "parts (train, test) where it has some.",
    ),
    Command(
        "examples",
        "write boundary-crossing examples, to train a model on elsewhere",
        "Search training images and write the examples that robaudit harden would train on.",
        _MODEL,
        (output_option("where to", "examples.npz", "FILE"), FORCE, QUIET),
        (
            ("data", data_options("train")),
            ("model and preprocessing", MODEL),
            ("examples", (METHOD_OF_EXAMPLES, *TRAINING_SEARCH, *EXAMPLES)),
            ("search", [option for option in SEARCH if option not in OF_AUDITS]),
        ),
    ),
    Command(
        "compare",
        "say what changed between two audits, and whether that is more than chance",
        "Compare two audits of the same images, samples and directions, sample "
        "by sample: margins, classes, accuracy and attacks.",
        [
            Argument(
                when,
                f"{when.upper()}.json",
                path,
                f"the audit.json {when}, with its rays.npz beside it; or their folder",
            )
            for when in ("before", "after")
        ],
        (
            output_option("folder for comparison.json and report.html", "robaudit-comparison"),
            FORCE,
            QUIET,
        ),
    ),
    Command(
        "report",
        "write a report again from an audit.json or a comparison.json",
        "Write a report again from the record of an audit, or from a comparison.",
        (
            Argument(
                "record", "AUDIT.json", path, "an audit.json, a comparison.json, or their folder"
            ),
        ),
        (
            Option(
                "--format",
                "html (default), json, text, markdown",
                "FORMAT",
                short="-f",
                default="html",
            ),
            output_option(
                "where to (default: report.html beside the record; other formats are printed)",
                None,
                "FILE",
            ),
        ),
    ),
    Command(
        "cache",
        "say what is kept of audits, or remove it",
        "Audits of models that have not changed are taken from a folder for caches.",
        (Argument("action", "ACTION", one_of("info", "clear"), "info, or clear to remove it"),),
        epilog="ROBAUDIT_CACHE names another folder, or is off; ROBAUDIT_CACHE_SIZE says how large "
        "it may grow, such as 500M (default: 1G).",
    ),
    Command(
        "adapters",
        "list what kinds of models can be opened",
        "List the adapters that are installed, and those that failed to load.",
    ),
)
"""All commands, in the order of the help."""


def make_parser() -> Parser:
    """Make the parser of all commands; it gives ``command`` and its options."""
    parser = Parser(
        prog="robaudit",
        description="Find out where an image classifier breaks, for which classes, "
        "and how sure that is.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"robaudit {__version__}")
    commands = parser.add_subparsers(
        metavar="COMMAND", dest="command", required=True, parser_class=Parser
    )
    for command in COMMANDS:
        own = commands.add_parser(
            command.name,
            help=command.help,
            description=command.description,
            epilog=command.epilog,
            allow_abbrev=False,
        )
        for argument in command.arguments:
            own.add_argument(
                argument.name,
                metavar=argument.metavar,
                type=parsed(argument.read),
                help=argument.help,
            )
        for option in command.options:
            option.add_to(own)
        for heading, table in command.headed:
            group = own.add_argument_group(heading)
            for option in table:
                option.add_to(group)
    return parser

"""The options of every command. Only parsing is imported here, so that help comes at once."""

import argparse
from pathlib import Path
from typing import NoReturn, get_args

from robaudit import __version__
from robaudit.commands.gates import METRICS, parse_gate
from robaudit.commands.options.groups import (
    add_attack_options,
    add_data_options,
    add_model_options,
    add_search_options,
)
from robaudit.commands.options.hardening import (
    add_example_options,
    add_harden_output_options,
    add_training_options,
)
from robaudit.commands.options.values import memory, parsed
from robaudit.errors import UsageError
from robaudit.search.plan import Reference


class Parser(argparse.ArgumentParser):
    """Raises what is wrong instead of exiting, so that one place exits."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        raise UsageError(message, advice=f"See {self.prog} --help.")


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
    _add_scan_options(
        commands.add_parser(
            "scan",
            help="audit a model: margins, inequality between classes, a report",
            description="Walk from images along random directions until the model's class "
            "changes, and report margins, inequality between classes and how sure that is.",
            epilog="Options can be set in robaudit.toml or [tool.robaudit] of pyproject.toml. "
            "Without --data, a file MODEL.npz beside the model is used, else synthetic inputs.",
            allow_abbrev=False,
        )
    )
    _add_harden_options(
        commands.add_parser(
            "harden",
            help="retrain a model on boundary-crossing examples, and compare before and after",
            description="Search training images, make examples that cross the decision boundary, "
            "more of them for vulnerable classes, go on training on them, keep the best epoch, "
            "and compare the model with what it was.",
            epilog="The data is split into training, validation and test images: by its own "
            "parts (train, test) where it has some.",
            allow_abbrev=False,
        )
    )
    _add_examples_options(
        commands.add_parser(
            "examples",
            help="write boundary-crossing examples, to train a model on elsewhere",
            description="Search training images and write the examples that robaudit harden "
            "would train on.",
            allow_abbrev=False,
        )
    )
    _add_compare_options(
        commands.add_parser(
            "compare",
            help="say what changed between two audits, and whether that is more than chance",
            description="Compare two audits of the same images, samples and directions, sample "
            "by sample: margins, classes, accuracy and attacks.",
            allow_abbrev=False,
        )
    )
    _add_report_options(
        commands.add_parser(
            "report",
            help="write a report again from an audit.json or a comparison.json",
            description="Write a report again from the record of an audit, or from a comparison.",
            allow_abbrev=False,
        )
    )
    commands.add_parser(
        "adapters",
        help="list what kinds of models can be opened",
        description="List the adapters that are installed, and those that failed to load.",
        allow_abbrev=False,
    )
    return parser


def _add_harden_options(parser: argparse.ArgumentParser) -> None:
    _add_model_argument(parser)
    add_harden_output_options(parser)
    data = parser.add_argument_group("data")
    add_data_options(data, "train")
    data.add_argument(
        "--test-data",
        metavar="FILE",
        type=Path,
        help="images to compare on (default: the part test of --data, else a fifth held out)",
    )
    add_model_options(parser.add_argument_group("model and preprocessing"))
    add_training_options(parser.add_argument_group("training"))
    add_example_options(parser.add_argument_group("examples"))
    add_search_options(parser.add_argument_group("search, before and after"))
    add_attack_options(parser.add_argument_group("attacks, before and after"), usual="quick")


def _add_examples_options(parser: argparse.ArgumentParser) -> None:
    _add_model_argument(parser)
    parser.add_argument(
        "-o",
        "--out",
        metavar="FILE",
        default=Path("examples.npz"),
        type=Path,
        help="where to (default: %(default)s)",
    )
    parser.add_argument("--force", action="store_true", help="overwrite what is there")
    parser.add_argument("-q", "--quiet", action="store_true", help="print errors only")
    add_data_options(parser.add_argument_group("data"), "train")
    add_model_options(parser.add_argument_group("model and preprocessing"))
    group = parser.add_argument_group("examples")
    group.add_argument("--method", choices=("feedback", "reduced"), default="feedback")
    add_example_options(group)
    add_search_options(parser.add_argument_group("search"), samples=False)


def _add_model_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "model", metavar="MODEL", help="the model: a file, or package.module:function"
    )


def _add_compare_options(parser: argparse.ArgumentParser) -> None:
    for name in ("before", "after"):
        parser.add_argument(
            name,
            metavar=f"{name.upper()}.json",
            type=Path,
            help=f"the audit.json {name}, with its rays.npz beside it; or their folder",
        )
    parser.add_argument(
        "-o",
        "--out",
        metavar="DIR",
        default="robaudit-comparison",
        type=Path,
        help="folder for comparison.json and report.html (default: %(default)s)",
    )
    parser.add_argument("--force", action="store_true", help="overwrite what is there")
    parser.add_argument("-q", "--quiet", action="store_true", help="print errors only")


def _add_report_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("record", metavar="AUDIT.json", type=Path)
    parser.add_argument(
        "-f", "--format", default="html", help="html (default), json, text, markdown"
    )
    parser.add_argument(
        "-o",
        "--out",
        metavar="FILE",
        type=Path,
        help="where to (default: report.html beside the record; other formats are printed)",
    )


def _add_scan_options(parser: argparse.ArgumentParser) -> None:
    _add_model_argument(parser)
    parser.add_argument(
        "-o",
        "--out",
        metavar="DIR",
        default="robaudit-report",
        type=Path,
        help="folder for audit.json, report.html and rays.npz (default: %(default)s)",
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="print errors only")
    parser.add_argument(
        "--fail-under",
        metavar="METRIC=VALUE",
        action="append",
        default=[],
        type=parsed(parse_gate),
        help="exit with 1 when METRIC is on the wrong side of VALUE, with 4 when that is not "
        f"sure; repeatable; METRIC: {', '.join(METRICS)} (crossing-rate must stay below)",
    )
    data = parser.add_argument_group("data")
    add_data_options(data)
    data.add_argument(
        "--reference",
        choices=get_args(Reference),
        help="the class that a ray must leave (default: the label where there are labels)",
    )
    add_model_options(parser.add_argument_group("model and preprocessing"))
    search = parser.add_argument_group("search")
    add_search_options(search)
    search.add_argument(
        "--memory",
        metavar="SIZE",
        type=parsed(memory),
        help="without --batch-size the fastest is found by trying, among those of batches that "
        "take no more than this, such as 500M or 2G (default: half of what is free)",
    )
    add_attack_options(parser.add_argument_group("attacks"))

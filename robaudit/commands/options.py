"""The options of every command. Only parsing is imported here, so that help comes at once."""

import argparse
from pathlib import Path
from typing import NoReturn, get_args

from robaudit import __version__
from robaudit.attacks.catalogue import CATALOGUE, Suite, checked_attack
from robaudit.commands.values import numbers, parsed, pixel_range, positive, shape, size, whole
from robaudit.errors import UsageError
from robaudit.gates import METRICS, parse_gate
from robaudit.plan import Effort, Reference
from robaudit.types import ScoreKind


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
    _add_report_options(
        commands.add_parser(
            "report",
            help="write a report again from an audit.json",
            description="Write a report again from the record of an audit.",
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
    parser.add_argument(
        "model", metavar="MODEL", help="the model: a file, or package.module:function"
    )
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
    _add_data_options(parser.add_argument_group("data"))
    _add_model_options(parser.add_argument_group("model and preprocessing"))
    _add_search_options(parser.add_argument_group("search"))
    _add_attack_options(parser.add_argument_group("attacks"))


def _add_data_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--data",
        metavar="FILE",
        type=Path,
        help="labelled images: .npz, .npy, a folder with one folder a class, IDX, CIFAR binary",
    )
    group.add_argument("--split", metavar="NAME", help="part of the data: test (default), train")
    group.add_argument("--labels", metavar="FILE", type=Path, help="labels in a file of their own")
    group.add_argument(
        "--class-names", metavar="NAMES", help="a,b,c or a file with one name a line"
    )
    group.add_argument(
        "--pixel-range",
        metavar="LOW,HIGH",
        type=parsed(pixel_range),
        help="which numbers in the data stand for black and white",
    )
    group.add_argument(
        "--image-size",
        metavar="HxW",
        type=parsed(size),
        help="scale and crop pictures in folders to this height and width",
    )
    group.add_argument(
        "--reference",
        choices=get_args(Reference),
        help="the class that a ray must leave (default: the label where there are labels)",
    )


def _add_model_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--mean",
        metavar="M[,M,M]",
        type=parsed(numbers),
        help="in 0..1 units, one number or one a channel, in the model's order",
    )
    group.add_argument("--std", metavar="S[,S,S]", type=parsed(numbers), help="likewise")
    group.add_argument("--channels", choices=("rgb", "bgr"), help="the model's channel order")
    group.add_argument(
        "--input-shape",
        metavar="N,N,N",
        type=parsed(shape),
        help="shape of one input, where the model leaves it open",
    )
    group.add_argument(
        "--factory",
        metavar="MODULE:NAME",
        help="what makes the network whose weights MODEL holds: package.module:callable, or "
        "file.py:callable, with arguments if need be: networks.py:small(width=16)",
    )
    group.add_argument(
        "--trust-model",
        action="store_true",
        help="open a MODEL that runs code when it is read, such as a pickle",
    )
    group.add_argument("--score-output", metavar="NAME", help="the output that holds the scores")
    group.add_argument("--scores", choices=get_args(ScoreKind)[:3], help="what the scores are")
    group.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    group.add_argument(
        "--batch-size", metavar="N", type=whole(1), help="inputs at a time; changes only the speed"
    )


def _add_search_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--effort",
        choices=get_args(Effort),
        default="standard",
        help="how many samples and directions (default: %(default)s)",
    )
    group.add_argument("--samples", metavar="N", type=whole(1), help="samples to search from")
    group.add_argument("--directions", metavar="N", type=whole(1), help="random directions")
    group.add_argument("--signs", choices=(1, 2), type=int, help="2: walk both ways; 1: forwards")
    group.add_argument(
        "--step", metavar="D", type=parsed(positive), help="RMS, as a share of the range"
    )
    group.add_argument("--steps", metavar="N", type=whole(1), help="steps to each ray's end")
    group.add_argument("--no-clip", action="store_true", help="let pixels leave their range")
    group.add_argument(
        "--search", choices=("linear",), default="linear", help="linear: probe every step"
    )
    group.add_argument("--seed", metavar="N", type=whole(0), default=0)


def _add_attack_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--attacks",
        choices=get_args(Suite),
        default="none",
        help="quick: FGSM, PGD and noise; paper: the eight of Table III; full: all (default: none)",
    )
    group.add_argument(
        "--attack",
        metavar="NAME[:KEY=VALUE,...]",
        action="append",
        default=[],
        type=parsed(checked_attack),
        help="one more attack, or one of the suite with other parameters, e.g. "
        f"pgd:epsilon=8/255,steps=100; repeatable; NAME: {', '.join(CATALOGUE)}",
    )
    group.add_argument(
        "--attack-samples",
        metavar="N",
        type=whole(1),
        help="how many of the samples searched are attacked (default: all)",
    )
    group.add_argument(
        "--strengths",
        metavar="E,E,...",
        type=parsed(numbers),
        help="compute accuracy against strength at these (paper and full: at the usual ones)",
    )

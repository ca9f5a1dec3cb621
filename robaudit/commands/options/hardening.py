"""The options of ``robaudit harden`` and ``robaudit examples`` that others do not have."""

import argparse
import re
from pathlib import Path
from typing import get_args

from robaudit.attacks.catalogue import checked_attack
from robaudit.commands.options.values import numbers, parsed, positive, share, whole
from robaudit.errors import UsageError
from robaudit.hardening.plan import HardeningPlan, Keep, Method

_PAPER = HardeningPlan()


def add_training_options(group: argparse._ArgumentGroup) -> None:
    """Add how a model is trained, and which epoch is kept."""
    group.add_argument(
        "--method",
        choices=get_args(Method),
        default=_PAPER.method,
        help="feedback: examples, more for vulnerable classes; reduced: as many for all; "
        "adversarial: PGD; continued: as feedback, but unperturbed (default: %(default)s)",
    )
    group.add_argument(
        "--epochs", metavar="N", type=whole(1), help=f"of each round (default: {_PAPER.epochs})"
    )
    group.add_argument("--learning-rate", metavar="R", type=parsed(positive))
    group.add_argument("--train-batch-size", metavar="N", type=whole(1))
    group.add_argument(
        "--rounds", metavar="N", type=whole(1), help="repeat search and training (default: 1)"
    )
    group.add_argument(
        "--seeds",
        metavar="N",
        type=whole(1),
        default=1,
        help="harden from so many seeds, and report the spread",
    )
    group.add_argument(
        "--max-accuracy-drop",
        metavar="D",
        type=parsed(share),
        help=f"on validation data, for an epoch to be kept (default: {_PAPER.max_accuracy_drop})",
    )
    for what, of in (("test", "data without a part for it"), ("validation", "the training data")):
        group.add_argument(
            f"--{what}-share",
            metavar="S",
            type=parsed(share),
            help=f"held out for {what}, of {of} (default: {getattr(_PAPER, f'{what}_share')})",
        )
    for what in ("samples", "directions"):
        group.add_argument(
            f"--validation-{what}",
            metavar="N",
            type=whole(1),
            help=f"{what} that each epoch's margins are measured with "
            f"(default: {getattr(_PAPER, f'validation_{what}')})",
        )
    group.add_argument(
        "--keep",
        choices=get_args(Keep),
        help="the best epoch on validation data (default), or the last whatever it does",
    )
    group.add_argument(
        "--adversary",
        metavar="NAME[:KEY=VALUE,...]",
        type=parsed(checked_attack),
        help="what adversarial training is against, e.g. pgd:epsilon=8/255,steps=7",
    )


def add_example_options(group: argparse._ArgumentGroup) -> None:
    """Add how many examples are made, of which samples, and how far out they lie."""
    group.add_argument(
        "--search-samples", metavar="N", type=whole(1), help="training samples searched"
    )
    group.add_argument(
        "--search-directions", metavar="N", type=whole(1), help="directions from each of them"
    )
    for level in ("high", "medium", "low"):
        group.add_argument(
            f"--{level}-samples",
            metavar="N",
            type=parsed(amount),
            help=f"chosen of a class of {level} robustness: a count, or a share such as 0.5 "
            f"of those searched (the paper: {getattr(_PAPER, f'{level}_samples')} of 150)",
        )
    group.add_argument(
        "--high-share",
        metavar="S",
        type=parsed(share),
        help=f"of classes, called robust (default: {_PAPER.high_share})",
    )
    group.add_argument(
        "--low-share",
        metavar="S",
        type=parsed(share),
        help=f"of classes, called vulnerable (default: {_PAPER.low_share})",
    )
    group.add_argument(
        "--directions-per-sample",
        metavar="N",
        type=whole(1),
        help="examples of each chosen sample, those with the smallest margins "
        f"(default: {_PAPER.directions_per_sample})",
    )
    group.add_argument(
        "--gradient-directions",
        metavar="N",
        type=whole(0),
        help="examples of each chosen sample along gradients, towards its next-best classes "
        f"(default: {_PAPER.gradient_directions})",
    )
    group.add_argument(
        "--most-examples",
        metavar="R",
        type=parsed(positive),
        help=f"for each training sample, all in all (default: 0.5, with --effort paper "
        f"{_PAPER.most_examples})",
    )
    group.add_argument(
        "--strength",
        metavar="A,B",
        type=parsed(strengths),
        help="how many times as far as its crossing an example lies, at random "
        f"(default: {_PAPER.weakest},{_PAPER.strongest})",
    )


def add_harden_output_options(parser: argparse.ArgumentParser) -> None:
    """Add where a hardening is written, and what it is tested on."""
    parser.add_argument(
        "-o",
        "--out",
        metavar="DIR",
        default=Path("robaudit-hardened"),
        type=Path,
        help="folder for the model, comparison.json, report.html and the rest "
        "(default: %(default)s)",
    )
    parser.add_argument("--force", action="store_true", help="overwrite what is there")
    parser.add_argument("-q", "--quiet", action="store_true", help="print errors only")


def amount(text: str) -> int | float:
    """Read a count, or a share written with a point.

    >>> amount("20"), amount("1.0")
    (20, 1.0)
    """
    if re.fullmatch(r"\d{1,9}", text):
        return int(text)
    return share(text)


def strengths(text: str) -> tuple[float, float]:
    """Read two strengths, the weaker first; one stands for both.

    >>> strengths("1.5,2")
    (1.5, 2.0)
    """
    values = numbers(text)
    if len(values) > 2 or not 0 < values[0] <= values[-1]:
        raise UsageError(repr(text), expected="A,B with 0 < A <= B, e.g. 1.5,2.0")
    return values[0], values[-1]

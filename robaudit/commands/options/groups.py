"""Groups of options that several commands have."""

import argparse
from pathlib import Path
from typing import get_args

from robaudit.attacks.catalogue import CATALOGUE, Suite, checked_attack
from robaudit.commands.options.values import (
    numbers,
    parsed,
    pixel_range,
    positive,
    shape,
    share,
    size,
    whole,
)
from robaudit.search.plan import Effort, Strategy
from robaudit.types import ScoreKind


def add_data_options(group: argparse._ArgumentGroup, usual_split: str = "test") -> None:
    """Add which images to read, and how."""
    group.add_argument(
        "--data",
        metavar="FILE",
        type=Path,
        help="labelled images: .npz, .npy, a folder with one folder a class, IDX, CIFAR binary",
    )
    group.add_argument(
        "--split", metavar="NAME", help=f"part of the data, such as train (default: {usual_split})"
    )
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


def add_model_options(group: argparse._ArgumentGroup) -> None:
    """Add how the model is opened and what its inputs are made of."""
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


def add_search_options(group: argparse._ArgumentGroup, *, samples: bool = True) -> None:
    """Add how far and how finely is searched."""
    group.add_argument(
        "--effort",
        choices=get_args(Effort),
        default="standard",
        help="how many samples and directions (default: %(default)s)",
    )
    if samples:
        group.add_argument("--samples", metavar="N", type=whole(1), help="samples to search from")
    group.add_argument("--directions", metavar="N", type=whole(1), help="random directions")
    group.add_argument("--signs", choices=(1, 2), type=int, help="2: walk both ways; 1: forwards")
    group.add_argument(
        "--step", metavar="D", type=parsed(positive), help="RMS, as a share of the range"
    )
    group.add_argument("--steps", metavar="N", type=whole(1), help="steps to each ray's end")
    group.add_argument("--no-clip", action="store_true", help="let pixels leave their range")
    group.add_argument(
        "--search",
        choices=get_args(Strategy),
        default="traced",
        help="traced: leave out steps that cannot matter, and check that; linear: probe every "
        "step (default: %(default)s)",
    )
    group.add_argument(
        "--search-tolerance",
        metavar="SHARE",
        type=parsed(share),
        default=0.001,
        help="of rays that the traced search may get wrong, at most, with 95 %% confidence; "
        "where the check shows less, every step is probed (default: %(default)s)",
    )
    group.add_argument(
        "--refine",
        metavar="D",
        type=parsed(positive),
        help="find crossings between two steps, to this distance (default: the step beyond)",
    )
    group.add_argument("--seed", metavar="N", type=whole(0), default=0)


def add_attack_options(group: argparse._ArgumentGroup, usual: Suite = "none") -> None:
    """Add which attacks to run."""
    group.add_argument(
        "--attacks",
        choices=get_args(Suite),
        default=usual,
        help="quick: FGSM, PGD and noise; paper: the eight of Table III; full: all "
        "(default: %(default)s)",
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

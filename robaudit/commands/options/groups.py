"""The options that several commands share: data, model and search."""

from pathlib import Path
from typing import get_args

from robaudit.commands.options.efforts import searches
from robaudit.commands.options.option import Option, Table
from robaudit.commands.options.values import (
    devices,
    duration,
    memory,
    numbers,
    path,
    pixel_range,
    positive,
    precision,
    shape,
    share,
    size,
    whole,
)
from robaudit.metrics.figures import PRECISE
from robaudit.search.plan import Effort, Strategy
from robaudit.types import ScoreKind

LIMITS = (
    Option(
        "--timeout",
        "end the run when it takes longer than this, such as 90, 10m or 2h (default: only a model "
        "that gives no answer within 10 minutes)",
        "TIME",
        duration,
    ),
    Option(
        "--memory-limit",
        "end the run when it needs more memory than this, such as 500M or 2G (default: nine "
        "tenths of what is free)",
        "SIZE",
        memory,
    ),
)
SETTINGS = (
    Option(
        "--config",
        "read settings and gates from here (default: the file that ROBAUDIT_CONFIG names, else "
        "robaudit.toml, else [tool.robaudit] in pyproject.toml)",
        "FILE",
        path,
    ),
    Option(
        "--show-config", "show what holds, and where each value is from, and end", default=False
    ),
)
QUIET = Option("--quiet", "print errors only", short="-q", default=False)
FORCE = Option("--force", "overwrite what is there", default=False)
FORCE_OTHER = Option("--force", "overwrite the audit of another model", default=False)
NO_CACHE = Option(
    "--no-cache",
    "audit a model anew that has not changed since, and keep nothing of it in the cache",
    default=False,
)


KEPT_WORK = (
    Option(
        "--fresh",
        "begin anew, and do not go on from what a run that was ended has left in the folder",
        default=False,
    ),
    Option(
        "--keep-blocks",
        "leave what was kept to go on from in the folder when the results are whole, so that a "
        "run of another plan need not do it again",
        default=False,
    ),
)


DEVICES = Option(
    "--device",
    "where the model runs; auto: on a GPU where there is one; cuda:0,cuda:1: a worker on each of "
    "these (default: %(default)s)",
    "DEVICE",
    devices,
    default="auto",
    words=("auto", "cpu", "cuda"),
)


def output_option(what: str, default: str | None, metavar: str = "DIR") -> Option:
    """Make the option that says where results go."""
    usual = " (default: %(default)s)" if default else ""
    folder = None if default is None else Path(default)
    return Option("--out", what + usual, metavar, path, short="-o", default=folder)


def data_options(usual_split: str = "test") -> Table:
    """List which images to read, and how."""
    return (
        Option(
            "--data",
            "labelled images: .npz, .npy, a folder with one folder a class, IDX, CIFAR binary; "
            "FILE.npz:IMAGES,LABELS names arrays",
            "FILE",
            path,
        ),
        Option("--split", f"part of the data, such as train (default: {usual_split})", "NAME"),
        Option(
            "--labels",
            "labels in a file of their own: .npy, .npz, IDX, or text, with names of pictures if "
            "need be",
            "FILE",
            path,
        ),
        Option(
            "--class-names",
            "the classes in the order of the model's outputs: a,b,c or a file with one name a line",
            "NAMES",
        ),
        Option(
            "--pixel-range",
            "which numbers in the data stand for black and white",
            "BLACK,WHITE",
            pixel_range,
        ),
        Option(
            "--image-size",
            "scale and crop pictures in folders to this height and width",
            "HxW",
            size,
        ),
        Option(
            "--background",
            "what transparent parts of pictures are laid on: a colour, #rrggbb, or none for the "
            "colours stored beneath (default: %(default)s)",
            "COLOUR",
            default="white",
        ),
        Option(
            "--ignore-exif",
            "leave pictures as they are stored, where EXIF data says that they are to be turned",
            default=False,
        ),
    )


MODEL: Table = (
    Option(
        "--mean",
        "what is subtracted from pixels, in 0..1 units: one number, or one a channel in the "
        "model's order (default: found by trying, with labels)",
        "M[,M,M]",
        numbers,
    ),
    Option("--std", "what they are divided by, likewise", "S[,S,S]", numbers),
    Option(
        "--channels",
        "the model's channel order (default: found by trying)",
        choices=("rgb", "bgr"),
    ),
    Option(
        "--layout",
        "HW: the model takes pictures row by row; WH: column by column (default: found by trying)",
        choices=("HW", "WH"),
    ),
    Option("--input-shape", "shape of one input, where the model leaves it open", "N,N,N", shape),
    Option(
        "--factory",
        "what makes the network whose weights MODEL holds: package.module:callable, or "
        "file.py:callable, with arguments if need be: networks.py:small(width=16)",
        "MODULE:NAME",
    ),
    Option("--weights", "which weights of MODEL, where it holds several sets of them", "KEY"),
    Option(
        "--trust-model",
        "open a MODEL that runs code when it is read, such as a pickle",
        default=False,
    ),
    Option(
        "--score-output",
        "the output that holds the scores (default: the one whose shape fits)",
        "NAME",
    ),
    Option(
        "--scores",
        "what the scores are (default: found by looking at them)",
        choices=get_args(ScoreKind)[:3],
    ),
    Option(
        "--device",
        "where the model runs; auto: on a GPU where there is one (default: %(default)s)",
        choices=("auto", "cpu", "cuda"),
        default="auto",
    ),
    Option(
        "--batch-size",
        "inputs at a time; changes only the speed (default: found by trying)",
        "N",
        whole(1),
    ),
)
"""How the model is opened, and what its inputs are made of."""

_USUAL = "(default: {}; of colour with --effort paper {})"

SAMPLES = Option(
    "--samples", "samples to search from (default: by --effort)", "N", whole(1), sets=("samples",)
)

OWN_DIRECTIONS = Option(
    "--own-directions",
    "so many of the directions for each sample, in turn (default: by --effort; all where "
    "--directions is given)",
    "N",
    whole(1),
    sets=("own_directions",),
)

PRECISION = Option(
    "--precision",
    "search as many samples as it takes until half the width of the interval of the restricted "
    "mean margin is W, or that of another figure",
    "[FIGURE=]W",
    precision,
    sets=("precision",),
    words=tuple(f"{figure.name}=" for figure in PRECISE),
)

OF_AUDITS = (SAMPLES, OWN_DIRECTIONS, PRECISION)
"""What is of no use to a search for examples."""

SEARCH: Table = (
    Option(
        "--effort",
        "how many samples are searched, along how many directions each, both ways: "
        f"{searches()} (default: %(default)s)",
        choices=get_args(Effort),
        default="standard",
    ),
    SAMPLES,
    PRECISION,
    Option(
        "--directions",
        "random directions, for all samples (default: by --effort)",
        "N",
        whole(1),
        sets=("directions",),
    ),
    OWN_DIRECTIONS,
    Option(
        "--signs",
        f"2: walk both ways; 1: forwards {_USUAL.format(2, 1)}",
        read=int,
        choices=(1, 2),
        sets=("signs",),
    ),
    Option(
        "--step",
        f"length of a step: RMS, as a share of the pixel range {_USUAL.format(0.02, '2/255')}",
        "D",
        positive,
        sets=("step",),
    ),
    Option(
        "--steps",
        f"steps to each ray's end {_USUAL.format(25, 63)}",
        "N",
        whole(1),
        sets=("steps",),
    ),
    Option(
        "--no-clip",
        "let pixels leave their range (default: they end at black and white)",
        constant=False,
        sets=("clip",),
    ),
    Option(
        "--search",
        "traced: leave out steps that cannot matter, and check that; linear: probe every "
        "step (default: %(default)s)",
        choices=get_args(Strategy),
        default="traced",
        sets=("strategy",),
    ),
    Option(
        "--search-tolerance",
        "of rays that the traced search may get wrong, at most, with 95 %% confidence; "
        "where the check shows less, every step is probed (default: what moves means by a quarter "
        "of their intervals' half width at most)",
        "SHARE",
        share,
        sets=("tolerance",),
    ),
    Option(
        "--refine",
        "find crossings between two steps, to this distance (default: the step beyond)",
        "D",
        positive,
        sets=("refine",),
    ),
    Option(
        "--seed",
        "what all chance is drawn from (default: %(default)s)",
        "N",
        whole(0),
        default=0,
    ),
)
"""How far and how finely is searched: what they set is a `SearchPlan`'s."""

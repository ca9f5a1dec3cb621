"""The options of ``robaudit harden`` and ``robaudit examples`` that others do not have."""

import re
from typing import get_args

from robaudit.attacks.catalogue import CATALOGUE, checked_attack
from robaudit.commands.options.efforts import training_searches
from robaudit.commands.options.option import Option, Table
from robaudit.commands.options.values import numbers, positive, share, whole
from robaudit.errors import UsageError
from robaudit.hardening.mixture import MIXTURES
from robaudit.hardening.plan import (
    EPOCHS,
    HALVINGS,
    USUAL_METHOD,
    Compensation,
    HardeningPlan,
    Keep,
    Method,
    Rate,
)

_PAPER = HardeningPlan()


def _usual(field: str) -> str:
    """Say what a field of the mixture is by default, of colour images too where that differs.

    >>> _usual("attacked_share"), _usual("budget_ramp")
    ('default: 0.7; of colour images 0.6', 'default: 0.25')
    """
    grey, colour = (getattr(MIXTURES[kind], field) for kind in ("grey", "colour"))
    return f"default: {grey:g}" + ("" if grey == colour else f"; of colour images {colour:g}")


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


ADVERSARY = Option(
    "--adversary",
    "what adversarial training is against, e.g. pgd:epsilon=8/255,steps=7 (default: pgd "
    "with 40 steps for grey images, 7 for colour; with combined 3 and 1, and a budget within "
    "reach)",
    "NAME[:KEY=VALUE,...]",
    checked_attack,
    words=tuple(CATALOGUE),
)

TRAINING: Table = (
    Option(
        "--method",
        "combined: samples, attacked ones and examples in each batch; feedback: examples, more "
        "for vulnerable classes; reduced: as many for all; adversarial: PGD; continued: as "
        "feedback, but unperturbed (default: %(default)s)",
        choices=get_args(Method),
        default=USUAL_METHOD,
        sets=("method",),
    ),
    Option(
        "--epochs",
        f"epochs of training, of each round (default: {_PAPER.epochs}, with combined "
        f"{EPOCHS['grey']} for grey images, {EPOCHS['colour']} for colour)",
        "N",
        whole(1),
        sets=("epochs",),
    ),
    Option(
        "--learning-rate",
        "of the optimiser, at its highest (default: that of the model's own optimiser, else Adam's "
        "0.001, with combined 0.005)",
        "R",
        positive,
        sets=("learning_rate",),
    ),
    Option(
        "--train-batch-size",
        f"inputs to a step of training (default: {_PAPER.batch_size})",
        "N",
        whole(1),
        sets=("batch_size",),
    ),
    Option("--rounds", "repeat search and training (default: 1)", "N", whole(1), sets=("rounds",)),
    Option(
        "--seeds",
        "harden from so many seeds, and report the spread (default: %(default)s)",
        "N",
        whole(1),
        default=1,
    ),
    Option(
        "--max-accuracy-drop",
        f"on validation data, for an epoch to be kept (default: {_PAPER.max_accuracy_drop})",
        "D",
        share,
        sets=("max_accuracy_drop",),
    ),
    Option(
        "--max-class-drop",
        "accuracy that no class may be shown to have lost more of on validation data, for an "
        f"epoch to be kept (default: {_PAPER.max_class_drop})",
        "D",
        share,
        sets=("max_class_drop",),
    ),
    Option(
        "--test-share",
        f"held out for test, of data without a part for it (default: {_PAPER.test_share})",
        "S",
        share,
        sets=("test_share",),
    ),
    Option(
        "--validation-share",
        f"held out for validation, of the training data (default: {_PAPER.validation_share})",
        "S",
        share,
        sets=("validation_share",),
    ),
    *(
        Option(
            f"--validation-{what}",
            f"{what} that each epoch's margins are measured with "
            f"(default: {getattr(_PAPER, f'validation_{what}')})",
            "N",
            whole(1),
            sets=(f"validation_{what}",),
        )
        for what in ("samples", "directions")
    ),
    Option(
        "--keep",
        "the best epoch on validation data (default), the last whatever it does, or the best "
        "point of the line from the original's weights to the last epoch's (default of combined)",
        choices=get_args(Keep),
        sets=("keep",),
    ),
    ADVERSARY,
    Option(
        "--budget-halvings",
        "where what is trained loses too much, train again with half the adversary's budget, up "
        f"to so often, and walk that line, too (default: {_PAPER.budget_halvings}, with combined "
        f"{HALVINGS}, with --adversary 0)",
        "N",
        whole(0),
        sets=("budget_halvings",),
    ),
    Option(
        "--averaging",
        "of an average of weights, how much stays at each step; 0 for the last weights alone "
        f"(default: {_PAPER.averaging:g}, with combined 0.995)",
        "D",
        share,
        sets=("averaging",),
    ),
    Option(
        "--rate",
        "whether the learning rate stays, falls to 0 along a cosine, or rises before, in a cycle "
        f"(default: {_PAPER.rate}, with combined cycle)",
        choices=get_args(Rate),
        sets=("rate",),
    ),
)
"""How a model is trained, and which epoch is kept: what they set is a `HardeningPlan`'s."""

MIXTURE: Table = (
    *(
        Option(
            f"--{kind}-share",
            f"of samples in a batch that {what} ({_usual(f'{kind}_share')})",
            "S",
            share,
            sets=(f"{kind}_share",),
        )
        for kind, what in (
            ("clean", "stay as they are"),
            ("attacked", "are attacked"),
            ("feedback", "give their place to an example of their class"),
            ("noise", "are covered with noise"),
        )
    ),
    Option(
        "--budget-drawn",
        "attack each sample with a share of the budget drawn from 0 to 1 (default: with all of it)",
        sets=("budget_drawn",),
    ),
    Option(
        "--budget-ramp",
        f"share of training over which the budget rises from 0 ({_usual('budget_ramp')})",
        "S",
        share,
        sets=("budget_ramp",),
    ),
    Option(
        "--noise-strength",
        "largest root mean square of noise, in shares of the pixel range "
        f"({_usual('noise_strength')})",
        "R",
        positive,
        sets=("noise_strength",),
    ),
)
"""What batches of combined hardening are of: what they set is a `Mixture`'s."""

KINDS_OF_EXAMPLES: Table = (
    Option(
        "--method",
        "feedback: more examples for vulnerable classes; reduced: as many for all; combined: all "
        "training images, each as it is, attacked, noisy, or an example in its place "
        "(default: %(default)s)",
        choices=("feedback", "reduced", "combined"),
        default="feedback",
        sets=("method",),
    ),
    ADVERSARY,
    *MIXTURE,
)
"""What `robaudit examples` writes."""

TRAINING_SEARCH: Table = (
    Option(
        "--search-samples",
        f"training samples searched (default: by --effort, with directions: {training_searches()})",
        "N",
        whole(1),
        sets=("samples",),
    ),
    Option(
        "--search-directions",
        "directions from each of them (default: by --effort)",
        "N",
        whole(1),
        sets=("directions",),
    ),
)
"""The search of training samples: what they set is its `SearchPlan`'s."""

EXAMPLES: Table = (
    *(
        Option(
            f"--{level}-samples",
            f"chosen of a class of {level} robustness: a count, or a share such as 0.5 "
            "of those searched (default: as the paper's "
            f"{getattr(_PAPER, f'{level}_samples')} of 150)",
            "N",
            amount,
            sets=(f"{level}_samples",),
        )
        for level in ("high", "medium", "low")
    ),
    Option(
        "--compensation",
        "how the examples of feedback learning are shared out over classes: by their levels "
        "(default), or by how near each lies to easier and harder neighbours",
        choices=get_args(Compensation),
        sets=("compensation",),
    ),
    Option(
        "--high-share",
        f"of classes, called robust (default: {_PAPER.high_share})",
        "S",
        share,
        sets=("high_share",),
    ),
    Option(
        "--low-share",
        f"of classes, called vulnerable (default: {_PAPER.low_share})",
        "S",
        share,
        sets=("low_share",),
    ),
    Option(
        "--directions-per-sample",
        "examples of each chosen sample, those with the smallest margins "
        f"(default: {_PAPER.directions_per_sample})",
        "N",
        whole(1),
        sets=("directions_per_sample",),
    ),
    Option(
        "--gradient-directions",
        "examples of each chosen sample along gradients, towards its next-best classes "
        f"(default: {_PAPER.gradient_directions})",
        "N",
        whole(0),
        sets=("gradient_directions",),
    ),
    Option(
        "--most-examples",
        "for each training sample, all in all (default: 0.5, with --effort paper "
        f"{_PAPER.most_examples})",
        "R",
        positive,
        sets=("most_examples",),
    ),
    Option(
        "--strength",
        "how many times as far as its crossing an example lies, at random "
        f"(default: {_PAPER.weakest},{_PAPER.strongest})",
        "A,B",
        strengths,
        sets=("weakest", "strongest"),
    ),
)
"""How many examples are made, of which samples, how far out: they set a `HardeningPlan`'s."""

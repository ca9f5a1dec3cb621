"""The options that say which attacks are run, and what is measured beside them."""

from typing import get_args

from robaudit.attacks.catalogue import CATALOGUE, Suite, checked_attack
from robaudit.attacks.measures import MEASURES
from robaudit.commands.options.efforts import suites
from robaudit.commands.options.option import Option, Table
from robaudit.commands.options.values import numbers, one_of, whole


def attack_options(usual: Suite = "none") -> Table:
    """List which attacks to run."""
    return (
        Option(
            "--attacks",
            f"{suites()}; without gradients quick and paper run square and hopskipjump "
            "(default: %(default)s)",
            choices=get_args(Suite),
            default=usual,
        ),
        Option(
            "--attack",
            "one more attack, or one of the suite with other parameters, e.g. "
            f"pgd:epsilon=8/255,steps=100; repeatable; NAME: {', '.join(CATALOGUE)}",
            "NAME[:KEY=VALUE,...]",
            checked_attack,
            repeatable=True,
            default=[],
            words=tuple(CATALOGUE),
        ),
        Option(
            "--measure",
            "on the samples attacked, beside attacks: corruptions, the error under the fifteen "
            "common ones at five severities; detection, how well examples are told from samples by "
            "the boundaries around them; directions, how many orthogonal ones lead out of the "
            "class; repeatable",
            "NAME",
            one_of(*MEASURES),
            repeatable=True,
            default=[],
            words=MEASURES,
        ),
        Option(
            "--allow-skipped",
            "do not exit with 2 where an attack named by --attack, every adversary asked for, or a "
            "measure, could not be run",
            default=False,
        ),
        Option(
            "--attack-samples",
            "how many of the samples searched are attacked (default: all that --samples asks for, "
            "else 100 with quick and 300 with standard effort, fewer of large inputs)",
            "N",
            whole(1),
        ),
        Option(
            "--strengths",
            "compute accuracy against strength at these (default: with --attacks paper and full "
            "at the usual ones, else at none)",
            "E,E,...",
            numbers,
        ),
    )

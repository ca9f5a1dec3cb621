"""How far to trust a robust accuracy: reasons to think that attacks failed, not the model held.

The reasons are those of Athalye et al. (2018) and of Croce and Hein (2020).
"""

from collections.abc import Callable, Sequence
from functools import partial

from robaudit.attacks.outcome import Targets
from robaudit.attacks.run import AttackResult
from robaudit.attacks.trust.flag import Flag, unchecked
from robaudit.attacks.trust.from_model import (
    not_converged,
    randomised,
    unbounded_attack,
    zero_gradients,
)
from robaudit.attacks.trust.from_results import (
    black_box_beats_white_box,
    lack_of_effort,
    more_steps_do_not_help,
    noise_beats_gradients,
)
from robaudit.batches import Pace
from robaudit.errors import ClassifierError, MissingDependencyError
from robaudit.types import Classifier

__all__ = ["FLAGS", "Flag", "trust_flags"]

FLAGS = (
    "randomised",
    "too-little-effort",
    "zero-gradients",
    "unbounded-attack",
    "black-box-beats-white-box",
    "noise-beats-gradients",
    "more-steps-do-not-help",
    "not-converged",
)
"""All flags, in the order of `trust_flags`: what spoils every score comes first."""


def trust_flags(
    classifier: Classifier,
    targets: Targets,
    results: Sequence[AttackResult],
    *,
    seed: int,
    pace: Pace,
) -> tuple[Flag, ...]:
    """Look for every reason to distrust the results of attacks: one flag each, as in `FLAGS`.

    Attacks that were compared come from ``results``; the model is asked about 50
    samples at most. What cannot be looked for is a flag that says why.
    """
    again = partial(randomised, classifier, targets, pace.batch_size)
    slopes = partial(zero_gradients, classifier, targets, pace.batch_size)
    anywhere = partial(unbounded_attack, classifier, targets, seed=seed, pace=pace)
    longer = partial(not_converged, classifier, targets, results, seed=seed, pace=pace)
    checks: tuple[Callable[[], Flag], ...] = (
        again,
        partial(lack_of_effort, targets, results),
        slopes,
        anywhere,
        partial(black_box_beats_white_box, targets, results),
        partial(noise_beats_gradients, targets, results),
        partial(more_steps_do_not_help, targets, results),
        longer,
    )
    flags = []
    for name, check in zip(FLAGS, checks, strict=True):
        try:
            flags.append(check())
        except (ClassifierError, MissingDependencyError) as error:
            flags.append(unchecked(name, str(error)))
        pace.progress("trust", len(flags), len(FLAGS))
    return tuple(flags)

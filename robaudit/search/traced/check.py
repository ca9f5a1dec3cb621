"""The check of the traced search: a bound on how many rays it may tell wrong.

Before it is let loose, the search is tried on rays drawn at random that are walked in
full: first with great caution, then with less, for as long
as the 95 % bound stays within the tolerance. Since the first failure ends it, the bound
holds for what is chosen as if nothing else had been tried (fixed-sequence testing; for
risks of predictions Angelopoulos and others, "Learn then test", 2021). What is tested,
and so the bound, is the same each time: that no more rays are wrong than the
sample was made for, even where fewer were.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from robaudit.search.plan import Strategy
from robaudit.search.traced.calibration import KnownRays, calibrate
from robaudit.search.traced.gap_process import GapProcess
from robaudit.stats.exact import hypergeometric_upper_bound
from robaudit.types import FloatArray

SKIP_BEYOND = (12.0, 9.0, 7.0, 6.0, 5.0, 4.5, 4.0, 3.6, 3.2, 2.9, 2.6, 2.3, 2.0, 1.7)
"""How many standard deviations inside its class a step need not be evaluated: what is tried."""

_CALIBRATION_RAYS = 250
"""So many rays measure the process; docs/search.md has what came of it."""

_ALLOWED_ERRORS = (8, 4, 2, 1)
_CHECK_SHARE = 0.01
"""Some wrong rays are borne where the larger sample that this calls for is a share so small.

Less caution then saves hardly more than that sample costs, but one unlucky ray does not
end the search."""

_WORTH_IT = 0.75
"""Where more than this share of what walking takes would be evaluated, all rays are walked."""

_NOT_NOTICED, _LEAST_NOTICED, _MOST_NOTICED = 0.25, 0.0002, 0.01
_USUAL_SHARES = np.array([0.6, 1.0])
"""How far margins of rays usually lie apart, before any is known."""
_QUANTILE = NormalDist().inv_cdf(0.975)

_MOST_STEPS, _MOST_KNOWN = 1000, 2**26
"""More steps of a ray, and more of all rays that are checked, would take too much memory."""

_MOST_WALKED = 0.5
"""Where more rays than this share would be walked to calibrate and check, all are."""


@dataclass(frozen=True)
class Check:
    """How a search was done, and how far it can be trusted.

    ``strategy`` is the one that was used in the end; ``fallback`` says why it is not the
    one that was planned. Of ``audited`` rays that were walked in full as well,
    ``disagreements`` had been told otherwise; ``upper_bound`` is the 95 % upper bound of
    the share of all rays that would be. ``calibrated`` counts further rays, walked in
    full to calibrate the search.
    """

    strategy: Strategy
    audited: int
    disagreements: int = 0
    upper_bound: float = 0.0
    calibrated: int = 0
    fallback: str | None = None


@dataclass(frozen=True)
class Trial:
    """What came of calibrating and checking; ``process`` is ``None`` where rays are to be walked.

    Steps need not be evaluated that are ``skip_beyond`` standard deviations inside their class.
    ``walked`` are the rays walked on the way.
    """

    check: Check
    process: GapProcess | None
    skip_beyond: float
    walked: tuple[KnownRays, ...]


def try_tracing(
    draw: Callable[[int], KnownRays], rays: int, samples: int, tolerance: float | None
) -> Trial:
    """Calibrate the traced search and find the least caution that passes the check.

    ``draw`` draws so many of the ``rays``, of so many ``samples``, at random, never the same
    one twice. Without a ``tolerance`` it is what `unnoticed` gives.
    """
    pilot = draw(_CALIBRATION_RAYS)
    if tolerance is None:
        tolerance = unnoticed(pilot.shares, samples)
    # Before anything is seen of it: what is tested must not depend on the test.
    count, allowed_errors = rays_for_check(rays, tolerance)
    sample = draw(count)
    walked = (pilot, sample)
    process = calibrate(pilot)
    chosen: tuple[float, int, int, float] | None = None
    for skip_beyond in SKIP_BEYOND:
        wrong, asked = sample.try_tracing(process, skip_beyond)
        # Fewer wrong ones than allowed for claim no smaller bound: the size of the sample was
        # chosen for that many, and a bound that shrank with luck would be another test.
        bound = hypergeometric_upper_bound(max(wrong, allowed_errors), len(sample), rays) / rays
        if bound > tolerance:
            break  # for good: a step beyond the first failure would be a second chance
        chosen = skip_beyond, wrong, asked, bound
    if chosen is None:
        why = f"{wrong:,} of {len(sample):,} rays that were checked were told otherwise"
        return Trial(Check("linear", rays, fallback=why), None, np.inf, walked)
    skip_beyond, wrong, asked, bound = chosen
    if asked > _WORTH_IT * sample.walking_cost():
        why = "what the scores say of the way to the boundary saves next to nothing"
        return Trial(Check("linear", rays, fallback=why), None, np.inf, walked)
    check = Check("traced", len(sample), wrong, bound, len(pilot))
    return Trial(check, process, skip_beyond, walked)


def unnoticed(shares: FloatArray, samples: int) -> float:
    """Give the share of rays told otherwise that means of so many samples would not notice.

    It moves a mean margin, as a share of the reach, and a crossing rate by no more than itself;
    that is to be a quarter of half the width of the interval that the mean would have. ``shares``
    (n,) are min(margin, reach) / reach of some rays; samples differ less than rays do.

    >>> round(unnoticed(np.array([0.5, 1.0]), samples=1000), 4)
    0.0039
    """
    spread = _QUANTILE * float(np.std(shares)) / math.sqrt(max(1, samples))
    half_width = max(spread, _QUANTILE**2 / 2 / max(1, samples))  # Wilson's, where all are the same
    return float(np.clip(_NOT_NOTICED * half_width, _LEAST_NOTICED, _MOST_NOTICED))


def reason_not_to(rays: int, samples: int, steps: int, tolerance: float | None) -> str | None:
    """Say why checking the traced search on so many rays would not pay, or ``None`` if it would."""
    if tolerance is None:
        tolerance = unnoticed(_USUAL_SHARES, samples)
    walked = rays_for_check(rays, tolerance)[0] + _CALIBRATION_RAYS
    if walked > _MOST_WALKED * rays:
        return "checking another search would take more than half of the rays"
    if steps > _MOST_STEPS or walked * steps > _MOST_KNOWN:
        return "checking another search would take too much memory"
    return None


def rays_for_check(rays: int, tolerance: float) -> tuple[int, int]:
    """Choose how many of some rays to check, and how many of them may be wrong.

    They are the fewest, none of them wrong, or more where they are few among all.
    """
    for allowed_errors in _ALLOWED_ERRORS:
        count = rays_to_check(rays, tolerance, allowed_errors)
        if count <= _CHECK_SHARE * rays:
            return count, allowed_errors
    return rays_to_check(rays, tolerance, 0), 0


def rays_to_check(rays: int, tolerance: float, allowed_errors: int) -> int:
    """Tell how many rays to check so that the bound holds with ``allowed_errors`` of them wrong.

    All of them, where even that would not do.
    """
    if hypergeometric_upper_bound(allowed_errors, rays, rays) > tolerance * rays:
        return rays
    low, high = allowed_errors + 1, rays
    while low < high:
        middle = (low + high) // 2
        if hypergeometric_upper_bound(allowed_errors, middle, rays) <= tolerance * rays:
            high = middle
        else:
            low = middle + 1
    return low

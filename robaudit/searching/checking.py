"""The check of the traced search: a bound on how many rays it may tell wrong.

Before it is let loose, the search is tried on rays drawn at random that are walked in
full. It is used only if the bound that they give, at 95 % over both trials together,
stays within the tolerance.
"""

from collections.abc import Callable
from dataclasses import dataclass

from robaudit.searching.calibrating import KnownRays, calibrate
from robaudit.searching.dips import Dips
from robaudit.uncertainty import most_of_them

_TRIALS = ((0, 0.04), (1, 0.01))
"""For each trial: how many wrong rays it may bear, and its share of the error of 5 %."""

_CALIBRATION_SHARE = 1 / 3
_LEAST_CALIBRATION = 500
_MOST_KNOWN = 2**26
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

    strategy: str
    audited: int
    disagreements: int = 0
    upper_bound: float = 0.0
    calibrated: int = 0
    factor: float | None = None
    fallback: str | None = None


@dataclass(frozen=True)
class Trial:
    """What came of calibrating and checking; ``dips`` is ``None`` where tracing is not good enough.

    ``walked`` are the rays walked on the way.
    """

    check: Check
    dips: Dips | None
    walked: tuple[KnownRays, ...]


def try_tracing(draw: Callable[[int], KnownRays], rays: int, tolerance: float) -> Trial:
    """Calibrate the traced search and check it; if it fails, calibrate it on that and check again.

    ``draw`` draws so many of the ``rays`` at random, never the same one twice.
    """
    walked = [draw(_rays_to_calibrate(rays_to_check(rays, tolerance, *_TRIALS[0])))]
    for borne, error in _TRIALS:
        count = rays_to_check(rays, tolerance, borne, error)
        if sum(map(len, walked)) + count > _MOST_WALKED * rays:
            break
        dips = calibrate(walked[-1])
        if dips is None:
            why = "what the scores say of the way to the boundary saves nothing"
            return Trial(Check("linear", rays, fallback=why), None, tuple(walked))
        sample = draw(count)
        walked.append(sample)
        wrong = sample.try_tracing(dips)[0]
        bound = most_of_them(wrong, count, rays, error) / rays
        if bound <= tolerance:
            calibrated = sum(map(len, walked)) - count
            check = Check("traced", count, wrong, bound, calibrated, dips.factor)
            return Trial(check, dips, tuple(walked))
    why = f"{wrong:,} of {len(walked[-1]):,} rays that were checked were told otherwise"
    return Trial(Check("linear", rays, fallback=why), None, tuple(walked))


def reason_not_to(rays: int, steps: int, tolerance: float) -> str | None:
    """Say why checking the traced search on so many rays would not pay, or ``None`` if it would."""
    count = rays_to_check(rays, tolerance, *_TRIALS[0])
    walked = count + _rays_to_calibrate(count)
    if walked > _MOST_WALKED * rays:
        return "checking another search would take more than half of the rays"
    if walked * steps > _MOST_KNOWN:
        return "checking another search would take too much memory"
    return None


def _rays_to_calibrate(to_check: int) -> int:
    return max(_LEAST_CALIBRATION, int(to_check * _CALIBRATION_SHARE))


def rays_to_check(rays: int, tolerance: float, borne: int, error: float) -> int:
    """Tell how many rays to check so that the bound holds with ``borne`` of them wrong.

    All of them, where even that would not do.
    """
    if most_of_them(borne, rays, rays, error) > tolerance * rays:
        return rays
    low, high = borne + 1, rays
    while low < high:
        middle = (low + high) // 2
        if most_of_them(borne, middle, rays, error) <= tolerance * rays:
            high = middle
        else:
            low = middle + 1
    return low

"""The check of the traced search: a bound on how many rays it may tell wrong.

Before it is let loose, the search is tried on rays drawn at random that are walked in
full: first with dips far wider than those measured, then with narrower ones, for as long
as the 95 % bound stays within the tolerance. Since the first failure ends it, the bound
holds for what is chosen as if nothing else had been tried (fixed-sequence testing; for
risks of predictions Angelopoulos and others, "Learn then test", 2021). What is tested,
and so the bound, is the same for all widths: that no more rays are wrong than the
sample was made for, even where fewer were.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from robaudit.searching.calibrating import KnownRays, calibrate
from robaudit.searching.dips import Dips
from robaudit.uncertainty import most_of_them

FACTORS = (12.0, 8.0, 6.0, 4.5, 3.5, 2.75, 2.25, 1.75, 1.4, 1.0)
"""By how much dips are taken to be wider than those measured, one after the other."""

_CALIBRATION_RAYS = 400
_BORNE = (8, 4, 2, 1)
_CHECK_SHARE = 0.01
"""Some wrong rays are borne where the larger sample that this calls for is a share so small.

Narrower dips then save hardly more than that sample costs, but one unlucky ray does not
end the search."""

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
    fallback: str | None = None

    def as_record(self) -> dict[str, Any]:
        """Give what records say of it, by their names."""
        return {
            "strategy": self.strategy,
            "fallback": self.fallback,
            "calibration_rays": self.calibrated,
            "audited_rays": self.audited,
            "disagreements": self.disagreements,
            "disagreement_upper_bound": self.upper_bound,
        }


@dataclass(frozen=True)
class Trial:
    """What came of calibrating and checking; ``dips`` is ``None`` where tracing is not good enough.

    ``walked`` are the rays walked on the way.
    """

    check: Check
    dips: Dips | None
    walked: tuple[KnownRays, ...]


def try_tracing(draw: Callable[[int], KnownRays], rays: int, tolerance: float) -> Trial:
    """Calibrate the traced search and find the narrowest dips that pass the check.

    ``draw`` draws so many of the ``rays`` at random, never the same one twice.
    """
    count, borne = rays_for_check(rays, tolerance)
    pilot, sample = draw(_CALIBRATION_RAYS), draw(count)
    walked = (pilot, sample)
    dips = calibrate(pilot)
    chosen: tuple[Dips, int, float] | None = None
    for factor in FACTORS:
        wide = replace(dips, factor=factor)
        wrong, _ = sample.try_tracing(wide)
        bound = most_of_them(max(wrong, borne), len(sample), rays) / rays
        if bound > tolerance:
            break
        chosen = wide, wrong, bound
    if chosen is None:
        why = f"{wrong:,} of {len(sample):,} rays that were checked were told otherwise"
        return Trial(Check("linear", rays, fallback=why), None, walked)
    dips, wrong, bound = chosen
    if pilot.try_tracing(dips)[1] >= pilot.walking_cost():
        why = "what the scores say of the way to the boundary saves nothing"
        return Trial(Check("linear", rays, fallback=why), None, walked)
    check = Check("traced", len(sample), wrong, bound, len(pilot))
    return Trial(check, dips, walked)


def reason_not_to(rays: int, steps: int, tolerance: float) -> str | None:
    """Say why checking the traced search on so many rays would not pay, or ``None`` if it would."""
    walked = rays_for_check(rays, tolerance)[0] + _CALIBRATION_RAYS
    if walked > _MOST_WALKED * rays:
        return "checking another search would take more than half of the rays"
    if walked * steps > _MOST_KNOWN:
        return "checking another search would take too much memory"
    return None


def rays_for_check(rays: int, tolerance: float) -> tuple[int, int]:
    """Choose how many of some rays to check, and how many of them may be wrong.

    They are the fewest, none of them wrong, or more where they are few among all.
    """
    for borne in _BORNE:
        count = rays_to_check(rays, tolerance, borne)
        if count <= _CHECK_SHARE * rays:
            return count, borne
    return rays_to_check(rays, tolerance, 0), 0


def rays_to_check(rays: int, tolerance: float, borne: int) -> int:
    """Tell how many rays to check so that the bound holds with ``borne`` of them wrong.

    All of them, where even that would not do.
    """
    if most_of_them(borne, rays, rays) > tolerance * rays:
        return rays
    low, high = borne + 1, rays
    while low < high:
        middle = (low + high) // 2
        if most_of_them(borne, middle, rays) <= tolerance * rays:
            high = middle
        else:
            low = middle + 1
    return low

"""Searches of one run of samples after the other, put together as one."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from robaudit.search.boundary_search import Crossings
from robaudit.search.rays import MISCLASSIFIED, Rays
from robaudit.search.traced.check import Check
from robaudit.stats.exact import hypergeometric_upper_bound

Searched = tuple[Rays, Crossings]


ERROR = 0.05
"""The chance that the bound of a check is too low."""


def joined(parts: Sequence[Searched], most_traced: int = 1) -> Searched:
    """Join searches, each of the samples that follow on those of the one before.

    Of traced ones, which are ``most_traced`` at most, the bounds hold together: each is that of
    an equal share of the error.
    """
    if len(parts) == 1 and most_traced == 1:
        return parts[0]
    rays, crossings = zip(*parts, strict=True)
    plan = replace(rays[0].plan, samples=sum(len(part.sample_origin) for part in rays))
    places = [part.place for part in rays if part.place is not None]
    step, adjacent, realised = (
        np.concatenate([getattr(part, name) for part in rays])
        for name in ("step", "adjacent", "realised")
    )
    together = Rays(
        step=step,
        adjacent=adjacent,
        realised=realised,
        sample_origin=np.concatenate([part.sample_origin for part in rays]),
        plan=plan,
        first=rays[0].first,
        place=np.concatenate(places) if places else None,
    )
    return together, Crossings(
        step=step,
        adjacent=adjacent,
        place=together.place,
        evaluations=sum(part.evaluations for part in crossings),
        linear_evaluations=sum(part.linear_evaluations for part in crossings),
        near_ties=sum(part.near_ties for part in crossings),
        check=_joined_check(rays, [part.check for part in crossings], most_traced),
        batch_size=crossings[0].batch_size,
    )


def _joined_check(rays: Sequence[Rays], checks: Sequence[Check], most_traced: int) -> Check:
    traced = [index for index, check in enumerate(checks) if check.strategy == "traced"]
    if len(traced) > most_traced:
        raise ValueError("the bounds of so many checks do not hold together")
    if not traced:
        return replace(checks[0], audited=sum(check.audited for check in checks))
    own = [checks[index] for index in traced]
    wrong = sum(_most_wrong(rays[index], checks[index], ERROR / most_traced) for index in traced)
    return Check(
        "traced",
        audited=sum(check.audited for check in own),
        disagreements=sum(check.disagreements for check in own),
        upper_bound=wrong / sum(map(len, rays)),
        calibrated=sum(check.calibrated for check in own),
    )


def _most_wrong(rays: Rays, check: Check, error: float) -> float:
    """Bound how many rays of a traced search are told otherwise, at an error of its own.

    Its bound allows for as many wrong rays as its sample was made for, which may be more than
    there were. What was tested must not depend on the test, so as many are allowed for here.
    """
    if error == ERROR:
        return check.upper_bound * len(rays)
    walked = int(np.sum(rays.step != MISCLASSIFIED))
    allowed, bound = check.disagreements, round(check.upper_bound * walked)
    while hypergeometric_upper_bound(allowed, check.audited, walked) < bound:
        allowed += 1
    return hypergeometric_upper_bound(allowed, check.audited, walked, error)

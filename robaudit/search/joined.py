"""Searches of one run of samples after the other, put together as one."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from robaudit.search.boundary_search import Crossings
from robaudit.search.rays import Rays

Searched = tuple[Rays, Crossings]


def joined(parts: Sequence[Searched]) -> Searched:
    """Join searches, each of the samples that follow on those of the one before.

    At most one of them is traced: the bound of its check is then that of all rays, as a share.
    """
    if len(parts) == 1:
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
    traced = [index for index, part in enumerate(crossings) if part.check.strategy == "traced"]
    if len(traced) > 1:
        raise ValueError("the bounds of several checks do not hold together")
    of_all = crossings[traced[0] if traced else 0]
    share = len(rays[traced[0]]) / len(together) if traced else 1.0
    check = replace(of_all.check, upper_bound=of_all.check.upper_bound * share)
    if not traced:
        check = replace(check, audited=len(together))
    return together, Crossings(
        step=step,
        adjacent=adjacent,
        place=together.place,
        evaluations=sum(part.evaluations for part in crossings),
        linear_evaluations=sum(part.linear_evaluations for part in crossings),
        near_ties=sum(part.near_ties for part in crossings),
        check=check,
        batch_size=of_all.batch_size,
    )

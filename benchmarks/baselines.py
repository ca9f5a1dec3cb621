"""What baselines do in the life of a repository: how often equal models fail, what losses fail.

    python -m benchmarks.baselines BEFORE AFTER [--resamples 2000]

BEFORE and AFTER are audits of two models on the same images, with adversaries. The answers of
the two are exchanged at random for each image, which makes them equal models that differ on
as many images, and all gates are held each time. Then losses of robust accuracy are drawn, of
several sizes, and held against the usual gates. Prints Markdown tables.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from robaudit.metrics.figures import (
    ACCURACY,
    CROSSING_RATE,
    MEAN_MARGIN,
    ROBUST_ACCURACY,
    WORST_CLASS,
)
from robaudit.metrics.gates import WORST, Gate
from robaudit.record.baseline_file import read_either
from robaudit.record.findings import Attacked, Findings
from robaudit.types import BoolArray, IntArray
from robaudit.verdict.baseline import ERROR, evaluate_against, shown_beyond
from robaudit.verdict.drops import Drop
from robaudit.verdict.drops_of_least import least_share
from robaudit.verdict.paired_shares import PairedShares

ALL_GATES = (
    Gate(ACCURACY, 0.0, drop=True),
    Gate(ACCURACY, 0.0, of_class=WORST, drop=True),
    Gate(ROBUST_ACCURACY, 0.0, drop=True),
    Gate(ROBUST_ACCURACY, 0.0, of_class=WORST, drop=True),
    Gate(MEAN_MARGIN, 0.0, drop=True),
    Gate(CROSSING_RATE, 0.0, drop=True),
    Gate(WORST_CLASS, 0.0, drop=True),
)
_GATES, _ADVERSARIES = 3, 2
"""Of the usual gates, and of the attacks that the suite quick has."""

HELD = 0.6
"""The share of images that hold before, where losses are drawn."""


def exchange(
    before: Findings, after: Findings, random: np.random.Generator
) -> tuple[Findings, Findings]:
    """Exchange the answers of two models for each image with a chance of 1/2."""
    images = random.random(len(before.predicted)) < 0.5
    return _mixed(before, after, images), _mixed(after, before, images)


def _mixed(one: Findings, other: Findings, images: BoolArray) -> Findings:
    """Take the answers of the other model for some images (n,) of the split."""
    rays = np.repeat(images[one.rows], one.plan.rays_per_sample)
    both = one.rays, other.rays
    place = None
    if one.rays.place is not None and other.rays.place is not None:
        place = np.where(rays, other.rays.place, one.rays.place)
    mixed = replace(
        one.rays,
        step=np.where(rays, both[1].step, both[0].step),
        adjacent=np.where(rays, both[1].adjacent, both[0].adjacent),
        realised=np.where(rays, both[1].realised, both[0].realised),
        place=place,
    )
    attacks = tuple(
        None
        if first is None or last is None
        else Attacked(first.rows, np.where(images[first.rows], last.success, first.success))
        for first, last in zip(one.attacks, other.attacks, strict=True)
    )
    predicted = np.where(images, other.predicted, one.predicted)
    return replace(one, rays=mixed, predicted=predicted, attacks=attacks)


def with_loss(
    before: Findings, lost: float, gained: float, random: np.random.Generator
) -> Findings:
    """Let other images (shares of all attacked) fall to all attacks, or hold against them."""
    attacks: list[Attacked | None] = []
    chances = random.random(len(before.rows))
    for attacked in before.attacks:
        if attacked is None:
            attacks.append(None)
            continue
        fell, drawn = attacked.success, chances[: len(attacked.rows)]
        falls = drawn < lost / max(1e-9, float((~fell).mean()))
        holds = drawn < gained / max(1e-9, float(fell.mean()))
        attacks.append(Attacked(attacked.rows, np.where(fell, ~holds, falls)))
    return replace(before, attacks=tuple(attacks))


def alarms(
    before: Findings, after: Findings, gates: Sequence[Gate], resamples: int, seed: int = 0
) -> IntArray:
    """Count the gates that fail in each of so many exchanges of equal models: (resamples,)."""
    random = np.random.default_rng(seed)
    return np.array(
        [
            sum(gate.outcome == "failed" for gate in evaluate_against(gates, mixed[1], mixed[0]))
            for mixed in (exchange(before, after, random) for _ in range(resamples))
        ]
    )


def caught(
    samples: int, loss: float, changed: float, draws: int, adversaries: int = _ADVERSARIES
) -> float:
    """Give the share of losses that the usual gates tell, under the strongest of adversaries.

    Of ``samples`` images a share ``changed`` answers otherwise, ``loss`` more of them worse. Under
    the other adversaries a tenth more hold.
    """
    random = np.random.default_rng(0)
    told = 0
    for _ in range(draws):
        drawn = random.random(samples)
        before = [drawn < HELD + 0.1 * (place > 0) for place in range(adversaries)]
        moved = random.random(samples)
        falls, holds = (changed + loss) / 2 / HELD, (changed - loss) / 2 / (1 - HELD)
        after = [np.where(mark, moved >= falls, moved < holds) for mark in before]
        least = least_share(PairedShares(tuple(before), tuple(after), (0,) * adversaries))
        drop = Drop(least.before - least.after, least.before, least.bounds)
        flat = replace(drop, bounds=partial(_unchanged, samples))
        told += shown_beyond([drop, *[flat] * (_GATES - 1)], [0.0] * _GATES)[0].shown
    return told / draws


def _unchanged(samples: int, _error: float) -> tuple[float, float]:
    return -1 / samples, 1 / samples


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--resamples", type=int, default=2000)
    options = parser.parse_args()
    before, after = read_either(options.before), read_either(options.after)
    failed = alarms(before, after, ALL_GATES, options.resamples)
    share = f"{(failed > 0).mean():.2%} of {len(failed):,}"
    print(f"equal models that fail at any of {len(ALL_GATES)} gates: {share} (at most {ERROR:.0%})")
    print("\n| images | loss | 5 % change | 10 % | 20 % |\n|---|---|---|---|---|")
    for samples in (100, 300, 1000, 5000):
        for loss in (0.01, 0.02, 0.03, 0.05, 0.1):
            cells = [
                "" if changed < loss else f"{caught(samples, loss, changed, 500):.0%}"
                for changed in (0.05, 0.1, 0.2)
            ]
            print(f"| {samples:,} | {loss:.0%} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()

"""Make a real population of a model: the margins of many images along the same directions.

``python -m benchmarks.coverage.tabulate MODEL DATA -o FILE.npz`` writes what ``--population``
of the study reads.
"""

import argparse
from pathlib import Path

import numpy as np

from robaudit import SearchPlan, load, read_images, scan
from robaudit.record.findings import Findings, findings_of
from robaudit.search.rays import NONE
from robaudit.types import FloatArray


def main() -> None:
    """Search so many images along shared directions, and write the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.coverage.tabulate", description=__doc__
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--directions", type=int, default=64)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    plan = SearchPlan(options.samples, options.directions)
    findings = findings_of(scan(load(options.model), read_images(options.data), plan=plan))
    margins, crossed = cells_of(findings)
    np.savez_compressed(options.output, margins=margins, crossed=crossed, origin=findings.origin)


def cells_of(findings: Findings) -> tuple[FloatArray, FloatArray]:
    """Give mean margins, in units of the reach, and shares of ways that crossed: both (S, K)."""
    rays, plan = findings.rays, findings.plan
    shape = plan.samples, plan.directions, plan.signs
    crossed = (rays.step != NONE).reshape(shape)
    distance = np.where(crossed, rays.distance.reshape(shape) / plan.reach, 1.0)
    return distance.mean(axis=2), crossed.mean(axis=2)


if __name__ == "__main__":
    main()

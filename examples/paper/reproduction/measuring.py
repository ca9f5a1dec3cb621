"""The pieces of work that measure a model: its audit, its attacks, its class centre images."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import robaudit
from reproduction.work import Bench
from robaudit import Images, SearchPlan

ATTACKS_FILE = "attacks.json"
_CENTERS_FILE = "centers.json"
_AS_THEY_ARE = robaudit.PreprocessingRequest((0.0,), (1.0,))


def audit(bench: Bench, model: Path, seed: int, folder: Path) -> None:
    """Audit a model on the test images of a seed: the same for all models of it."""
    plan = replace(bench.setting.audit, seed=seed)
    robaudit.write_audit(_scanned(bench, model, bench.data.test_of(seed), plan), folder)


def attack(bench: Bench, model: Path, texts: Sequence[str], seed: int, folder: Path) -> None:
    """Attack a model on test images of a seed, and keep which held, attack by attack."""
    images = bench.data.test_of(seed)
    report = attacked(bench, model, images, texts, seed, bench.setting.attacked)
    (folder / ATTACKS_FILE).write_text(json.dumps(report))


def attacked(
    bench: Bench, model: Path, images: Images, texts: Sequence[str], seed: int, samples: int
) -> dict[str, Any]:
    """Attack a model on some images; tell which are ``correct``, and for each attack which held.

    ``distances`` are those of the examples found, -1 where there is none.
    """
    found = robaudit.attack_images(
        bench.open(model),
        images,
        [robaudit.parse_attack(text, bench.spec) for text in texts],
        samples=samples,
        seed=seed,
        preprocessing=_AS_THEY_ARE,
        batch_size=bench.batch_size,
    )
    held, distances = [], []
    for text, result in zip(texts, found.results, strict=True):
        if result.outcome is None:
            raise RuntimeError(f"{text}: {result.skipped}")
        held.append((~result.outcome.success).tolist())
        distances.append(np.where(result.outcome.success, result.outcome.distance, -1).tolist())
    return {
        "attacks": list(texts),
        "rows": found.rows.tolist(),
        "correct": found.targets.correct.tolist(),
        "held": held,
        "distances": distances,
    }


def measure_centers(
    bench: Bench, audits: Mapping[str, Path], models: Mapping[str, Path], seed: int, folder: Path
) -> None:
    """Find class centre images in some audits, and search them on some models.

    The search goes to the end of the pixel range, as the paper's does in Table II.
    """
    sets = {name: _centers_of(path) for name, path in audits.items()}
    rows = np.unique([row for one in sets.values() for row in one if row is not None])
    images = bench.data.test_of(seed).take(rows, "centers")
    audit = bench.setting.audit
    plan = replace(audit, seed=seed, samples=len(rows), steps=math.ceil(1 / audit.step - 1e-9))
    margins = {}
    for name, path in models.items():
        with_folder = folder / name
        with_folder.mkdir()
        robaudit.write_audit(_scanned(bench, path, images, plan), with_folder)
        found = robaudit.read_findings(with_folder)
        mean = dict(zip(rows[found.rows].tolist(), found.tally.restricted.tolist(), strict=True))
        margins[name] = {
            of: [None if row is None else min(1.0, mean[row]) for row in one]
            for of, one in sets.items()
        }
    (folder / _CENTERS_FILE).write_text(json.dumps({"rows": sets, "margins": margins}))


def read_centers(folder: Path) -> Mapping[str, Mapping[str, list[float | None]]]:
    """Give the mean margins of class centre images: by model, by the set, class by class."""
    found: dict[str, Any] = json.loads((folder / _CENTERS_FILE).read_text())
    margins: Mapping[str, Mapping[str, list[float | None]]] = found["margins"]
    return margins


def _scanned(bench: Bench, model: Path, images: Images, plan: SearchPlan) -> robaudit.Audit:
    return robaudit.scan(
        bench.open(model),
        images,
        plan=plan,
        preprocessing=_AS_THEY_ARE,
        batch_size=bench.batch_size,
    )


def _centers_of(audit: Path) -> list[int | None]:
    """Find the sample of each class with the largest mean margin, by its row of the images."""
    found = robaudit.read_findings(audit)
    restricted = np.asarray(found.tally.restricted)
    centers: list[int | None] = []
    for class_index in range(found.classes):
        members = np.flatnonzero(found.origin == class_index)
        best = members[restricted[members].argmax()] if len(members) else None
        centers.append(None if best is None else int(found.rows[best]))
    return centers

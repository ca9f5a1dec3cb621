"""Measuring one model: an audit with adversaries, noise and corruptions on more images."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import robaudit
from reproduction.measuring import attacked
from reproduction.work import Bench
from robaudit import AttackPlan, Images
from robaudit.types import BoolArray, IntArray
from study.settings import CORRUPTIONS, Study, noise_texts, texts_of

_AUDIT, _SHIFTS = "audit", "shifts.json"
_AS_THEY_ARE = robaudit.PreprocessingRequest((0.0,), (1.0,))


@dataclass(frozen=True)
class Held:
    """Which images held: ``right`` (n,) of the classes ``labels`` (n,), by their ``rows`` (n,)."""

    rows: IntArray
    labels: IntArray
    right: BoolArray

    @property
    def accuracy(self) -> float:
        """The share that held."""
        return float(self.right.mean())

    @property
    def worst_class(self) -> float:
        """The smallest share of a class."""
        return min(float(self.right[self.labels == one].mean()) for one in np.unique(self.labels))


@dataclass(frozen=True)
class Measured:
    """What was measured of a model of a seed: what ``held`` by name, and other numbers.

    ``restricted_mean`` is that of samples right at the start, ``closest`` the median distance to
    the closest boundary that was found by any means; both in RMS units. ``flags`` are the signs
    of masked gradients that were seen.
    """

    held: Mapping[str, Held]
    restricted_mean: float | None
    closest: float | None
    flags: tuple[str, ...]


def measure(
    study: Study,
    bench: Bench,
    model: Path,
    budgets: Mapping[str, float],
    images: Images,
    seed: int,
    folder: Path,
) -> None:
    """Measure a model on some images; the same of them for all models of a seed."""
    setting = bench.setting
    adversaries = texts_of(budgets, study).values()
    found = robaudit.scan(
        bench.open(model),
        images,
        plan=replace(
            setting.audit, samples=max(setting.audit.samples, setting.attacked), seed=seed
        ),
        preprocessing=_AS_THEY_ARE,
        attacks=AttackPlan(
            tuple(robaudit.parse_attack(text, bench.spec) for text in adversaries),
            samples=setting.attacked,
        ),
        batch_size=bench.batch_size,
    )
    robaudit.write_audit(found, folder / _AUDIT)
    noises = noise_texts(budgets, study)
    noisy = attacked(bench, model, images, list(noises.values()), seed, len(images))
    corrupted = robaudit.corruption_error(
        bench.open(model),
        images,
        samples=setting.tested,
        corruptions=tuple(CORRUPTIONS),
        severities=(study.severity,),
        seed=seed,
        preprocessing=_AS_THEY_ARE,
        batch_size=bench.batch_size,
    )
    shifts = {
        name: [noisy["rows"], held] for name, held in zip(noises, noisy["held"], strict=True)
    } | {
        name: [corrupted.rows.tolist(), (~wrong[0]).tolist()]
        for name, wrong in zip(CORRUPTIONS, corrupted.wrong, strict=True)
    }
    (folder / _SHIFTS).write_text(json.dumps(shifts))


def read_measured(study: Study, budgets: Mapping[str, float], folder: Path) -> Measured:
    """Read what `measure` wrote."""
    found = robaudit.read_findings(folder / _AUDIT)
    assert found.labels is not None  # noqa: S101 - all data of the study have labels
    labels = np.asarray(found.labels)
    every = np.arange(len(labels))
    held = {"clean": Held(every, labels, np.asarray(found.predicted == labels))}
    for name, one in zip(texts_of(budgets, study), found.attacks, strict=True):
        if one is None:
            raise RuntimeError(f"{name} was not run: {_reasons(found.record)}")
        held[name] = Held(one.rows, labels[one.rows], ~one.success)
    shifts: dict[str, Any] = json.loads((folder / _SHIFTS).read_text())
    for name, (rows, right) in shifts.items():
        held[name] = Held(np.array(rows), labels[rows], np.array(right, dtype=bool))
    right = found.record["margins"].get("right_at_start")
    return Measured(
        held=held,
        restricted_mean=right and right["restricted_mean"]["value"],
        closest=found.record["closest"]["distance"]["value"],
        flags=tuple(flag["name"] for flag in found.record["trust"] if flag["raised"]),
    )


def _reasons(record: Mapping[str, Any]) -> Sequence[str]:
    return [one["skipped"] for one in record["attacks"] if one["skipped"]]

"""Two affine models on the same samples, to compare: their margins are known in closed form."""

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np

import robaudit
from robaudit import Classifier, SearchPlan
from robaudit.attacks.assessment import AttackPlan
from robaudit.attacks.catalogue import Attack
from robaudit.audit import Audit
from robaudit.comparison import compare
from robaudit.data.images import Images
from robaudit.data.memory.in_memory import images_from_arrays
from robaudit.preprocessing.candidates import PreprocessingRequest
from robaudit.record.findings import Findings, findings_of
from robaudit.testing import affine_classifier

DIMENSION, CLASSES = 36, 4
PLAN = SearchPlan(samples=60, directions=6, step=0.02, steps=20, clip=False)
NOISE = AttackPlan((Attack("gaussian-noise", {"sigma": 0.3}), Attack("jpeg", {"quality": 40})))

_random = np.random.default_rng(0)
WEIGHTS, BIAS = _random.normal(0, 1, (DIMENSION, CLASSES)), np.zeros(CLASSES)
WEIGHTS -= WEIGHTS.mean(axis=0)  # a grey image is on all boundaries, so all classes are common
X = _random.random((200, 6, 6)).astype(np.float32)


def model(spread: float = 0.0, scale: float = 1.0, seed: int = 1) -> Classifier:
    """Make the model before, its weights moved by noise of some spread, all scores scaled."""
    noise = np.random.default_rng(seed).normal(0, spread, WEIGHTS.shape) if spread else 0.0
    return affine_classifier(scale * (WEIGHTS + noise), scale * BIAS, (1, 6, 6))


def images(wrong: float = 0.1) -> Images:
    """Label images as the model before does, but for a share of them."""
    labels = model().predict(X.reshape(len(X), 1, 6, 6)).argmax(axis=1)
    flipped = np.random.default_rng(2).random(len(X)) < wrong
    return images_from_arrays(X, np.where(flipped, (labels + 1) % CLASSES, labels))


def audit(classifier: Classifier, of: Images | None = None, **options: Any) -> Audit:
    """Audit a model on pixels as they are."""
    return robaudit.scan(
        classifier,
        of or images(),
        plan=options.pop("plan", PLAN),
        preprocessing=PreprocessingRequest((0.0,), (1.0,)),
        **options,
    )


def findings(classifier: Classifier, of: Images | None = None, **options: Any) -> Findings:
    """Audit a model, and take what a comparison needs."""
    return findings_of(audit(classifier, of, **options))


def differences(before: Findings, after: Findings) -> list[dict[str, Any]]:
    """Compare, and give the differences alone."""
    found: list[dict[str, Any]] = compare(before, after)["differences"]
    return found


def named(rows: list[dict[str, Any]], name: str, class_index: int | None = None) -> dict[str, Any]:
    """Find a difference by its name and class."""
    return next(one for one in rows if (one["name"], one["class"]) == (name, class_index))


def with_record(found: Findings, section: str, **changes: Any) -> Findings:
    """Change what a record says."""
    record = found.audit_record
    told = msgspec.structs.replace(getattr(record, section), **changes)
    return replace(found, audit_record=msgspec.structs.replace(record, **{section: told}))

"""Records of audits to draw reports from: real ones, and what attacks add to them."""

import base64
import copy
import io
import json
from dataclasses import asdict
from typing import Any

import numpy as np
from PIL import Image

from robaudit import Classifier, Images, SearchPlan, make_record, scan
from robaudit.attacks.catalogue import CATALOGUE, default_attack
from robaudit.record import to_json
from robaudit.stats.intervals import wilson_interval
from robaudit.testing import affine_classifier
from robaudit.types import InputSpec

PLAN = SearchPlan(samples=30, directions=8, steps=10, step=0.05)
REASON = "it needs gradients, and there are none of this model"
NAMES = ("fgsm", "pgd", "bim", "mim", "deepfool", "uniform-noise", "gaussian-noise", "square")
HELD = {"fgsm": 41, "pgd": 12, "bim": 12, "uniform-noise": 92, "gaussian-noise": 88, "square": 23}
NOTHING = {"value": None, "low": None, "high": None}


def record_of(classifier: Classifier, images: Images | None, **plan: Any) -> Any:
    audit = scan(classifier, images, plan=SearchPlan(**{**vars(PLAN), **plan}))
    return json.loads(to_json(make_record(audit)))


def many_classes() -> Classifier:
    random = np.random.default_rng(0)
    weights, bias = random.normal(0, 1, (64, 60)), random.normal(0, 0.1, 60)
    return affine_classifier(weights, bias, (1, 8, 8))


def held(count: int, samples: int = 100) -> dict[str, float | None]:
    return asdict(wilson_interval(count, samples))


def attack_entry(name: str, record: Any) -> dict[str, Any]:
    """Make the entry of an attack that ran, or of one that did not."""
    attack = default_attack(name, InputSpec(shape=(1, 8, 8), classes=10))
    count = HELD.get(name)
    classes = record["model"]["classes"]
    shares = [0 if count is None else min(10, max(0, count // 10 + i % 3 - 1)) for i in range(10)]
    return {
        "name": name,
        "title": attack.entry.title,
        "norm": attack.norm,
        "budget": attack.budget if np.isfinite(attack.budget) else None,
        "parameters": dict(attack.parameters),
        "source": attack.entry.source,
        "adversary": attack.entry.adversary,
        "required": False,
        "stand_in": False,
        "doubt": None,
        "skipped": REASON if count is None else None,
        "accuracy": NOTHING if count is None else held(count),
        "per_class": [] if count is None else [held(shares[i % 10], 10) for i in range(classes)],
        "median_distance": 0.2135 if count is not None and count < 50 else None,
        "outside_budget": 3 if name == "square" else 0,
        "evaluations": 0 if count is None else 100 * len(name),
        "gradients": 0 if "noise" in name or count is None else 40 * len(name),
        "seconds": 0.0 if count is None else 1.25,
    }


def picture(change: float, size: int = 8) -> str:
    pixels = np.linspace(0, 200, size * size).reshape(size, size) + change
    buffer = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(buffer, format="png")
    return base64.b64encode(buffer.getvalue()).decode()


def with_attacks(record: Any, names: tuple[str, ...] = NAMES) -> Any:
    """Give a record the keys of attacks, with values such as attacks give."""
    strengths = [0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4]
    falls = {"fgsm": 0.2, "pgd": 0.12, "uniform-noise": 0.8, "gaussian-noise": 0.55}
    margins = [one["restricted_mean"]["value"] for one in record["margins"]["per_class"]]
    return {
        **copy.deepcopy(record),
        "attacks": [attack_entry(name, record) for name in names],
        "attack_plan": {"samples": 100, "clean": held(97), "seed": 7, "art": "1.20.1"},
        "curves": [
            {
                "name": name,
                "title": CATALOGUE[name].title,
                "strengths": strengths,
                "accuracy": [held(round(97 / (1 + (s / fall) ** 4))) for s in strengths],
                "skipped": None,
            }
            for name, fall in falls.items()
        ],
        "query_curves": [
            {
                "name": "hopskipjump",
                "title": "HopSkipJump",
                "norm": "l2",
                "queries": [625, 1250, 2500],
                "accuracy": [held(left) for left in (90, 40, 31)],
                "median_distance": [
                    {"value": None, "low": None, "high": None, "reason": "fewer than half"},
                    {"value": 1.8, "low": 1.2, "high": 2.6, "reason": None},
                    {"value": 0.75, "low": 0.6, "high": 0.9, "reason": None},
                ],
            }
        ],
        "trust": [
            {
                "name": "unbounded-attack-holds",
                "raised": True,
                "sentence": "PGD without a bound still leaves 31% of the samples: gradients are "
                "masked, so its score flatters the model. Run Square and HopSkipJump.",
                "measured": {"accuracy": 0.31, "samples": 100},
            },
            {
                "name": "noise-beats-gradients",
                "raised": False,
                "sentence": "Noise breaks no more than gradients do.",
                "measured": {"share": 0.0},
            },
            {
                "name": "saturated-gradients",
                "raised": None,
                "sentence": "There are no gradients to look at.",
                "measured": {},
            },
        ],
        "closest": {
            "samples": 30,
            "by": {"rays": 5, "pgd": 25, "fgsm": 0},
            "compared": 28,
            "missing": None,
            "rank_correlation": {"value": 0.61, "low": 0.48, "high": 0.72},
            "per_class": [
                {
                    "class": i,
                    "closest": None if i == 5 or margin is None else margin / (4 + i % 4),
                    "margin": margin,
                    "right_at_start": {
                        "samples": 0 if margin is None else 2,
                        "attack": None if i == 5 or margin is None else margin / (5 + i % 4),
                        "ray": None if margin is None else margin / 2,
                        "margin": None if margin is None else margin * 1.01,
                    },
                }
                for i, margin in enumerate(margins)
            ],
            "disagreeing": [3, 7],
            "sentence": "Margins and attacks put the classes in much the same order, but not 3, 7.",
        },
        "attack_gallery": [
            {
                "attack": "pgd",
                "title": "PGD",
                "origin": i,
                "adjacent": (i + 5) % 10,
                "row": 17 + i,
                "distance": 0.2135,
                "norm": norm,
                "amplified": 4.0,
                "sample": picture(0),
                "example": picture(50),
                "difference": picture(20),
            }
            for i, norm in enumerate(("linf", "l2", "none"))
        ],
    }

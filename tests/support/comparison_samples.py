"""Comparisons to draw reports from: real ones, and what hardening adds to them."""

import copy
import json
from dataclasses import replace
from statistics import mean, stdev
from typing import Any

import numpy as np

import robaudit
from robaudit import Classifier, Images, SearchPlan, images_from_arrays, scan
from robaudit.attacks.assessment import AttackPlan
from robaudit.attacks.catalogue import default_attack
from robaudit.comparison import compare
from robaudit.record import to_json
from robaudit.testing import affine_classifier
from tests.support.paths import EXAMPLES

PLAN = SearchPlan(samples=60, directions=8, steps=10, step=0.1)
HOSTILE = '"><script>x</script><b onclick=x>&amp;\x1b[2J|*a*' + "long" * 80


def weaker(classifier: Classifier, share: float = 0.25) -> Classifier:
    """Disturb the scores of a classifier by a fixed linear function of its input."""
    random = np.random.default_rng(5)
    weights = random.normal(0, 1, (classifier.spec.dimension, classifier.spec.classes))

    def predict(x: Any) -> Any:
        scores = classifier.predict(x)
        return (scores + share * scores.std() * (x.reshape(len(x), -1) @ weights)).astype("f4")

    return replace(
        classifier, name="weak.onnx", fingerprint="0" * 64, predict=predict, prober=None, vjp=None
    )


def compared(before: Classifier, after: Classifier, images: Images, **options: Any) -> Any:
    """Compare two classifiers, as JSON gives it back."""
    audits = (scan(one, images, **{"plan": PLAN, **options}) for one in (before, after))
    return json.loads(to_json(compare(*audits)))


def digits_compared(digits: Images) -> Any:
    """Compare a weakened version of the demo's classifier with the classifier."""
    good = replace(robaudit.load(EXAMPLES / "digits.onnx"), vjp=None)
    names = ("gaussian-noise", "uniform-noise", "fgsm")
    attacks = AttackPlan(
        tuple(default_attack(name, good.spec) for name in names), strengths=(0.1, 0.3, 0.5, 0.8)
    )
    return compared(weaker(good), good, digits, attacks=attacks)


def without_attacks(comparison: Any) -> Any:
    """Take away what attacks brought."""
    bare = copy.deepcopy(comparison)
    for part in ("before", "after"):
        for name in ("attack_plan", "curves", "query_curves", "trust", "closest", "attack_gallery"):
            del bare[part][name]
        bare[part]["attacks"] = []
    bare["differences"] = [one for one in bare["differences"] if one["attack_name"] is None]
    bare["verdict"] = [text for text in bare["verdict"] if "attack" not in text]
    bare["warnings"] = [text for text in bare["warnings"] if "attack" not in text]
    return bare


def many_classes_compared(classes: int = 200) -> Any:
    """Compare two linear models of many classes, each class with two images."""
    random = np.random.default_rng(0)
    weights, bias = random.normal(0, 1, (64, classes)), random.normal(0, 0.1, classes)
    before = affine_classifier(weights, bias, (1, 8, 8))
    after = affine_classifier(weights + random.normal(0, 0.02, weights.shape), bias, (1, 8, 8))
    labels = np.repeat(np.arange(classes), 2)
    pixels = 0.5 + 0.15 * weights.T[labels] + random.normal(0, 0.1, (len(labels), 64))
    images = images_from_arrays(pixels.clip(0, 1).astype("f4").reshape(-1, 8, 8), labels)
    plan = replace(PLAN, samples=2 * classes, directions=2, steps=5, step=0.2)
    return compared(before, after, images, plan=plan, reference="label")


def hardened(comparison: Any, *, seeds: int = 1, rounds: int = 1, kept: bool = True) -> Any:
    """Give a comparison what hardening adds, with values such as it gives."""
    made = copy.deepcopy(comparison)
    runs = [_run(made, seed, rounds, kept) for seed in range(seeds)]
    words = "Epoch 3 of round 1 is kept: the best margin within the drop of accuracy allowed."
    made["hardening"] = {
        "method": "feedback",
        "plan": {
            "high_samples": 20,
            "low_samples": 150,
            "epochs": 4,
            "learning_rate": None,
            "adversary": {"name": "pgd", "steps": 40.0},
        },
        "command": "robaudit harden weak.onnx --data train.npz -o out --epochs 4",
        "outcome": words if kept else "The original is given back: every epoch lost too much.",
        "kept": {"seed": 0, "round": 1, "epoch": 3} if kept else None,
        "data": {
            "source": "train.npz",
            "sha256": "a" * 64,
            "train": 1234,
            "validation": 137,
            "test_source": "test.npz",
        },
        "runs": runs,
        "spread": [_spread(one, seeds) for one in made["differences"][:3]] if seeds > 1 else [],
        "files": {"model": "hardened.onnx", "examples": "examples.npz", "nothing": None},
    }
    return made


def _run(comparison: Any, seed: int, rounds: int, kept: bool) -> Any:
    original = {"accuracy": 0.972, "restricted_mean": 0.31 + 0.001 * seed}
    return {
        "seed": seed,
        "kept": {"round": 1, "epoch": 3} if kept else None,
        "original": original,
        "rounds": [_round(comparison, seed, number) for number in range(rounds)],
    }


def _round(comparison: Any, seed: int, number: int) -> Any:
    levels = comparison["before"]["inequality"]["levels"]
    chosen = {"high": 2, "medium": 10, "low": 15, None: 0}
    classes = [
        {
            "class": one["class"],
            "name": one["name"],
            "level": levels[one["class"]],
            "robustness": None if one["class"] == 2 else 0.37 + one["class"],
            "searched": 15,
            "chosen": chosen[levels[one["class"]]],
            "examples": 40 * chosen[levels[one["class"]]] + seed + number,
        }
        for one in comparison["before"]["margins"]["per_class"]
    ]
    return {
        "searched": 150,
        "rays": 12_000,
        "crossed": 4_321,
        "search": {
            "strategy": "traced",
            "fallback": None,
            "calibration_rays": 400,
            "audited_rays": 2_600,
            "disagreements": 1,
            "disagreement_upper_bound": 0.00093,
        },
        "examples": sum(one["examples"] for one in classes),
        "seconds": {"search": 1.25, "training": 3.5},
        "classes": classes,
        "epochs": [
            {
                "epoch": epoch,
                "accuracy": 0.97 - 0.004 * epoch - 0.001 * seed,
                "restricted_mean": 0.32 + 0.011 * epoch + 0.05 * number,
                "within": epoch < 4,
            }
            for epoch in range(1, 5)
        ],
    }


def _spread(difference: Any, seeds: int) -> Any:
    values = [difference["after"] * (1 - 0.01 * seed) for seed in range(seeds)]
    return {
        **{key: difference[key] for key in ("name", "title", "unit", "better", "before")},
        "values": values,
        "mean": mean(values),
        "lowest": min(values),
        "highest": max(values),
        "standard_deviation": stdev(values),
    }


def without_numbers(comparison: Any) -> Any:
    """Take numbers away: p-values, intervals, whole differences, and one centre's margin."""
    bare = copy.deepcopy(comparison)
    for number, one in enumerate(bare["differences"]):
        if number % 3 == 0:
            one.update(p_value=None, low=None, high=None, p_adjusted=None)
        elif number % 3 == 1:
            nothing = dict.fromkeys(("before", "after", "difference", "low", "high", "p_value"))
            one.update(nothing, p_adjusted=None, missing="no ray crossed")
        else:
            del one["p_adjusted"]
    bare["class_centers"][0]["center_of_after"]["before"] = None
    return bare


def hostile(comparison: Any) -> Any:
    """Put hostile words wherever a comparison has words of others."""
    bad = copy.deepcopy(comparison)
    for part in ("before", "after"):
        record = bad[part]
        record["model"].update(name=HOSTILE, sha256=HOSTILE, adapter=HOSTILE)
        record["data"].update(source=HOSTILE, split=HOSTILE, sha256=HOSTILE)
        record["warnings"] = [HOSTILE + part]
        record["environment"].update(python=HOSTILE, packages={HOSTILE: HOSTILE + part})
        for one in [*record["margins"]["per_class"]]:
            one["name"] = HOSTILE
        for one in [*record["attacks"], *record.get("curves", [])]:
            one["title"] = HOSTILE
            one["skipped"] = one["skipped"] and HOSTILE
        for one in record.get("query_curves", []):
            one["title"] = HOSTILE
    for one in bad["differences"]:
        one.update(title=HOSTILE, method=HOSTILE, missing=HOSTILE)
        one["attack_name"] = one["attack_name"] and HOSTILE
    for one in bad["class_centers"]:
        one["name"] = HOSTILE
    bad.update(verdict=[HOSTILE], warnings=[HOSTILE])
    hardening = bad["hardening"]
    hardening.update(
        command=HOSTILE, outcome=HOSTILE, plan={HOSTILE: HOSTILE}, files={HOSTILE: HOSTILE}
    )
    hardening["data"].update(source=HOSTILE, sha256=HOSTILE, test_source=HOSTILE)
    for one in hardening["spread"]:
        one["title"] = HOSTILE
    for turn in (turn for run in hardening["runs"] for turn in run["rounds"]):
        turn["seconds"] = {HOSTILE: 1.0}
        turn["search"].update(strategy="linear", fallback=HOSTILE)
        for one in turn["classes"]:
            one["name"] = HOSTILE
    return bad

"""Compare ways to harden a classifier: feedback learning, reduced, adversarial, continued.

    python benchmarks/hardening.py --data mnist.npz -o hardening.json

For each seed a small CNN is trained anew, searched once, and hardened in each way from
that search. All models are audited on the same test samples and directions and attacked
by the eight attacks of the paper's Table III. What is finished is kept in the file given
by -o, and a run that was interrupted goes on from there. Prints Markdown tables.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

import robaudit
from robaudit import Classifier, Images, SearchPlan
from robaudit.attacks.assessment import AttackPlan
from robaudit.attacks.catalogue import parse_attack
from robaudit.attacks.run import robust_accuracy
from robaudit.audit import Audit, scan_prepared
from robaudit.batches import Pace
from robaudit.hardening import (
    Method,
    hardening_preset,
    make_judge,
    retrain,
    search_training_samples,
)
from robaudit.preprocessing.candidates import PreprocessingRequest
from robaudit.preprocessing.prepare import prepare

SPEC = robaudit.InputSpec((1, 28, 28), 10)
METHODS: tuple[Method, ...] = ("continued", "feedback", "reduced", "adversarial")
# Budgets at which the original model keeps some of its accuracy and loses some.
ATTACKS = (
    "fgsm:epsilon=0.1",
    "cw-l2:budget=1.5,searches=6,steps=40",
    "pgd:epsilon=0.1,step=0.01,steps=40",
    "bim:epsilon=0.1,step=0.01,steps=10",
    "mim:epsilon=0.1,step=0.01,steps=10",
    "deepfool:budget=1.5",
    "uniform-noise:epsilon=0.7",
    "gaussian-noise:sigma=0.5",
)
# Table III, the R values of Section V-B and Table IV of the paper, MNIST: Ori., F.L., Reduced, Adv.
PAPER_ATTACKS = {
    "fgsm": ("0.505", "0.770", "", "0.976"),
    "cw-l2": ("0.394", "0.516", "", "0.945"),
    "pgd": ("0.186", "0.645", "", "0.980"),
    "bim": ("0.154", "0.564", "", "0.980"),
    "mim": ("0.381", "0.764", "", "0.979"),
    "deepfool": ("0.329", "0.448", "", "0.644"),
    "uniform-noise": ("0.782", "0.911", "", "0.311"),
    "gaussian-noise": ("0.773", "0.907", "", "0.348"),
}
PAPER = {
    "R": ("36.15", "39.12", "35.52", "31.74"),
    "R_0": ("0.005", "29.316", "3.665", "0.702"),
    "R_1": ("0.149", "31.268", "32.208", "0.007"),
    "R_2": ("0.955", "15.408", "0.041", "4.425"),
    "R_3": ("7.237", "0.009", "0.553", "1.511"),
    "R_4": ("6.662", "0.007", "128.07", "0.221"),
    "R_5": ("2.135", "1.856", "0.809", "1.296"),
    "R_6": ("0.661", "10.387", "0.388", "0.922"),
    "R_7": ("0.187", "2.318", "1.227", "0.182"),
    "R_8": ("3.075", "5.858", "1.049", "3.603"),
    "R_9": ("0.176", "25.966", "0.001", "0.293"),
}
ADVERSARY = "pgd:epsilon=0.3,step=0.075,steps=7"
ATTACKED = 200
BATCH = 256
_SETTING = ("images", "epochs", "samples", "directions", "test_samples")


def main() -> None:
    """Harden, measure, print."""
    options = _options()
    train = robaudit.read_images(options.data, split="train")
    test = robaudit.read_images(options.data, split="test")
    setting = {name: getattr(options, name) for name in _SETTING}
    kept = json.loads(options.out.read_text()) if options.out.exists() else {"setting": setting}
    if kept["setting"] != setting:
        raise SystemExit(f"{options.out} was made with {kept['setting']}")
    results = kept.setdefault("results", {})
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        for name, figures in _one_seed(train, test, seed, options, results):
            results[f"{seed} {name}"] = figures
            options.out.write_text(json.dumps(kept, indent=1))
    print("\n".join(tables(results)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("-o", "--out", type=Path, required=True, help="JSON file of all figures")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--images", type=int, default=20_000, help="training images")
    parser.add_argument("--epochs", type=int, default=6, help="epochs of every training")
    parser.add_argument("--samples", type=int, default=1500, help="training samples searched")
    parser.add_argument("--directions", type=int, default=50)
    parser.add_argument("--test-samples", type=int, default=300)
    parser.add_argument("--methods", default=",".join(METHODS))
    return parser.parse_args()


def _one_seed(
    train: Images, test: Images, seed: int, options: argparse.Namespace, done: Mapping[str, Any]
) -> Any:
    """Give the figures of each model of one seed that are not yet there."""
    methods = [one for one in options.methods.split(",") if f"{seed} {one}" not in done]
    if not methods and f"{seed} original" in done:
        return
    rows = np.random.default_rng(seed).permutation(len(train))[: options.images]
    x = train.unit_pixels(rows)[..., 0][:, None]
    y = np.asarray(train.labels)[rows]
    held_out = len(x) // 10
    classifier = _trained(x[held_out:], y[held_out:], seed, options.epochs)
    if f"{seed} original" not in done:
        yield "original", _measure(classifier, test, options)
    judge = make_judge(
        classifier, x[:held_out], y[:held_out], SearchPlan(200, 25, seed=seed), BATCH
    )
    x, y = x[held_out:], y[held_out:]
    plan = replace(
        hardening_preset("standard", SPEC, seed=seed),
        search=SearchPlan(options.samples, options.directions, seed=seed),
        epochs=options.epochs,
        adversary=parse_attack(ADVERSARY, SPEC),
    )
    searched = search_training_samples(classifier, x, y, plan, batch_size=BATCH)
    for method in methods:
        began = time.perf_counter()
        own = replace(plan, method=method)
        run = retrain(
            classifier,
            x,
            y,
            judge,
            own,
            batch_size=BATCH,
            searched=None if method == "adversarial" else searched,
        )
        seconds = time.perf_counter() - began
        examples = run.rounds[0].examples
        figures = _measure(run.classifier, test, options)
        yield (
            method,
            {
                **figures,
                "seconds": seconds,
                "examples": len(examples or ()),
                "kept": None if run.kept is None else run.kept.epoch,
            },
        )


def make_network() -> nn.Module:
    """Make a small CNN: two convolutions and two linear layers."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 5, stride=2, padding=2),
        nn.ReLU(),
        nn.Conv2d(16, 32, 5, stride=2, padding=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(32 * 7 * 7, 100),
        nn.ReLU(),
        nn.Linear(100, 10),
    )


def _trained(x: np.ndarray, y: np.ndarray, seed: int, epochs: int) -> Classifier:
    torch.manual_seed(seed)
    untrained = robaudit.load(make_network(), spec=SPEC)
    if untrained.train is None:
        raise RuntimeError("the torch adapter cannot train")
    return untrained.train(x, y, robaudit.TrainPlan(epochs=epochs, seed=seed))


def _measure(classifier: Classifier, test: Images, options: argparse.Namespace) -> dict[str, Any]:
    """Audit and attack a model, with the same samples and directions for all."""
    plan = SearchPlan(options.test_samples, options.directions)
    request = PreprocessingRequest((0.0,), (1.0,))
    prepared = prepare(classifier, test, request, count=plan.samples, seed=0, pace=Pace(BATCH))
    attacks = AttackPlan(tuple(parse_attack(text, SPEC) for text in ATTACKS), ATTACKED)
    audit = scan_prepared(prepared, Pace(BATCH, BATCH), plan=plan, attacks=attacks)
    return _figures(audit)


def _figures(audit: Audit) -> dict[str, Any]:
    results = audit.assessment.results if audit.assessment else ()
    return {
        "accuracy": audit.clean.overall.value,
        "restricted mean margin": audit.margins.restricted_mean.value,
        "R": audit.inequality.model_robustness.value,
        "crossing rate": audit.margins.crossing_rate.value,
        "R_i": [one.value for one in audit.inequality.class_robustness],
        "class margins": [one.restricted_mean.value for one in audit.margins.per_class],
        "attacks": {
            one.attack.name: robust_accuracy(one.outcome).value
            for one in results
            if one.outcome is not None
        },
    }


def tables(results: Mapping[str, Any]) -> list[str]:
    """Make the Markdown table of all figures: mean over seeds, standard deviation, the paper's."""
    found = [name for name in ("original", *METHODS) if any(k.endswith(name) for k in results)]
    models = {
        name: [value for key, value in results.items() if key.endswith(f" {name}")]
        for name in found
    }

    def row(title: str, read: Callable[[Any], float | None], paper: Sequence[str] = ()) -> str:
        cells = [_spread([read(one) for one in models[name]]) for name in found]
        return " | ".join(["| " + title, *cells, *(paper or [""] * 4)]) + " |"

    papers = [f"paper {name}" for name in ("Ori.", "F.L.", "Reduced", "Adv.")]
    lines = ["| | " + " | ".join([*found, *papers]) + " |"]
    lines.append("| --- |" + " ---: |" * (len(found) + 4))
    figures = ("accuracy", "restricted mean margin", "R", "crossing rate")
    lines += [row(one, itemgetter(one), PAPER.get(one, ())) for one in figures]
    lines += [row(one, partial(_under, one), paper) for one, paper in PAPER_ATTACKS.items()]
    lines += [row(f"R_{i}", partial(_of_class, "R_i", i), PAPER[f"R_{i}"]) for i in range(10)]
    margin = "class margins"
    lines += [row(f"margin of {i}", partial(_of_class, margin, i)) for i in range(10)]
    return lines


def _under(attack: str, model: Any) -> float | None:
    accuracy: float | None = model["attacks"].get(attack)
    return accuracy


def _of_class(figure: str, index: int, model: Any) -> float | None:
    value: float | None = model[figure][index]
    return value


def _spread(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "-"
    deviation = statistics.stdev(known) if len(known) > 1 else 0.0
    return f"{statistics.mean(known):.3f} ± {deviation:.3f}"


if __name__ == "__main__":
    main()

"""Table I of the paper, on models of other people: where rays end, beside its printed rows.

1,500 random training samples, steps and signs as in Section V; fewer directions
than there, unless asked for: rays of one sample tell much the same, so samples,
not directions, are what the intervals hang on.

    python benchmarks/table_one.py mnist MODEL.onnx --data mnist.npz
    python benchmarks/table_one.py cifar10 MODEL.onnx --data cifar10.npz
"""

import argparse
from dataclasses import replace
from pathlib import Path

import robaudit
from robaudit.types import Estimate

# Table I as printed, in percent; "none" is its column N/A.
PAPER = {
    "mnist": [0.02, 0.60, 1.59, 5.31, 4.52, 2.30, 1.07, 0.54, 4.29, 0.82, 78.95],
    "cifar10": [0.20, 0.15, 44.61, 11.40, 7.51, 0.27, 25.62, 0.02, 2.47, 0.37, 7.39],
}
CIFAR_NAMES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
NAMES = {"mnist": tuple("0123456789"), "cifar10": CIFAR_NAMES}


def main() -> None:
    """Search and print one table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("dataset", choices=sorted(PAPER))
    parser.add_argument("model", type=Path)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--directions", type=int, default=100)
    options = parser.parse_args()
    classifier = robaudit.load(options.model)
    images = robaudit.read_images(options.data, split="train")
    plan = replace(robaudit.preset("paper", classifier.spec), directions=options.directions)
    names = [*NAMES[options.dataset], "none"]
    rows = [
        ["", *names],
        ["---", *["---:"] * len(names)],
        ["paper", *[f"{share:.2f}%" for share in PAPER[options.dataset]]],
    ]
    print(
        f"`{options.model.name}`: {plan.samples:,} training samples, {plan.directions} "
        f"directions {'both ways' if plan.signs == 2 else 'one way'}, {plan.steps} steps of "
        f"{plan.step:.4g}."
    )
    for name, clip in (("clipped", True), ("not clipped", False)):
        audit = robaudit.scan(classifier, images, plan=replace(plan, clip=clip))
        print(
            f"{name.capitalize()}: {audit.crossings.evaluations:,} forward passes in "
            f"{audit.seconds['search']:,.0f} s."
        )
        shares = [*audit.inequality.adjacent_share, audit.inequality.unreached_share]
        rows.append([name, *[f"{100 * (one.value or 0):.2f}%" for one in shares]])
        rows.append(["95%", *[interval(one) for one in shares]])
    choice = audit.prepared.choice
    print(f"Preprocessing {choice.preprocessing} ({choice.how}).\n")
    for row in rows:
        print("| " + " | ".join(row) + " |")


def interval(share: Estimate) -> str:
    """Write the interval of a share in percent."""
    return f"{100 * (share.low or 0):.2f} to {100 * (share.high or 0):.2f}"


if __name__ == "__main__":
    main()

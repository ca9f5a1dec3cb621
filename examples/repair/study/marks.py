"""What is compared with what, and the marks that a repair should reach."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from study.estimates import Mean, holm, mean_of
from study.measuring import Measured
from study.scores import GROUPS, paired

JUDGED = (
    "combined",
    "combined-within-reach",
    "combined-within-half",
    "combined-as-harden",
    "combined-on-adversarial",
    "line",
)

CONTROL = "adversarial-as-combined"
"""What a mixture has to be better than: attacked samples alone, learned in the same way."""

GIVEN_BACK = "combined-as-harden"
"""What users get, which is compared with what they brought, too."""

Models = Mapping[str, Sequence[Measured]]


@dataclass(frozen=True)
class Mark:
    """How much better than another model a repair should be at least, of some names."""

    what: str
    against: str
    names: tuple[str, ...]
    least: float


def compared(dataset: str) -> tuple[Mark, ...]:
    """List what each model is compared in: with the best there, and the loss that it may have.

    Accuracy is compared with Ori.'s, on CIFAR-10, where robustness costs more of it, with Adv.'s.
    """
    reference = "adversarial" if dataset == "cifar10" else "original"
    return (
        Mark("gradient attacks", "adversarial", GROUPS["gradient attacks"], -0.01),
        Mark("noise", "feedback", GROUPS["noise"], -0.01),
        Mark("clean", reference, GROUPS["clean"], -0.01),
        Mark("PGD at training's budget", "adversarial", GROUPS["PGD at training's budget"], -0.05),
    )


PAPER_GAINS = {
    "fgsm": 0.26,
    "pgd": 0.46,
    "cw-l2": 0.12,
    "deepfool": 0.12,
    "gaussian-noise": 0.13,
}
"""What the paper's F.L. gains over its Ori. on MNIST (Table III), in whole points."""


def differences_of(models: Models, dataset: str) -> list[dict[str, Any]]:
    """Compare each model with the best in each respect, in pairs; p-values also by Holm.

    The combined models are compared with their control too, and what users get with Ori.
    """
    pairs = [(name, mark) for mark in compared(dataset) for name in models if name != mark.against]
    if CONTROL in models:
        marks = [replace(mark, against=CONTROL) for mark in compared(dataset)]
        pairs += [(name, mark) for mark in marks for name in JUDGED if name in models]
    if GIVEN_BACK in models:
        marks = [mark for mark in compared(dataset) if mark.against != "original"]
        pairs += [(GIVEN_BACK, replace(mark, against="original")) for mark in marks]
    found: list[tuple[str, Mark, Mean]] = [
        (name, mark, _difference(models, name, mark)) for name, mark in pairs
    ]
    adjusted = holm([mean.p_value for _, _, mean in found])
    return [
        {
            "model": name,
            "what": mark.what,
            "against": mark.against,
            **mean.cell,
            "p_value": mean.p_value,
            "adjusted": p_value,
        }
        for (name, mark, mean), p_value in zip(found, adjusted, strict=True)
    ]


def marks_of(
    models: Models, costs: Mapping[str, Sequence[float]], dataset: str
) -> list[dict[str, Any]]:
    """Judge the combined models by the marks: met or missed by the whole interval, else open."""
    gains = [
        Mark(name, "original", (name,), least)
        for name, least in (PAPER_GAINS.items() if dataset == "mnist" else ())
    ]
    judged = [name for name in JUDGED if name in models] or [
        name for name in models if name not in ("original", "adversarial", "feedback")
    ]
    found: list[dict[str, Any]] = []
    for name in judged:
        for mark in (*compared(dataset), *gains):
            mean = _difference(models, name, mark)
            found.append(
                {
                    "model": name,
                    "what": mark.what,
                    "against": mark.against,
                    "least": mark.least,
                    **mean.cell,
                    "verdict": _verdict(mean, mark.least),
                }
            )
        own, half = sum(costs[name]), sum(costs["adversarial"]) / 2
        found.append(
            {
                "model": name,
                "what": "cost",
                "against": "adversarial",
                "least": None,
                "value": own / len(costs[name]),
                "low": None,
                "high": None,
                "verdict": "met" if own <= half else "missed",
            }
        )
    return found


def _difference(models: Models, name: str, mark: Mark) -> Mean:
    pairs = zip(models[name], models[mark.against], strict=True)
    return mean_of([paired(one, other, mark.names) for one, other in pairs])


def _verdict(mean: Mean, least: float) -> str:
    if mean.low >= least:
        return "met"
    return "missed" if mean.high < least else "open"

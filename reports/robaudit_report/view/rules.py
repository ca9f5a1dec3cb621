"""What gates are about, for who meets one that was not passed: what is measured, what to do."""

from collections.abc import Mapping

MEANINGS: Mapping[str, tuple[str, str]] = {
    "accuracy": ("Clean accuracy", "the share of images that are classified as labelled"),
    "restricted-mean-margin": (
        "Restricted mean margin",
        "how far a random direction can be followed before the class changes, on average; rays "
        "that never cross count as the reach of the search",
    ),
    "crossing-rate": (
        "Crossing rate",
        "the share of random rays on which the class changes within the reach of the search",
    ),
    "worst-class-margin": (
        "Worst class margin",
        "the smallest restricted mean margin of any class",
    ),
    "robust-accuracy": (
        "Robust accuracy",
        "the share of images that are still classified right under an attack: the one that is "
        "named, or the strongest adversary that ran",
    ),
    "closest-boundary": (
        "Closest boundary",
        "the median distance of images to the nearest point of another class that was found by "
        "any means",
    ),
    "mean-corruption-error": (
        "Mean corruption error",
        "the share of images that are wrong under the common corruptions of ImageNet-C, over all "
        "of them and their severities",
    ),
    "detection": (
        "Detection of examples (AUROC)",
        "how well adversarial examples are told from images by the boundaries around them: the "
        "least area under the ROC curve over the attacks that a detector was trained on",
    ),
}
_OF_RIGHT = "-right-at-start"

_BOUNDS = {
    "min": "The gate fails when the whole interval of the figure lies below the threshold.",
    "max": "The gate fails when the whole interval of the figure lies above the threshold.",
    "max-drop": "The gate fails when the whole interval of the loss against the baseline lies "
    "above the threshold.",
}

_WHAT_TO_DO = (
    "It is inconclusive when the interval straddles the threshold: audit more samples (--samples, "
    "or --decide to search until it is decided). Where it failed, look at the report's "
    "weakest classes and attacks, train the model further (robaudit harden), or, if the loss is "
    "meant, move the threshold."
)

EXPIRED = "suppression/expired"


def title(metric: str) -> str:
    """Name the metric of a gate for people.

    >>> title("crossing-rate-right-at-start")
    'Crossing rate, right at start'
    """
    base = metric.removesuffix(_OF_RIGHT)
    name = MEANINGS[base][0] if base in MEANINGS else base
    return f"{name}, right at start" if base != metric else name


def meaning(metric: str) -> str:
    """Say what the metric of a gate is."""
    base = metric.removesuffix(_OF_RIGHT)
    what = MEANINGS[base][1] if base in MEANINGS else "a figure of the audit"
    over = ", over the samples in their class to begin with" if base != metric else ""
    return f"{title(metric)}: {what}{over}."


def help_text(metric: str, bound: str) -> str:
    """Say what a rule holds, and what to do where it is broken."""
    return f"{meaning(metric)} {_BOUNDS.get(bound, '')} {_WHAT_TO_DO}"

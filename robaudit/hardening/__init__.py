"""Making a classifier more robust, one stage at a time: search, examples, training.

`robaudit.harden` does all of it and audits what comes out. These are its parts, for who
wants to keep what each of them gives, or to go another way from there:

::

    plan = hardening_preset("standard", classifier.spec)
    searched = search_training_samples(classifier, x, y, plan, batch_size=128)
    examples = make_examples(searched, plan, y)
    judge = make_judge(classifier, x_held_out, y_held_out, SearchPlan(200, 10), 128)
    run = retrain(classifier, x, y, judge, plan, batch_size=128, examples=examples)
    run.classifier.save(Path("hardened.pt2"))

A search and examples can be written to a file (`write_search`, `write_examples`); what
is read back (`read_search`, `read_examples`) is what was written, bit for bit.

The names are loaded when they are first asked for, as those of `robaudit` are.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from robaudit.hardening.averaging import AveragedWeights as AveragedWeights
    from robaudit.hardening.budget import within_reach as within_reach
    from robaudit.hardening.compensation import nearness as nearness
    from robaudit.hardening.compensation import weighted_counts as weighted_counts
    from robaudit.hardening.compensation import weights_by_neighbours as weights_by_neighbours
    from robaudit.hardening.example_archive import read_examples as read_examples
    from robaudit.hardening.example_archive import write_examples as write_examples
    from robaudit.hardening.examples import ClassSelection as ClassSelection
    from robaudit.hardening.examples import Examples as Examples
    from robaudit.hardening.examples import make_examples as make_examples
    from robaudit.hardening.mixed_batches import MixedBatches as MixedBatches
    from robaudit.hardening.mixture import Mixture as Mixture
    from robaudit.hardening.perturbations import AdversarialBatches as AdversarialBatches
    from robaudit.hardening.perturbations import Batches as Batches
    from robaudit.hardening.plan import HardeningPlan as HardeningPlan
    from robaudit.hardening.plan import Keep as Keep
    from robaudit.hardening.plan import Method as Method
    from robaudit.hardening.plan import default_adversary as default_adversary
    from robaudit.hardening.plan import hardening_preset as hardening_preset
    from robaudit.hardening.retraining import retrain as retrain
    from robaudit.hardening.runs import Epoch as Epoch
    from robaudit.hardening.runs import Kept as Kept
    from robaudit.hardening.runs import Line as Line
    from robaudit.hardening.runs import Point as Point
    from robaudit.hardening.runs import Round as Round
    from robaudit.hardening.runs import Run as Run
    from robaudit.hardening.runs import Standing as Standing
    from robaudit.hardening.search_archive import read_search as read_search
    from robaudit.hardening.search_archive import write_search as write_search
    from robaudit.hardening.training_search import Searched as Searched
    from robaudit.hardening.training_search import (
        search_training_samples as search_training_samples,
    )
    from robaudit.hardening.validation import Judge as Judge
    from robaudit.hardening.validation import Judgement as Judgement
    from robaudit.hardening.validation import make_judge as make_judge
    from robaudit.hardening.weight_line import walk_line as walk_line

_HOMES = {  # the public names, and where each is defined
    "AdversarialBatches": "robaudit.hardening.perturbations",
    "AveragedWeights": "robaudit.hardening.averaging",
    "Batches": "robaudit.hardening.perturbations",
    "ClassSelection": "robaudit.hardening.examples",
    "Epoch": "robaudit.hardening.runs",
    "Examples": "robaudit.hardening.examples",
    "HardeningPlan": "robaudit.hardening.plan",
    "Judge": "robaudit.hardening.validation",
    "Judgement": "robaudit.hardening.validation",
    "Keep": "robaudit.hardening.plan",
    "Kept": "robaudit.hardening.runs",
    "Line": "robaudit.hardening.runs",
    "Method": "robaudit.hardening.plan",
    "MixedBatches": "robaudit.hardening.mixed_batches",
    "Mixture": "robaudit.hardening.mixture",
    "Point": "robaudit.hardening.runs",
    "Round": "robaudit.hardening.runs",
    "Run": "robaudit.hardening.runs",
    "Searched": "robaudit.hardening.training_search",
    "Standing": "robaudit.hardening.runs",
    "default_adversary": "robaudit.hardening.plan",
    "fitted": "robaudit.hardening.abilities",
    "hardening_preset": "robaudit.hardening.plan",
    "make_examples": "robaudit.hardening.examples",
    "make_judge": "robaudit.hardening.validation",
    "nearness": "robaudit.hardening.compensation",
    "read_examples": "robaudit.hardening.example_archive",
    "read_search": "robaudit.hardening.search_archive",
    "retrain": "robaudit.hardening.retraining",
    "search_training_samples": "robaudit.hardening.training_search",
    "walk_line": "robaudit.hardening.weight_line",
    "weighted_counts": "robaudit.hardening.compensation",
    "weights_by_neighbours": "robaudit.hardening.compensation",
    "within_reach": "robaudit.hardening.budget",
    "write_examples": "robaudit.hardening.example_archive",
    "write_search": "robaudit.hardening.search_archive",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """Load a public name from the module that defines it."""
    if name not in _HOMES:
        raise AttributeError(f"module 'robaudit.hardening' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """List the public names, whether they are loaded or not."""
    return list(__all__)

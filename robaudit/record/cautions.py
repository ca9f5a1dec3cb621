"""What a reader should know before trusting an audit: sentences, each with a way out."""

import numpy as np

from robaudit.attacks.assessment import Assessment, reasons
from robaudit.audit import Audit
from robaudit.record.randomised import caution_on_draws
from robaudit.search.directions import block_sizes
from robaudit.types import IntArray

_FEW_SAMPLES = 5
_COARSE = 0.25
_RARE = 0.01
_DISTINGUISHED = 0.1


def cautions(audit: Audit) -> list[str]:
    """List all that speaks against taking the figures at face value, gravest first."""
    randomness = audit.classifier.randomness
    return [
        *_on_what_is_missing(audit),
        *([caution_on_draws(audit.draws, randomness)] if audit.draws else []),
        *_on_attacks(audit.assessment),
        *_on_data(audit),
        *audit.prepared.notes,
        *_on_accuracy(audit),
        *_on_search(audit),
    ]


def _on_what_is_missing(audit: Audit) -> list[str]:
    """Say that an audit was stopped, and what it is of."""
    if audit.partial is None:
        return []
    searched, asked = audit.plan.samples, audit.partial.samples
    there = {
        "search": f"{searched:,} of at most {asked:,} samples were searched, in an order drawn at "
        "random, and the intervals are of these; no attack was run",
        "attacks": "some attacks, or what follows them, are not there",
        "draws": "figures are of the first draw alone",
    }
    return [
        f"PARTIAL: the audit was interrupted; {there[audit.partial.stage]}. It passes no gate, "
        "and the same command goes on from there."
    ]


def _on_attacks(assessment: Assessment | None) -> list[str]:
    if assessment is None or not assessment.skipped:
        return []
    why = f"did not run: {reasons(assessment.skipped)}."
    if not assessment.has_adversary:
        return [
            f"No adversary ran, so there is no robust accuracy; noise and corruptions, which do "
            f"not look for the worst, are no substitute. What {why}"
        ]
    if instead := assessment.stand_ins:
        names = " and ".join(result.attack.entry.title for result in instead)
        needed = "need no gradients, were" if len(instead) > 1 else "needs no gradients, was"
        return [f"What {why} {names}, which {needed} run instead."]
    if assessment.missing:
        return [f"Not all attacks that were asked for by name could be run. What {why}"]
    return [f"The robust accuracy is that of the attacks that ran. What {why}"]


def _on_data(audit: Audit) -> list[str]:
    sentences = []
    spec = audit.classifier.spec
    if audit.prepared.images.synthetic:
        sentences.append(
            "Synthetic inputs: no data was given, so the search started from patterns that the "
            "model assigns to its classes. The figures say nothing of real images. "
            "Give real ones with --data."
        )
    samples = [of_class.samples for of_class in audit.margins.per_class]
    missing = spec.classes - len(samples)
    if missing:
        sentences.append(
            f"{missing} of {spec.classes} classes were not searched: the data has no samples of "
            "them, or fewer samples were asked for than there are classes (--samples)."
        )
    few = sum(count < _FEW_SAMPLES for count in samples)
    if few:
        sentences.append(
            f"{few} classes were searched from fewer than {_FEW_SAMPLES} samples each; their "
            "intervals are wide, or missing. Raise --samples."
        )
    return sentences


def _on_accuracy(audit: Audit) -> list[str]:
    accuracy, labels = audit.clean.overall, audit.prepared.images.labels
    if labels is None or accuracy.low is None:
        if audit.classifier.spec.scores != "logits":
            return []
        return [
            "The model's scores are raw numbers, and no labels could show that they are scores "
            "of classes: that this is a classifier was taken on trust."
        ]
    if audit.prepared.choice.order is not None:  # the cause is found, and named above
        return []
    counts = np.bincount(labels)
    chance = counts.max() / len(labels)
    if np.count_nonzero(counts) == 1:  # what always says this class is right throughout
        chance = 1 / audit.classifier.spec.classes
    if accuracy.low > chance + _DISTINGUISHED * (1 - chance):
        return []
    found = f"Clean accuracy is {accuracy.value:.1%}"
    return [f"{found}{_why_low(audit, counts, chance)} The margins mean little as they are."]


def _why_low(audit: Audit, labels: IntArray, chance: float) -> str:
    """Say how an accuracy that labels (counts by class) do not bear out may have come about."""
    answers, high = np.bincount(audit.predicted, minlength=len(labels)), audit.clean.overall.high
    checks = "check --mean, --std, --channels"
    if answers.max() == len(audit.predicted):
        name = audit.classifier.spec.name_of(int(answers.argmax()))
        return (
            f": the model gives class '{name}' to all {len(audit.predicted):,} inputs. Either it "
            f"looks at nothing that is in them, or its preprocessing is another: {checks}."
        )
    unrelated = float(answers[: len(labels)] @ labels / (answers.sum() * labels.sum()))
    if high is not None and high < unrelated:  # less than if answers met labels by lot
        return (
            f", below chance ({unrelated:.1%}): the model tells classes apart, but calls them by "
            "others than the labels do. Check the order of the classes (--class-names), and that "
            "its best class has the largest score, not the smallest."
        )
    return (
        f", close to chance ({chance:.1%}). Either the model is not trained for this data, or its "
        f"preprocessing is another: {checks} and the order of the classes."
    )


def _on_search(audit: Audit) -> list[str]:
    sentences = []
    plan, tally = audit.plan, audit.margins.tally
    blocks = block_sizes(audit.classifier.spec.dimension, plan.directions)
    if len(blocks) > 1:
        sentences.append(
            f"The {plan.directions} directions were drawn in {len(blocks)} blocks, orthogonal "
            "within each, since one basis would not fit in memory."
        )
    walked = int(tally.walked.sum())
    first = int(tally.crossings[:, 1].sum()) / walked if walked else 0.0
    if first > _COARSE:
        sentences.append(
            f"{first:.0%} of the crossings lie within the first step, so margins are coarse. "
            "Take smaller steps with --step."
        )
    right = audit.right_at_start
    if right is None:
        sentences.append(
            "No sample that was searched is right at the start, so there was no ray to walk: "
            "margins are all 0, and say nothing of where the boundary lies."
        )
    elif walked <= _RARE * right.margins.tally.rays:
        sentences.append(
            f"Hardly any ray of the {right.samples:,} samples that are right at the start crosses "
            f"a boundary within {plan.reach:g} of the pixel range, so class pairs are told apart "
            "by few crossings. Reach further with --steps."
        )
    return sentences

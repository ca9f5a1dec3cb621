"""Trust flags that ask the model a little more: its gradients, and the same question twice.

After the signs of obfuscated gradients of Athalye et al. (2018) and the checks
of AutoAttack (Croce and Hein, 2020). All look at `MOST_SAMPLES` samples at most.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from robaudit.attacks.catalogue import CATALOGUE, Attack, default_attack
from robaudit.attacks.outcome import Targets
from robaudit.attacks.run import AttackResult, reason_to_skip, run_attack
from robaudit.attacks.trust import from_results
from robaudit.attacks.trust.flag import NOTABLE, Flag, counted, flag, is_more_than, unchecked
from robaudit.attacks.trust.from_results import BLACK_BOX, MISLED, finished, in_earnest
from robaudit.batches import Pace, slices
from robaudit.preprocessing.gradient_parity import (
    CAUSES,
    SMALLEST_SLOPE,
    Cause,
    measure_slopes,
)
from robaudit.types import Classifier, FloatArray, IntArray

MOST_SAMPLES = 50
_WORRYING = 0.05
_WHOLE_RANGE = {"epsilon": 1.0, "step": 0.05, "steps": 40, "restarts": 0}
"""PGD that may go anywhere and has the steps to go there twice.

It starts from the sample: a random start in the whole box is noise, which may
well be of another class without the help of any gradient.
"""

_BLACK_BOXES = {"linf": "square", "l2": "hopskipjump"}
_QUERIES = 1000

_REMEDIES: dict[Cause, str] = {
    "overflow": "Look for logarithms of zero and divisions by it.",
    "saturation": "Give attacks the logits: a model that ends before its softmax.",
    "rounding": "Attack it with a smooth stand-in for what hides the slope (BPDA).",
}


def zero_gradients(classifier: Classifier, targets: Targets, batch_size: int) -> Flag:
    """Look for samples whose loss has no gradient that float32 can hold, or no finite one."""
    name = "zero-gradients"
    rows = _few(targets)
    if not len(rows):
        return unchecked(name, "no sample is in its reference class to begin with")
    judged = classifier.details.get("gradients", {})
    reason = _no_gradients(classifier, targets, rows)
    if reason is not None:
        lost = "refused" in judged and judged.get("zero", 0) + judged.get("not_finite", 0)
        return _lost_gradients(name, judged) if lost else unchecked(name, reason)
    slopes = measure_slopes(classifier, targets.x[rows], targets.origin[rows], batch_size)
    total = len(rows)
    return flag(
        name,
        f"{counted(slopes.useless, total)} have a loss gradient that is zero (below "
        f"{SMALLEST_SLOPE:.1e} in every pixel, the least that float32 holds in full) or not "
        "finite.",
        {
            "zero": int(slopes.zero.sum()) / total,
            "not_finite": int(slopes.not_finite.sum()) / total,
            "saturated": int(slopes.saturated.sum()) / total,
            "samples": total,
        },
        raised=is_more_than(NOTABLE, slopes.useless, total),
        advice=f"Gradient attacks go nowhere from there: {CAUSES[slopes.cause]}. "
        f"{_REMEDIES[slopes.cause]} Until then trust only attacks without gradients "
        "(--attack square).",
    )


def _lost_gradients(name: str, judged: Mapping[str, Any]) -> Flag:
    """Raise the flag for gradients that are used no more, since they lead nowhere."""
    return Flag(
        name,
        True,
        f"No gradients are used of this model: {judged['refused']}. Gradient attacks would go "
        "nowhere: only attacks without gradients (--attack square) say something of it.",
        {"zero_inputs": judged["zero"], "not_finite_inputs": judged["not_finite"]},
    )


def unbounded_attack(classifier: Classifier, targets: Targets, *, seed: int, pace: Pace) -> Flag:
    """Let PGD change every pixel at will, from the sample on: hardly any should hold."""
    name = "unbounded-attack"
    rows = _few(targets)
    reason = _no_gradients(classifier, targets, rows)
    if reason is not None:
        return unchecked(name, reason)
    outcome = run_attack(
        classifier,
        targets.take(rows),
        Attack("pgd", _WHOLE_RANGE),
        seed=seed,
        pace=pace,
    )
    held, total = int((~outcome.success).sum()), len(rows)
    return flag(
        name,
        f"{counted(held, total)} held against PGD that may change every pixel at will; none "
        "should.",
        {"accuracy": held / total, "samples": total},
        raised=is_more_than(_WORRYING, held, total),
        advice="The gradients do not lead out of the class, so what gradient attacks leave is no "
        "sign of robustness: use black-box attacks, and attack without the layers that hide "
        "gradients.",
    )


def black_box_beats_white_box(
    classifier: Classifier,
    targets: Targets,
    results: Sequence[AttackResult],
    *,
    seed: int,
    pace: Pace,
) -> Flag:
    """Let a black box at what gradient attacks left, where none was among the attacks.

    That is Square in L-inf, HopSkipJump in L2.
    Gradients that are there, and smooth, but lead elsewhere, show by nothing else: PGD that may
    go anywhere gets out all the same. In each norm it has the largest budget that a gradient
    attack of many steps had there; the test is one, over all norms.
    """
    compared = from_results.black_box_beats_white_box(targets, results)
    seeing = [
        pair for pair in in_earnest(results, from_results.SEEING) if pair[0].norm in _BLACK_BOXES
    ]
    budgets: dict[str, float] = {}
    for attack, _ in seeing:
        if attack.name != "fgsm":  # a single step is weak
            budgets[attack.norm] = max(attack.budget, budgets.get(attack.norm, 0.0))
    rows = _few(targets)
    if compared.raised is not None or not budgets or not len(rows):
        return compared
    alone = np.zeros(len(targets.x), dtype=bool)
    for norm, budget in budgets.items():
        known = np.any([outcome.success for one, outcome in seeing if one.norm == norm], axis=0)
        held = rows[~known[rows]]
        if len(held):
            key = "epsilon" if norm == "linf" else "budget"
            blind = Attack(_BLACK_BOXES[norm], {key: budget, "queries": _QUERIES})
            outcome = run_attack(
                classifier,
                targets.take(held),
                blind,
                seed=seed,
                pace=pace,
            )
            alone[held] |= outcome.success
    ran = [CATALOGUE[_BLACK_BOXES[norm]].title for norm in budgets]
    count, total = int(alone.sum()), len(rows)
    return flag(
        BLACK_BOX,
        f"{' and '.join(ran)} with {_QUERIES:,} queries broke {counted(count, total)} that no "
        "gradient attack of the same norm and budget did.",
        {"share": count / total, "queries": _QUERIES, "samples": total},
        raised=is_more_than(NOTABLE, count, total),
        advice=MISLED,
    )


def not_converged(
    classifier: Classifier,
    targets: Targets,
    results: Sequence[AttackResult],
    *,
    seed: int,
    pace: Pace,
) -> Flag:
    """Run the PGD of the suite again with ten times the steps on what held."""
    name = "not-converged"
    rows = _few(targets)
    reason = _no_gradients(classifier, targets, rows)
    if reason is not None:
        return unchecked(name, reason)
    ran = finished(results, ("pgd",))
    if not ran:
        return unchecked(name, "PGD was not run")
    attack, outcome = ran[0]
    held, steps = rows[~outcome.success[rows]], 10 * attack.whole("steps")
    more = 0
    if len(held):
        longer = Attack("pgd", {**attack.parameters, "steps": steps})
        longer_outcome = run_attack(
            classifier,
            targets.take(held),
            longer,
            seed=seed,
            pace=pace,
        )
        more = int(longer_outcome.success.sum())
    total = len(rows)
    return flag(
        name,
        f"PGD with {steps} steps instead of {attack.whole('steps')} broke {counted(more, total)} "
        "more.",
        {"share": more / total, "steps": steps, "samples": total},
        raised=is_more_than(NOTABLE, more, total),
        advice=f"The score of PGD is too optimistic: give it more steps, as in "
        f"--attack pgd:epsilon={attack.parameters['epsilon']:.4g},steps={steps}.",
    )


def randomised(classifier: Classifier, targets: Targets, batch_size: int) -> Flag:
    """Ask for the scores of the same inputs three times, in the same batches."""
    name = "randomised"
    few = targets.x[_spread(np.arange(len(targets.x)))]
    if not len(few):
        return unchecked(name, "there are no samples")
    asked = [_scores(classifier, few, batch_size) for _ in range(3)]
    first, others = asked[0], np.stack(asked[1:])
    tolerance = 1e-2 if first.dtype == np.float16 else 1e-3
    size = np.abs(first[np.isfinite(first)]).max(initial=0.0)
    same = np.isclose(others, first, rtol=tolerance, atol=tolerance * float(size))
    differs = (~same).any(axis=(0, 2))
    turned = (others.argmax(axis=2) != first.argmax(axis=1)) & differs
    count, total = int(differs.sum()), len(few)
    return flag(
        name,
        f"{counted(count, total)} got other scores when the model was asked again.",
        {
            "share": count / total,
            "other_class": int(turned.any(axis=0).sum()) / total,
            "samples": total,
        },
        raised=count > 0,
        advice="The model draws random numbers: switch that off if it is meant for training only "
        "(dropout, augmentation), else attack the mean of many answers (expectation over "
        "transformation); figures of a single run do not hold.",
    )


def _no_gradients(classifier: Classifier, targets: Targets, rows: IntArray) -> str | None:
    if not len(rows):
        return "no sample is in its reference class to begin with"
    return reason_to_skip(default_attack("pgd", classifier.spec), classifier, targets)


def _few(targets: Targets) -> IntArray:
    return _spread(np.flatnonzero(targets.correct))


def _spread(rows: IntArray) -> IntArray:
    """Choose rows that lie as evenly as can be."""
    places = np.linspace(0, len(rows) - 1, min(MOST_SAMPLES, len(rows)))
    return np.asarray(rows[places.astype(np.int64)])


def _scores(classifier: Classifier, x: FloatArray, batch_size: int) -> FloatArray:
    return np.concatenate([classifier.predict(x[part]) for part in slices(len(x), batch_size)])

"""What a plan asks of a classifier and its adapter, and what is said where they cannot do it."""

import math
from dataclasses import dataclass, replace

from robaudit.attacks.generators import has_budgets
from robaudit.errors import ClassifierError, UsageError
from robaudit.hardening.averaging import check_weights
from robaudit.hardening.gradient_rays import check_gradients
from robaudit.hardening.perturbations import Batches
from robaudit.hardening.plan import HardeningPlan, default_adversary
from robaudit.types import Classifier, Train, why_no_gradients

_ATTACKED = {"adversarial": "adversarial examples", "combined": "attacked samples"}
_RISING = 0.2
_CHANGED = {"adversarial": "adversarial examples", "combined": "mixed batches"}


@dataclass
class Cosine:
    """A `robaudit.types.Schedule`: ``(1 + cos(pi t)) / 2``, and whether anyone ``asked``.

    Loshchilov and Hutter (2017), without restarts. Before, over a first share of ``rising``, it
    rises evenly from 0, as a single cycle does (Smith and Topin, 2018); t counts from there.
    """

    rising: float = 0.0
    asked: bool = False

    def __call__(self, done: float) -> float:
        """Give what the learning rate is multiplied by."""
        self.asked = True
        if done < self.rising:
            return done / self.rising
        return (1 + math.cos(math.pi * (done - self.rising) / (1 - self.rising))) / 2


def schedule_of(plan: HardeningPlan) -> Cosine | None:
    """Give how the learning rate of a plan runs; ``None`` where it stays.

    >>> schedule_of(HardeningPlan(rate="cycle"))
    Cosine(rising=0.2, asked=False)
    """
    return None if plan.rate == "constant" else Cosine(_RISING if plan.rate == "cycle" else 0.0)


def check_plan(classifier: Classifier, plan: HardeningPlan) -> None:
    """Raise ClassifierError where a classifier lacks what a plan needs, before any work.

    Raises UsageError for an adversary that no sample can have a share of the budget of.
    """
    if plan.averaging:
        check_weights(classifier, "averaged weights", "Use `averaging=0`, which needs none.")
    if plan.keep == "line":
        check_weights(
            classifier, "the line between weights", "Use `keep='best'`, which needs none."
        )
    if not plan.needs_gradients:
        return
    if classifier.vjp is None:
        raise ClassifierError(
            f"{_ATTACKED[plan.method]} of {classifier.name}, which has no gradients",
            expected="a model with gradients",
            advice="Use `attacked_share=0`, with other shares that are 1 together."
            if plan.method == "combined"
            else "Use `method='feedback'`, which needs none.",
        )
    adversary = plan.adversary or default_adversary(classifier.spec)
    if plan.method == "combined" and not has_budgets(adversary):
        raise UsageError(
            f"the adversary {adversary.name} in mixed batches",
            expected="one of steps along gradients: fgsm, pgd, pgd-l2, bim, mim",
        )


def fitted(classifier: Classifier, plan: HardeningPlan) -> HardeningPlan:
    """Leave out of a plan of `combined` hardening what a classifier cannot do.

    Without `weights` there are no averages of them and no line: the best epoch is kept. Without
    gradients nothing is attacked: samples stay as they are, or give their places to examples.
    """
    if plan.method != "combined":
        return plan
    if classifier.weights is None:
        plan = replace(plan, averaging=0.0, keep="best" if plan.keep == "line" else plan.keep)
    if classifier.vjp is None:
        plan = replace(plan, mixture=plan.mixture.without_attacks())
    return plan


def lacking(classifier: Classifier, plan: HardeningPlan) -> list[str]:
    """Say what `combined` hardening by a plan went without, for what a classifier cannot do."""
    if plan.method != "combined":
        return []
    said = []
    if classifier.weights is None and plan.keep != "line":
        said.append(
            f"The adapter of {classifier.name} does not hand over its weights: they were not "
            "averaged, and there was no line back to the original, only epochs to choose from."
        )
    if classifier.vjp is None and not plan.mixture.attacked_share:
        said.append(
            f"{classifier.name} has no gradients: no sample was attacked in training, so that it "
            "may hold no better under attack than before."
        )
    return said


def check_heeded(
    classifier: Classifier, changed: Batches, schedule: Cosine | None, plan: HardeningPlan
) -> None:
    """Raise ClassifierError where an adapter trained otherwise than by what it was given."""
    if (changed.by or changed.average) and not changed.seen:
        what = f"train on {_CHANGED.get(plan.method, 'augmented batches')}"
        raise ClassifierError(
            f"the adapter of {classifier.name} did not "
            + (what if changed.by else "show its weights at each step, to be averaged"),
            expected="a train that calls plan.perturb",
        )
    if schedule is not None and not schedule.asked:
        raise ClassifierError(
            f"the adapter of {classifier.name} kept its own learning rate",
            expected="a train that asks plan.schedule",
            advice="Use `rate='constant'`.",
        )


def check_can_make_examples(classifier: Classifier, plan: HardeningPlan) -> None:
    """Raise ClassifierError where a plan asks for gradients and a classifier has none."""
    if plan.gradient_directions and plan.needs_examples:
        check_gradients(classifier)


def check_trainable(classifier: Classifier) -> Train:
    """Give a classifier's ``train``.

    Raises ClassifierError, with the reason, where it cannot be trained.
    """
    if classifier.train is not None:
        return classifier.train
    why = classifier.details.get("training") or why_no_gradients(classifier)
    raise ClassifierError(
        f"{classifier.name} cannot be trained" + (f": {why}" if why else " through its adapter"),
        expected="a model that can be trained",
    )

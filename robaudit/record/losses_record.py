"""What a hardening's record says of accuracy lost on validation data: what may be, and what was."""

from robaudit.hardening.allowance import ClassLoss, worst_class
from robaudit.hardening.plan import HardeningPlan
from robaudit.hardening.runs import Run
from robaudit.record.schema.hardening import ClassLossRecord
from robaudit.types import InputSpec


def allowed(plan: HardeningPlan) -> str:
    """Say what models that may be kept did, after "those that" or "none".

    >>> allowed(HardeningPlan())
    'lost no more than 1 point of accuracy, and are not shown to have lost more than 3 in a class'
    """
    return (
        f"lost no more than {points(plan.max_accuracy_drop)} of accuracy, and are not shown to "
        f"have lost more than {100 * plan.max_class_drop:.3g} in a class"
    )


def exceeded(plan: HardeningPlan) -> str:
    """Say what models did that may not be kept, after "every epoch".

    >>> exceeded(HardeningPlan(max_accuracy_drop=0.02))
    'lost more than 2 points of accuracy, or is shown to have lost more than 3 in a class'
    """
    return (
        f"lost more than {points(plan.max_accuracy_drop)} of accuracy, or is shown to have lost "
        f"more than {100 * plan.max_class_drop:.3g} in a class"
    )


def points(share: float) -> str:
    """Say a share in points.

    >>> points(0.01), points(0.025)
    ('1 point', '2.5 points')
    """
    number = f"{100 * share:.3g}"
    return f"{number} point" if number == "1" else f"{number} points"


def price(run: Run, spec: InputSpec, plan: HardeningPlan) -> str:
    """Say which class lost most on validation data by what was kept; empty where none lost any."""
    worst = worst_class(run.best, run.original, plan)
    if worst is None or worst.value <= 0:
        return ""
    bounds = ""
    if worst.low is not None and worst.high is not None:
        bounds = (
            f", 95% interval for this class alone {100 * worst.low:.1f} to {100 * worst.high:.1f}"
        )
    return (
        f"There the class that lost most is {spec.name_of(worst.class_index)}: of its "
        f"{worst.samples:,} samples {worst.before:.1%} were right before and {worst.after:.1%} "
        f"after ({100 * worst.value:.1f} points lost{bounds})."
    )


def class_loss_record(loss: ClassLoss | None, spec: InputSpec) -> ClassLossRecord | None:
    """Write down what a class lost."""
    if loss is None:
        return None
    return ClassLossRecord(
        **vars(loss),
        name=spec.name_of(loss.class_index),
    )

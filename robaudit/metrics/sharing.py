"""Whether a run can be done in shares: not where what one does hangs on what others find."""

from collections.abc import Sequence

from robaudit.errors import UsageError
from robaudit.metrics.gates import Gate
from robaudit.search.plan import SearchPlan


def check_sharing(plan: SearchPlan, decide: Sequence[Gate] | None, *, randomised: bool) -> None:
    """Raise UsageError where a run cannot be done in shares."""
    why = {
        "which samples are searched hangs on what all shares find": (
            plan.precision is not None or decide is not None
        ),
        "each would see other draws of the model": randomised,
    }
    for reason, holds in why.items():
        if holds:
            raise UsageError(
                f"a share of such a run: {reason}",
                expected="`samples`, and neither `precision`, `decide` nor `randomised`",
            )

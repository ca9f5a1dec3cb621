"""A gate: a figure, and the threshold that it must be on the better side of."""

from dataclasses import dataclass
from typing import Literal

from robaudit.metrics.figures import Figure
from robaudit.types import Estimate

Outcome = Literal["passed", "failed", "inconclusive"]


@dataclass(frozen=True)
class Gate:
    """A figure and the threshold that it must be on the better side of."""

    figure: Figure
    threshold: float

    def outcome(self, estimate: Estimate) -> Outcome:
        """Tell on which side the whole interval of the figure lies; without one, neither.

        A threshold itself is good enough.
        """
        low, high = estimate.low, estimate.high
        if low is None or high is None:
            return "inconclusive"
        if self.figure.better == "higher":
            right, wrong = low >= self.threshold, high < self.threshold
        else:
            right, wrong = high <= self.threshold, low > self.threshold
        return "passed" if right else "failed" if wrong else "inconclusive"

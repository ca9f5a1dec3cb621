"""What the batches of `combined` hardening are mixed of: shares, strengths, by name."""

import math
from dataclasses import dataclass, replace
from typing import Literal, get_args

from robaudit.errors import UsageError

Kind = Literal["clean", "attacked", "feedback", "noise"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Mixture:
    """Shares of the kinds that each sample of a batch is one of, drawn for each, and strengths.

    A sample stays ``clean``, is ``attacked``, gives its place to a ``feedback`` example of its
    class, which is learned as it is, or is covered with ``noise``. The shares sum up to 1.

    Attacks have the whole of the adversary's budget, or, ``budget_drawn``, a share of it that is
    drawn evenly from 0 to 1 for each sample. Either rises evenly from 0 over the first
    ``budget_ramp`` of the training. Noise is Gaussian or uniform, as likely as each other, of
    a root mean square that is drawn evenly from 0 to ``noise_strength``, in shares of the pixel
    range.
    """

    clean_share: float = 0.1
    attacked_share: float = 0.7
    feedback_share: float = 0.2
    noise_share: float = 0.0
    budget_drawn: bool = False
    budget_ramp: float = 0.25
    noise_strength: float = 0.3

    def __post_init__(self) -> None:
        for name, most in (*((f"{kind}_share", 1.0) for kind in KINDS), ("budget_ramp", 1.0)):
            if not 0 <= getattr(self, name) <= most:
                raise UsageError(f"{name} = {getattr(self, name)}", expected="from 0 to 1")
        if not self.noise_strength > 0:
            raise UsageError(f"noise_strength = {self.noise_strength}", expected="more than 0")
        if not math.isclose(sum(self.shares), 1):
            said = ", ".join(
                f"{kind} {share:g}" for kind, share in zip(KINDS, self.shares, strict=True)
            )
            raise UsageError(
                f"shares of {sum(self.shares):g} together: {said}",
                expected="1",
                advice="Give all four: `clean_share`, `attacked_share`, `feedback_share` and "
                "`noise_share`.",
            )

    def without_attacks(self) -> "Mixture":
        """Let the samples that would be attacked stay as they are.

        >>> Mixture(0.25, 0.5, 0.25, 0.0).without_attacks().shares
        (0.75, 0.0, 0.25, 0.0)
        """
        clean = self.clean_share + self.attacked_share
        return replace(self, clean_share=clean, attacked_share=0.0)

    @property
    def shares(self) -> tuple[float, ...]:
        """The shares, in the order of `KINDS`."""
        return tuple(getattr(self, f"{kind}_share") for kind in KINDS)

    def budget_share(self, done: float) -> float:
        """Tell how much of the budget attacks have at most when this share of training is done.

        >>> Mixture(budget_ramp=0.5).budget_share(0.25), Mixture().budget_share(0.75)
        (0.5, 1.0)
        """
        return min(1.0, done / self.budget_ramp) if self.budget_ramp else 1.0


MIXTURES = {
    "grey": Mixture(),
    "colour": Mixture(0.1, 0.6, 0.1, 0.2, noise_strength=0.2),
}
"""What `robaudit.hardening.hardening_preset` mixes; colour as chosen on CIFAR-10."""

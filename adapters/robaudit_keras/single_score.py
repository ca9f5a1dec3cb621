"""Models that give one score for two classes: what it is, by how the model ends or is trained."""

from dataclasses import dataclass
from typing import Any

import keras

from robaudit.errors import NotAuditableError, UsageError
from robaudit.opening import OpenOptions, doubt_of_one_score, score_kind_of_one
from robaudit.types import ScoreKind
from robaudit_keras.ends import last_activation
from robaudit_keras.outputs import Outputs, score_rows

_PROBABILITIES = ("sigmoid", "hard_sigmoid")
_CROSS_ENTROPIES = ("binary_crossentropy", "binary_focal_crossentropy")


@dataclass(frozen=True)
class SingleScore:
    """What one score an input is, and why it may be none."""

    kind: ScoreKind
    doubt: str | None = None


def find_single_score(
    model: Any, outputs: Outputs, chosen: str, options: OpenOptions, name: str
) -> SingleScore | None:
    """Tell what the one score an input of an output is, ``None`` where it gives more.

    What the user says comes first, then how the output is made, what the model is compiled
    with, and the values. Raises NotAuditableError for what is no score.
    """
    rows = score_rows(outputs, chosen)
    if rows.shape[1] != 1:
        return None
    end = last_activation(model, list(outputs).index(chosen))
    if end == "softmax":
        raise NotAuditableError(
            f"{name} ends in a softmax over one number, which is 1 whatever the image",
            expected="a sigmoid over one number, or a softmax over two",
        )
    said = options.scores or (options.spec and options.spec.scores)
    if said and end in _PROBABILITIES and said != "probabilities":
        raise UsageError(
            f"{name} ends in {end}, so that its one number is a probability, and not of {said}",
            expected="`scores='probabilities'`, or a spec that says so",
        )
    if said or end in _PROBABILITIES:
        return SingleScore(said or "probabilities")
    trained_on = _kind_in_training(model)
    if trained_on == "logits":
        return SingleScore("logits")
    if end is not None:
        # Also where it happens to lie in 0..1: no sigmoid has seen to that.
        raise NotAuditableError(
            f"{name} gives one number an input, and ends in {end}",
            expected="a score for each class, or the probability of the second of two",
            advice="If it is the raw score of the second of two classes, say so with "
            "`scores='logits'`.",
        )
    kind = score_kind_of_one(rows, options, name)
    return SingleScore(kind, None if trained_on else doubt_of_one_score(kind, options, chosen))


def _kind_in_training(model: Any) -> ScoreKind | None:
    """Tell what a model is compiled to take its score for, ``None`` where it is not said."""
    loss = model.loss if getattr(model, "compiled", False) else None
    if isinstance(loss, str) and loss in _CROSS_ENTROPIES:
        return "probabilities"
    if getattr(loss, "name", None) not in _CROSS_ENTROPIES or not isinstance(
        loss, keras.losses.Loss
    ):
        return None
    return "logits" if loss.get_config().get("from_logits") else "probabilities"

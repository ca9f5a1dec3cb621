"""Whether a model's scores on the images of an audit are what they were taken for.

When a model is opened there are no images yet, so what its scores are was seen on made-up
inputs. On real ones that must still hold.
"""

import numpy as np

from robaudit.batches import slices
from robaudit.errors import NotAuditableError
from robaudit.preprocessing.choice import PreprocessingChoice
from robaudit.types import Classifier, FloatArray, ScoreKind

_ROUNDING = 1e-2


def require_plausible_scores(
    classifier: Classifier, choice: PreprocessingChoice, x: FloatArray, batch_size: int
) -> None:
    """Raise NotAuditableError for scores that are NaN, or not of the kind that was seen.

    ``classifier`` takes pixels and may give NaN; x (n, *shape) are images to ask it about.
    Where more were tried to find the preprocessing, NaN are counted among these.
    """
    parts = slices(len(x), batch_size)
    scores = np.concatenate([classifier.predict(x[part]) for part in parts])
    bad, asked = int(np.isnan(scores).any(axis=1).sum()), len(x)
    if choice.candidates:
        bad, asked = choice.candidates[0].not_numbers, choice.samples
    if bad:
        raise NotAuditableError(
            f"{classifier.name} gives scores that are not numbers (NaN) for {bad} of {asked} "
            f"inputs, under the preprocessing {choice.preprocessing}",
            expected="a score for each class of each input",
            advice="Look for divisions by zero, logarithms and overflows in the model; or name "
            "another preprocessing with `mean` and `std`.",
        )
    kind = classifier.spec.scores
    strange = int((~_are(scores, kind)).sum())
    if strange:
        raise NotAuditableError(
            f"{classifier.name} gives numbers that are no {kind} for {strange} of {len(x)} inputs, "
            "though they looked like it on made-up inputs: they are from "
            f"{scores.min():.3g} to {scores.max():.3g}",
            expected=f"{kind}, or to be told what they are",
            advice="Say so, `scores='logits'`, if that is what they are.",
        )


def _are(scores: FloatArray, kind: ScoreKind) -> np.ndarray:
    """Mark rows (n,) of scores (n, classes) that may be of a kind."""
    if kind == "probabilities":
        return np.asarray(((scores >= -_ROUNDING) & (scores <= 1 + _ROUNDING)).all(axis=1))
    if kind == "log-probabilities":
        return np.asarray((scores <= _ROUNDING).all(axis=1))
    return np.ones(len(scores), dtype=np.bool_)

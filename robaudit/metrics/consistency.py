"""Margin consistency: whether the logits tell how far from the boundary a sample lies.

Ngnawe, Sahoo, Pequignot, Precioso and Gagne, Detecting Brittle Decisions for Free (NeurIPS
2024): where the logit margin, the lead of the best logit over the second, puts samples in the
same order as their distance to the decision boundary, brittle ones can be told from a single
prediction. Their distance is that of an attack; here it is the mean margin of the search.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from robaudit.batches import slices
from robaudit.errors import ClassifierError
from robaudit.losses import at_logits, from_the_best
from robaudit.metrics.tally import Tally
from robaudit.predicting import failing_as
from robaudit.search.plan import SearchPlan
from robaudit.stats.auroc import area_under_curve
from robaudit.stats.bootstrap import Weights, bootstrap_weights
from robaudit.stats.bounded import share_interval
from robaudit.stats.rank_correlation import rank_correlation
from robaudit.types import Classifier, Estimate, FloatArray

_FEWEST, _MOST = 3, 5000
_BRITTLE, _CAUGHT = 0.25, 0.95
_NOTHING = Estimate(None, None, None)


@dataclass(frozen=True)
class Consistency:
    """How logit margins go with margins, over the ``samples`` that are right at the start.

    ``rank_correlation`` is Spearman's. Brittle are the ``brittle`` samples whose mean margin
    is below ``margin_threshold`` (RMS), the lower quartile; ``auroc`` is how often one of
    them has a smaller logit margin than one of the others. At or below ``logit_threshold`` lies
    another brittle sample, drawn as these were, with a probability of 95 % or more (split
    conformal prediction: Vovk, Gammerman and Shafer, 2005), and a share ``false_alarms`` of
    the others, whose logit margins had no part in choosing it. With fewer than 19 brittle samples
    no threshold promises that. Where something has no number, ``missing`` says why.
    """

    samples: int
    rank_correlation: Estimate = _NOTHING
    margin_threshold: float | None = None
    brittle: int = 0
    auroc: Estimate = _NOTHING
    logit_threshold: float | None = None
    false_alarms: Estimate = _NOTHING
    missing: str | None = None


def measure_consistency(
    classifier: Classifier, x: FloatArray, tally: Tally, plan: SearchPlan, batch_size: int
) -> Consistency:
    """Compare the logit margins of the samples searched, x (S, *shape), with their margins.

    Of more than 5,000 that are right at the start, the first 5,000 are compared: samples come
    evenly over classes.
    """
    rows = np.flatnonzero(tally.right)[:_MOST]
    if classifier.logits is None and classifier.spec.scores in ("labels", "probabilities"):
        return Consistency(
            len(rows), missing=f"the model gives {classifier.spec.scores}, no logits"
        )
    if classifier.uncalibrated:
        why = "how large the model's scores are says nothing of how sure it is"
        return Consistency(len(rows), missing=why)
    if len(rows) < _FEWEST:
        return Consistency(len(rows), missing="too few samples are right at the start")
    try:
        leads = logit_margins(classifier, x[rows], batch_size)
    except ClassifierError as error:
        return Consistency(len(rows), missing=str(error))
    margins = tally.restricted[rows]
    return _compare(leads, margins, bootstrap_weights(tally.origin[rows], plan.seed, rescaled=True))


def logit_margins(classifier: Classifier, x: FloatArray, batch_size: int) -> FloatArray:
    """Give the lead of the best logit over the second for inputs x (n, *shape): (n,).

    Differences of log-probabilities are those of the logits behind them.
    """
    predict = at_logits(classifier).predict
    leads = np.zeros(len(x))
    for part in slices(len(x), batch_size):
        with failing_as(classifier.name):
            scores = from_the_best(predict(x[part]).astype(np.float64))
        leads[part] = -np.partition(scores, -2, axis=1)[:, -2]
    return leads


def _compare(leads: FloatArray, margins: FloatArray, weights: Weights) -> Consistency:
    correlation = rank_correlation(leads, margins, weights)
    if correlation.value is None:
        return Consistency(len(leads), missing="all samples lie equally far")
    threshold = float(np.quantile(margins, _BRITTLE, method="higher"))
    brittle = margins < threshold
    found = Consistency(len(leads), correlation, threshold, int(brittle.sum()))
    if not brittle.any():
        return replace(found, missing="no sample lies nearer than the lower quartile of them")
    found = replace(found, auroc=area_under_curve(-leads, brittle, weights))
    logit = _catching(leads[brittle])
    if not math.isfinite(logit):
        return found
    alarms = int((leads[~brittle] <= logit).sum())
    return replace(
        found,
        logit_threshold=logit,
        false_alarms=share_interval(alarms, int((~brittle).sum())),
    )


def _catching(leads: FloatArray) -> float:
    """Give what another lead like these (n,) is not above in 95 % of cases; infinite for too few.

    The k-th smallest of n is not below one more in k of n + 1 cases, whatever they are drawn from.
    """
    place = math.ceil(_CAUGHT * (len(leads) + 1))
    return float(np.sort(leads)[place - 1]) if place <= len(leads) else math.inf

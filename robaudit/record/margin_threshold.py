"""The logit margin at or below which a prediction is likely brittle: a small file for inference.

It holds what `robaudit.metrics.consistency` chose, with how well that tells, so that whoever
uses a model can mark predictions without a search.
"""

import math
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import numpy as np

from robaudit.errors import RecordError, UsageError
from robaudit.record.plain import as_plain, to_json
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.margins import ConsistencyRecord
from robaudit.record.schema.numbers import RecordStruct, given, says
from robaudit.types import BoolArray, FloatArray

_KIND: Literal["margin-threshold"] = "margin-threshold"
_NOT_MEASURED = "the audit did not measure whether logits tell of margins"
_MOST = 2**20


class MarginThreshold(RecordStruct, frozen=True, kw_only=True):
    """At which lead of the best logit a prediction is likely brittle, and how well that tells.

    ``consistency`` has the rates, with their intervals; ``caught`` is the least probability with
    which a brittle one lies at or below it, of samples drawn as those were that it was chosen on.
    """

    kind: Literal["margin-threshold"]
    version: Annotated[int, msgspec.Meta(ge=1, le=1)]
    model: Annotated[str, says("Its name.")]
    sha256: Annotated[str | None, says("Of its file; null for one of no file.")]
    caught: float
    consistency: ConsistencyRecord

    def marks(self, logits: FloatArray) -> BoolArray:
        """Mark predictions that are likely brittle, from their logits (n, classes): (n,).

        Log-probabilities do as well, whose differences are the same; probabilities do not. One
        whose best logit is not finite is marked.
        """
        if logits.ndim != 2 or logits.shape[1] < 2:
            raise UsageError(f"logits of shape {logits.shape}", expected="(n, classes)")
        ordered = np.sort(logits.astype(np.float64), axis=1)
        threshold = self.consistency.logit_threshold
        with np.errstate(invalid="ignore"):
            lead = ordered[:, -1] - ordered[:, -2]
        clear = lead > (math.inf if threshold is None else threshold)
        return np.asarray(~(clear & np.isfinite(ordered[:, -1])))


def margin_threshold(record: AuditRecord) -> bytes:
    """Write the file of an audit: without a threshold where there is none, with the reason."""
    found = given(record.margins.consistency, None)
    if found is None:
        nothing = {"value": None, "low": None, "high": None}
        told = {
            "samples": 0, "brittle": 0, "missing": _NOT_MEASURED, "margin_threshold": None,
            "logit_threshold": None, "rank_correlation": nothing, "auroc": nothing,
            "false_alarms": nothing,
        }  # fmt: skip
        found = msgspec.convert(told, ConsistencyRecord)
    whole = MarginThreshold(
        kind=_KIND,
        version=1,
        model=record.model.name,
        sha256=record.model.sha256 or None,
        caught=0.95,
        consistency=found,
    )
    return (to_json(as_plain(whole)) + "\n").encode()


def read_margin_threshold(path: Path | str) -> MarginThreshold:
    """Read what ``robaudit scan --margin-threshold FILE`` wrote.

    Raises UsageError where there is no such file, or no threshold in it, RecordError for what
    is none.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            content = file.read(_MOST)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}", expected="a file of --margin-threshold"
        ) from error
    try:
        found = msgspec.json.decode(content, type=MarginThreshold)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecordError(
            f"{path} is no margin threshold ({error})", expected="a file of --margin-threshold"
        ) from error
    if found.consistency.logit_threshold is None:
        why = (
            found.consistency.missing
            or "too few samples are brittle to promise one, or scores are infinite"
        )
        raise UsageError(f"{path} has no threshold: {why}", expected="a model whose logits tell")
    return found

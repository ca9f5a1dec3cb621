"""The file that says which predictions are likely brittle: written, read, and used."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from robaudit import read_margin_threshold
from robaudit.errors import RecordError, UsageError
from robaudit.record.margin_threshold import margin_threshold
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.check import check_audit
from robaudit.record.schema.margins import ConsistencyRecord
from robaudit.record.schema.numbers import CorrelationEstimate, ShareEstimate

SHARE = ShareEstimate(value=0.4, low=0.3, high=0.5)
FOUND = ConsistencyRecord(
    samples=1991,
    rank_correlation=CorrelationEstimate(value=0.6, low=0.5, high=0.7),
    margin_threshold=0.4,
    brittle=497,
    auroc=SHARE,
    logit_threshold=2.0,
    false_alarms=SHARE,
    missing=None,
)


def with_consistency(record: object, found: ConsistencyRecord) -> AuditRecord:
    checked = check_audit(record)
    margins = msgspec.structs.replace(checked.margins, consistency=found)
    return msgspec.structs.replace(checked, margins=margins)


def test_it_comes_back_and_marks_leads_up_to_it(record: object, tmp_path: Path) -> None:
    path = tmp_path / "threshold.json"
    path.write_bytes(margin_threshold(with_consistency(record, FOUND)))
    threshold = read_margin_threshold(path)
    assert threshold.consistency == FOUND
    assert threshold.caught == 0.95
    logits = np.array([[0.0, 1.0, 3.5], [4.0, 2.0, 0.0], [1.0, 1.0, 1.0], [np.nan, 1.0, 9.0]])
    assert threshold.marks(logits).tolist() == [False, True, True, True]
    assert threshold.marks(logits - 100.0).tolist() == [False, True, True, True]
    infinite = np.array([[0.0, -np.inf, -np.inf], [np.inf, 0.0, 0.0], [np.inf, np.inf, 0.0]])
    assert threshold.marks(infinite).tolist() == [False, True, True]
    assert threshold.marks(np.zeros((0, 3))).shape == (0,)
    with pytest.raises(UsageError, match=r"expected \(n, classes\)"):
        threshold.marks(np.zeros(3))


def test_without_a_threshold_reading_it_says_why(record: object, tmp_path: Path) -> None:
    path = tmp_path / "threshold.json"
    nothing = msgspec.structs.replace(FOUND, logit_threshold=None, missing="no logits")
    path.write_bytes(margin_threshold(with_consistency(record, nothing)))
    with pytest.raises(UsageError, match="no threshold: no logits"):
        read_margin_threshold(path)
    old = check_audit(record)
    margins = msgspec.structs.replace(old.margins, consistency=msgspec.UNSET)
    path.write_bytes(margin_threshold(msgspec.structs.replace(old, margins=margins)))
    with pytest.raises(UsageError, match="no threshold: the audit did not measure"):
        read_margin_threshold(path)


@pytest.mark.parametrize("content", [b"", b"{}", b'{"kind": "audit"}', b"\xff"])
def test_another_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "threshold.json"
    path.write_bytes(content)
    with pytest.raises(RecordError, match="is no margin threshold"):
        read_margin_threshold(path)
    with pytest.raises(UsageError, match="cannot be read"):
        read_margin_threshold(tmp_path / "none.json")

"""Gates held against an audit: what is said of each, and how sure it is."""

import pytest

from robaudit.metrics.figures import ACCURACY, ROBUST_ACCURACY
from robaudit.metrics.gates import Gate, Source
from robaudit.record.findings import Findings
from robaudit.verdict.evaluate import NO_BASELINE, evaluate_gates


def test_a_gate_says_what_was_found_and_where_it_is_written(attacked: Findings) -> None:
    gate = Gate(ROBUST_ACCURACY, 0.9, attack="pgd", source=Source("robaudit.toml", 7))
    (found,) = evaluate_gates([gate], attacked)
    assert found.outcome == "failed"
    assert str(found.sentence).startswith("PGD at 0.05 leaves ")
    assert str(found.sentence).endswith("wanted at least 90%")
    assert found.source
    assert (found.source.file, found.source.line) == ("robaudit.toml", 7)
    assert found.name == "robust-accuracy/pgd/min"


def test_the_name_of_a_gate_leaves_its_threshold_out(attacked: Findings) -> None:
    names = {
        found.name
        for threshold in (0.1, 0.9)
        for found in evaluate_gates([Gate(ACCURACY, threshold, of_class="worst")], attacked)
    }
    assert names == {"accuracy/class-worst/min"}


def test_gates_on_each_class_hold_at_once(attacked: Findings) -> None:
    """The error of each is a tenth: what one class alone would pass, it may not in company."""
    each = evaluate_gates([Gate(ACCURACY, 0.5, of_class="each")], attacked)
    assert [found.class_index for found in each] == list(range(10))
    (alone,) = evaluate_gates([Gate(ACCURACY, 0.5, of_class="8")], attacked)
    together = each[8]
    assert together.low is not None
    assert alone.low is not None
    assert together.low < alone.low
    assert together.error == pytest.approx(1 - 0.95**0.1)
    assert "at 99.5%" in str(together.sentence)


def test_a_drop_without_a_baseline_is_inconclusive(attacked: Findings) -> None:
    (found,) = evaluate_gates([Gate(ACCURACY, 0.02, drop=True)], attacked)
    assert (found.outcome, found.reason) == ("inconclusive", NO_BASELINE)
    assert (found.bound, found.better) == ("max-drop", "lower")
    assert NO_BASELINE in str(found.sentence)

"""What gates are about: said of every figure that can be gated, in its unit."""

import msgspec
import pytest

from robaudit.metrics.figures import GINI, OF_RIGHT
from robaudit.metrics.gates import METRICS
from robaudit.record.schema.verdict import GateRecord
from robaudit_report.view.gate_table import gate_rows
from robaudit_report.view.rules import meaning
from tests.support.judged import gate


@pytest.mark.parametrize(
    "name", [name for name, of in METRICS.items() if of not in (GINI, OF_RIGHT[GINI])]
)
def test_every_metric_has_a_meaning(name: str) -> None:
    assert "a figure of the audit" not in meaning(name)


@pytest.mark.parametrize("name", [name for name in METRICS if not name.endswith("at-start")])
def test_gates_are_written_in_the_unit_and_by_the_title_of_their_figure(name: str) -> None:
    figure = METRICS[name]
    record = msgspec.convert(gate("inconclusive", metric=name), GateRecord)
    (row,) = gate_rows([record])
    assert row.title == figure.title
    assert row.found.endswith("%") == (figure.unit == "share")

"""What lets gates be, as it is written in a file: an end and a reason are asked for."""

import datetime
import tomllib

import pytest

from robaudit.errors import UsageError
from robaudit.metrics.gates import Source
from robaudit.verdict.suppression_file import Suppression, read_suppressions

HERE = Source("robaudit.toml", 7)
END = 'until = 2027-01-31\nreason = "issue 12"\n'


def read(table: str) -> Suppression:
    (suppression,) = read_suppressions([tomllib.loads(table)], [HERE])
    return suppression


def test_a_table_is_a_suppression() -> None:
    last = datetime.date(2027, 1, 31)
    assert read('gate = "accuracy/min"\n' + END) == Suppression(
        "accuracy/min", None, None, last, "issue 12", HERE
    )
    assert read('class = 8\nmodel = "old*"\n' + END.replace("2027-01-31", '"2027-01-31"')) == (
        Suppression(None, "8", "old*", last, "issue 12", HERE)
    )


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('gate = "accuracy"\nreason = "x"', "a suppress without an end; expected until = YYYY"),
        ('gate = "accuracy"\nuntil = 2027-01-31', "a suppress without a reason"),
        ('gate = "accuracy"\nuntil = 2027-01-31\nreason = " "', "reason = ' '"),
        ('gate = "accuracy"\nreason = "x"\nuntil = "soon"', "until = soon; expected until = YYYY"),
        ('gate = "accuracy"\nreason = "x"\nuntil = 2027-01-31T00:00:00', "until = 2027-01-31 00"),
        ('gate = "accuracy"\nreason = "x"\nuntil = 20270131', "until = 20270131"),
        (END, "a suppress on everything; expected one at least of gate, class, model"),
        ('gate = "acuracy/min"\n' + END, "Did you mean accuracy?"),
        ("gate = 5\n" + END, "gate = 5; expected words"),
        ('gates = "accuracy"\n' + END, "Did you mean gate?"),
    ],
)
def test_what_cannot_be_followed_is_refused(table: str, words: str) -> None:
    with pytest.raises(UsageError) as raised:
        read(table)
    assert "robaudit.toml, line 7: " in str(raised.value)
    assert words in str(raised.value)

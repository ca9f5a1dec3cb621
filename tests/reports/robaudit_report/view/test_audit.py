"""What every report of an audit says of its classes."""

from tests.support.audit_samples import many_classes, record_of
from tests.support.audit_words import render


def test_of_many_classes_the_worst_are_shown_and_the_rest_are_counted() -> None:
    record = record_of(many_classes(), None, samples=60)
    for name in ("html", "text", "markdown"):
        text = render(name, record)
        assert "Shown are 20 of 60 classes" in text
    assert len(render("html", record)) < 400_000

"""What tables say in sentences."""

from reproduction.readings import order_text


def test_values_that_are_displayed_alike_have_no_order() -> None:
    assert order_text("abc", [126.0001, 126.0, 90.0]) == "a = b > c"
    assert order_text("abc", [90.0, None, 126.0]) == "c > a"

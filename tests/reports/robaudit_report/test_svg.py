"""What pictures are drawn with."""

from robaudit_report import svg


def test_ticks_are_round_and_inside() -> None:
    assert svg.ticks(0, 3, least=1.0) == [0, 1, 2, 3]
    assert svg.ticks(31.2, 39.5) == [32, 34, 36, 38]
    assert svg.ticks(5, 5) == [5]

"""The test behind flags: the binomial one, exactly."""

from robaudit.attacks.trust.flag import is_more_than


def test_the_exact_binomial_test_is_exact() -> None:
    # P(X >= 1 of 1) = share; P(X >= 2 of 2) = share squared.
    assert is_more_than(0.0499, 1, 1)
    assert not is_more_than(0.0501, 1, 1)
    assert is_more_than(0.2236, 2, 2)
    assert not is_more_than(0.2237, 2, 2)
    assert not is_more_than(0.02, 0, 100)
    assert is_more_than(0.02, 2200, 100_000)
    assert is_more_than(0.0249, 1, 1, looks=2)
    assert not is_more_than(0.0251, 1, 1, looks=2)

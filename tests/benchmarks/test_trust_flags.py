"""The table of masked and honest models: ten of each, and what is true of two of them."""

import pytest

pytest.importorskip("torch")
pytest.importorskip("art")

from benchmarks.trust_flags import flags_of, honest, masked


def test_there_are_ten_of_each() -> None:
    assert len(dict(masked())) == len(dict(honest())) == 10


def test_a_masked_model_raises_a_flag_and_an_honest_one_none() -> None:
    for models, name, expected in (
        (masked(), "thermometer code, smooth gradient", {"black-box-beats-white-box"}),
        (honest(), "dense, ReLU", set()),
    ):
        clean, left, flags = flags_of(dict(models)[name](), samples=40)
        assert clean > 0.9
        assert left <= clean
        assert {flag.name for flag in flags if flag.raised} == expected

"""Which options were typed, and as what."""

import pytest

from robaudit.commands.options.typed import Typed, typed_options
from robaudit.errors import UsageError


def test_what_was_typed_is_told_from_what_is_usual() -> None:
    words = "m.onnx --seed 0 -q --attack fgsm --attack pgd:epsilon=0.1 --no-clip -o out --new"
    assert typed_options("scan", words.split()) == Typed(
        {
            "out": "out",
            "quiet": True,
            "no-clip": True,
            "seed": "0",
            "attack": ["fgsm", "pgd:epsilon=0.1"],
        },
        ("m.onnx", "--new"),
    )


def test_a_value_that_is_missing_is_refused() -> None:
    with pytest.raises(UsageError, match=r"--config: expected one argument. See robaudit scan"):
        typed_options("scan", ["--config"])

"""What errors say of arguments becomes what can be typed."""

import pytest

from robaudit.commands.options.flags import with_flags


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("`pixel_range=(0, 255)`", "--pixel-range 0,255"),
        ("`pixel_range=(-1, 1)`", "--pixel-range -1,1"),
        ("`image_size=(224, 192)`", "--image-size 224,192"),
        ('`split="train"` for d.npz', "--split train for d.npz"),
        ("a file of `labels`.", "a file of --labels."),
        ("`ignore_exif=True`", "--ignore-exif"),
        ("`scores='logits'`", "--scores logits"),
        ("`trust=True`", "--trust-model"),
        ("a file called `x=3`, or `nothing`", "a file called `x=3`, or `nothing`"),
    ],
)
def test_arguments_in_backticks_become_options(text: str, typed: str) -> None:
    assert with_flags(text) == typed

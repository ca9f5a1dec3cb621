"""Values that programs trip over."""

from random import Random
from typing import Any

SIZES = (0, 1, 2, 3, 7, 127, 128, 255, 256, 32767, 65535, 65536)
LIMITS = tuple(2**bits + off for bits in (31, 32, 63, 64) for off in (-1, 0))
NUMBERS = (-1, -(2**31), -(2**63), 10**30, *SIZES, *LIMITS)
FLOATS = (0.0, -0.0, 0.5, -1.5, 1e-320, 1e38, 1e308, -1e308, float("inf"), float("nan"))
TEXTS = (
    "",
    " ",
    "\x1b[31mred\x1b]0;title\x07",
    "\u202egnp.exe",
    "a\u2066b\u2069c\u200b",
    "line\nline\r\n\tline",
    "\x00",
    "\x9b2J",
    "../../../../tmp/elsewhere",
    "/etc/passwd",
    "~/.bashrc",
    "<script>alert(1)</script>",
    "![x](javascript:alert(1))|`a`",
    "{{ 7 * 7 }}{% raw %}",
    "%s%n%d{0}{x!r}",
    "\u0661\u0662\u00b2",
    "\ufdfd\U0001f600e\u0301",
    "nan",
    "-1",
    "1e999",
    "9" * 5000,
    "x" * 20_000,
)


def number(random: Random) -> Any:
    """Draw a number, whole or not."""
    return random.choice(random.choice((NUMBERS, NUMBERS, FLOATS)))


def whole(random: Random, bits: int, *, signed: bool = False) -> int:
    """Draw a whole number that fits in so many bits."""
    value = random.choice((*NUMBERS, random.getrandbits(bits))) % 2**bits
    return value - 2**bits if signed and value >= 2 ** (bits - 1) else value


def text(random: Random) -> str:
    """Draw a text."""
    return random.choice(TEXTS)


def anything(random: Random) -> Any:
    """Draw a plain value of any kind, also one that lies deep in others."""
    kind = random.randrange(8)
    if kind < 3:
        return number(random)
    if kind < 5:
        return text(random)
    if kind == 5:
        return random.choice((None, True, False))
    if kind == 6:
        return random.choice(([], {}, [[]], {"": None}, [1, "a", None], {"a": {"b": [1]}}))
    return nested(random.choice((3, 50)), random.choice(([], "x", 0)))


def nested(depth: int, value: Any) -> Any:
    """Put a value into so many lists."""
    for _ in range(depth):
        value = [value]
    return value

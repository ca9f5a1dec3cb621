"""Bytes, whatever they mean: flipped, cut, repeated, put in, overwritten, spliced."""

import struct
from collections.abc import Sequence
from random import Random

from tests.fuzz.mutations.values import whole

MOST = 2**20
"""No file grows beyond this by bytes alone."""


def mutate_bytes(content: bytes, random: Random, others: Sequence[bytes] = ()) -> bytes:
    """Change bytes in one way; ``others`` are contents to splice with."""
    ways = (_flip, _flip, _flip, _cut, _remove, _repeat, _insert, _overwrite, _overwrite, _swap)
    if others and random.random() < 0.1:
        return _splice(content, random, random.choice(others))
    return random.choice(ways)(content, random)


def _place(content: bytes, random: Random) -> int:
    """Draw a place, those near the ends, where heads and directories lie, more often."""
    size = len(content)
    near = min(size, 64)
    return random.choice((random.randrange(size + 1), random.randrange(near + 1),
                          size - random.randrange(near + 1)))  # fmt: skip


def _flip(content: bytes, random: Random) -> bytes:
    changed = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 8, 64))):
        if changed:
            changed[min(_place(content, random), len(changed) - 1)] ^= 1 << random.randrange(8)
    return bytes(changed)


def _cut(content: bytes, random: Random) -> bytes:
    return content[: _place(content, random)]


def _remove(content: bytes, random: Random) -> bytes:
    start = _place(content, random)
    return content[:start] + content[start + random.choice((1, 2, 4, 16, 100)) :]


def _repeat(content: bytes, random: Random) -> bytes:
    start = _place(content, random)
    part = content[start : start + random.choice((1, 4, 32, 400))]
    return (content[:start] + part * random.choice((2, 3, 50)) + content[start:])[:MOST]


def _insert(content: bytes, random: Random) -> bytes:
    start = _place(content, random)
    return content[:start] + random.randbytes(random.choice((1, 2, 4, 8, 64))) + content[start:]


def _overwrite(content: bytes, random: Random) -> bytes:
    start, size = _place(content, random), random.choice((1, 2, 4, 8))
    form = random.choice("<>") + {1: "B", 2: "H", 4: "I", 8: "Q"}[size]
    return content[:start] + struct.pack(form, whole(random, 8 * size)) + content[start + size :]


def _swap(content: bytes, random: Random) -> bytes:
    one, other, size = _place(content, random), _place(content, random), random.choice((1, 4, 32))
    one, other = sorted((one, other))
    middle = content[one + size : other]
    return (
        content[:one] + content[other : other + size] + middle
        + content[one : one + size] + content[other + size :]
    )  # fmt: skip


def _splice(content: bytes, random: Random, other: bytes) -> bytes:
    return content[: _place(content, random)] + other[_place(other, random) :]

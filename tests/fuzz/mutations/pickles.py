"""Pickles, by their operations."""

import pickletools
from random import Random

from tests.fuzz.mutations.raw import mutate_bytes

_NAMES = (
    b"cos\nsystem\n", b"cbuiltins\neval\n", b"ctorch\nload\n", b"cnumpy\nndarray\n",
    b"ccollections\nOrderedDict\n", b"ctorch._utils\n_rebuild_tensor_v2\n", b"c\n\n",
    b"cbuiltins\nprint\n", b"ctorch\nFloatStorage\n", b"c\x1b[31m\nx\n",
)  # fmt: skip
_OTHERS = (b"N", b"(", b")", b"}", b"]", b"0", b"2", b"R", b"b", b"\x81", b"t", b"u", b"e", b"Q",
           b"K\xff", b"J\xff\xff\xff\x7f", b"G\x7f\xf8\0\0\0\0\0\0", b"X\xff\xff\xff\xff",
           b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f", b"h\xff", b"T\xff\xff\xff\xff")  # fmt: skip


def mutate_pickle(content: bytes, random: Random) -> bytes:
    """Leave out, repeat, move or replace operations; raises ValueError where it is none."""
    starts = [place or 0 for _, _, place in pickletools.genops(content)]
    end = starts[-1] + 1
    parts = [content[one:other] for one, other in zip(starts, [*starts[1:], end], strict=True)]
    place = random.randrange(len(parts))
    way = random.randrange(6)
    if way == 0:
        del parts[place]
    elif way == 1:
        parts.insert(place, random.choice(parts))
    elif way == 2:
        parts[place] = random.choice(_OTHERS)
    elif way == 3:
        parts[place : place + 1] = [random.choice(_NAMES), random.choice((b"", b"(X\x01\0\0\0atR"))]
    elif way == 4:
        other = random.randrange(len(parts))
        parts[place], parts[other] = parts[other], parts[place]
    else:
        parts[place] = mutate_bytes(parts[place], random)
    return b"".join(parts) + content[end:]

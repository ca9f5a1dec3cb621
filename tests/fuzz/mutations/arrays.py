"""NumPy's ``.npy``: its head, and what it promises of the rest."""

import re
import struct
from random import Random

from tests.fuzz.mutations.raw import mutate_bytes
from tests.fuzz.mutations.values import NUMBERS

_KINDS = (
    "'|O'", "'<f8'", "'>f2'", "'<M8[s]'", "'<c16'", "'|S5'", "'<U3'", "'|V8'", "'|b1'", "'<i8'",
    "'|u1'", "'<f16'", "[('a', '<f4')]", "[('a', '|O')]", "('<f4', (2, 2))", "'<U999999999'",
    "'<f4,'", "None", "'\\x1b[31m'",
)  # fmt: skip


def mutate_npy(content: bytes, random: Random) -> bytes:
    """Change the head or the body of an array; raises ValueError where it is none."""
    if content[:6] != b"\x93NUMPY" or len(content) < 12:
        raise ValueError("no .npy")
    (size,) = struct.unpack("<H", content[8:10])
    head, body = content[10 : 10 + size].decode("latin-1"), content[10 + size :]
    way = random.randrange(7)
    if way == 0:
        return content[: 10 + size] + mutate_bytes(body, random)
    if way == 1:
        return content[:6] + bytes([random.randrange(5), random.randrange(3)]) + content[8:]
    if way == 2:
        head = re.sub(r"'descr': [^,]*,", lambda _: f"'descr': {random.choice(_KINDS)},", head)
    elif way == 3:
        head = head.replace("False", random.choice(("True", "None", "0")))
    elif way == 4:
        head = head.replace("{", random.choice(("{'x': 1, ", "", "[" * 500, "{" * 99, "(")), 1)
    else:
        numbers = list(re.finditer(r"\d+(?=[,)])", head))
        if numbers:
            found = random.choice(numbers)
            put = str(random.choice(NUMBERS)) if way == 5 else f"{found[0]}, 1"
            head = head[: found.start()] + put + head[found.end() :]
    packed = head.rstrip().encode("latin-1", "replace")
    packed += b" " * (-(11 + len(packed)) % 64) + b"\n"
    return content[:8] + struct.pack("<H", len(packed)) + packed + body

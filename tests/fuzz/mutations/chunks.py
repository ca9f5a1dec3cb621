"""Pictures made of parts with lengths: PNG's chunks and TIFF's directory."""

import struct
import zlib
from random import Random

from tests.fuzz.mutations.raw import mutate_bytes
from tests.fuzz.mutations.values import SIZES, text, whole

_PNG = b"\x89PNG\r\n\x1a\n"
_KINDS = (b"IHDR", b"IDAT", b"IEND", b"PLTE", b"tRNS", b"acTL", b"fcTL", b"fdAT", b"iCCP", b"tEXt",
          b"zTXt", b"iTXt", b"eXIf", b"gAMA", b"sRGB", b"pHYs", b"\xff\0\0\0")  # fmt: skip


def mutate_png(content: bytes, random: Random) -> bytes:
    """Change a chunk, with its checksum right; raises ValueError where it is no PNG."""
    chunks = []
    at = len(_PNG)
    while at + 12 <= len(content):
        (length,) = struct.unpack(">I", content[at : at + 4])
        chunks.append((content[at + 4 : at + 8], content[at + 8 : at + 8 + length]))
        at += 12 + length
    if not content.startswith(_PNG) or not chunks:
        raise ValueError("no PNG")
    place = random.randrange(len(chunks))
    kind, inner = chunks[place]
    way = random.randrange(7)
    if way == 0:
        del chunks[place]
    elif way == 1:
        chunks.insert(random.randrange(len(chunks) + 1), chunks[place])
    elif way == 2:
        chunks[place] = (random.choice(_KINDS), inner)
    elif way == 3:
        said = zlib.compress(text(random).encode("utf-8", "replace"))
        put = random.choice((b"k\0\0" + said, b"Exif\0\0II*\0\x08\0\0\0\xff\xff", said, b""))
        chunks.insert(random.randrange(1, len(chunks) + 1), (random.choice(_KINDS[3:]), put))
    elif way == 4 and kind == b"IDAT":
        chunks[place] = (kind, zlib.compress(mutate_bytes(_unpacked(inner), random)))
    elif way == 5 and chunks[0][0] == b"IHDR":
        head = bytearray(chunks[0][1])
        field = random.randrange(7)
        if field < 2:
            head[4 * field : 4 * field + 4] = struct.pack(">I", whole(random, 32))
        else:
            head[6 + field] = random.choice((0, 1, 2, 3, 4, 6, 8, 16, 255))
        chunks[0] = (b"IHDR", bytes(head))
    else:
        chunks[place] = (kind, mutate_bytes(inner, random))
    return _PNG + b"".join(
        struct.pack(">I", len(inner)) + kind + inner + struct.pack(">I", zlib.crc32(kind + inner))
        for kind, inner in chunks
    )


def _unpacked(packed: bytes) -> bytes:
    try:
        return zlib.decompress(packed)
    except zlib.error:
        return packed


def mutate_tiff(content: bytes, random: Random) -> bytes:
    """Change an entry of the directory; raises ValueError where it is no TIFF."""
    order = {b"II": "<", b"MM": ">"}.get(content[:2], "")
    if not order or len(content) < 8:
        raise ValueError("no TIFF")
    (start,) = struct.unpack(order + "I", content[4:8])
    if start + 2 > len(content):
        raise ValueError("no TIFF")
    (count,) = struct.unpack(order + "H", content[start : start + 2])
    at = start + 2 + 12 * random.randrange(max(count, 1))
    field, size = random.choice(((0, 2), (2, 2), (4, 4), (8, 4), (8, 4), (8, 2)))
    value = random.choice((whole(random, 8 * size), random.choice(SIZES), random.randrange(20)))
    packed = struct.pack(order + {2: "H", 4: "I"}[size], value % 2 ** (8 * size))
    return content[: at + field] + packed + content[at + field + size :]

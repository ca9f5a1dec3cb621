"""Pictures of kinds that Pillow reads but does not write."""

import struct
import zlib
from pathlib import Path

import numpy as np

_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}


def write_png(path: Path, pixels: np.ndarray) -> Path:
    """Write a PNG of 16 bits: (height, width, 1 to 4), grey or colour, with opacity or without."""
    height, width, channels = pixels.shape
    head = struct.pack(">IIBBBBB", width, height, 16, _COLOUR_TYPES[channels], 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    return _write(path, head, rows)


def write_bomb(path: Path, side: int = 30_000) -> Path:
    """Write a small PNG that says that it is of 900 million pixels."""
    return _write(path, struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0), bytes(1000))


def _write(path: Path, head: bytes, rows: bytes) -> Path:
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks))
    return path


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def write_tiff(
    path: Path,
    pixels: np.ndarray,
    photometric: int,
    *,
    big: bool = False,
    packed: bool = False,
    orientation: int = 1,
) -> Path:
    """Write a TIFF of (height, width) or (height, width, channels), of 8, 16 or 32 bits."""
    height, width, *rest = pixels.shape
    channels, order = (rest or [1])[0], ">" if big else "<"
    content = pixels.astype(pixels.dtype.newbyteorder("B" if big else "L")).tobytes()
    content = zlib.compress(content) if packed else content
    bits = 8 * pixels.dtype.itemsize
    start = 8
    after = start + len(content)
    tags = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, channels, after if channels > 1 else bits),
        (259, 3, 1, 8 if packed else 1),
        (262, 3, 1, photometric),
        (273, 4, 1, start),
        (274, 3, 1, orientation),
        (277, 3, 1, channels),
        (278, 4, 1, height),
        (279, 4, 1, len(content)),
        (339, 3, 1, 3 if pixels.dtype.kind == "f" else 1),
    ]
    depths = struct.pack(f"{order}{channels}H", *[bits] * channels) if channels > 1 else b""
    directory = struct.pack(f"{order}H", len(tags))
    for tag, kind, count, value in tags:
        form = "HHIHH" if kind == 3 and count == 1 else "HHII"
        values = (tag, kind, count, value, 0) if form == "HHIHH" else (tag, kind, count, value)
        directory += struct.pack(order + form, *values)
    head = (b"MM" if big else b"II") + struct.pack(f"{order}HI", 42, after + len(depths))
    path.write_bytes(head + content + depths + directory + struct.pack(f"{order}I", 0))
    return path

"""Little files that unpack to far more than they are, or say so."""

import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

_PIECE = 2**24


def packed_zeros(path: Path, sizes: Mapping[str, int]) -> Path:
    """Write an archive of members that are nothing but so many zeros."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, size in sizes.items():
            with archive.open(name, "w", force_zip64=True) as member:
                for _ in range(size // _PIECE):
                    member.write(bytes(_PIECE))
    return path


def claiming(path: Path, size: int) -> Path:
    """Let the only member of an archive say that it unpacks to so many bytes."""
    content = bytearray(path.read_bytes())
    place = content.rindex(b"PK\x01\x02")
    name = struct.unpack_from("<H", content, place + 28)[0]
    content[place + 24 : place + 28] = b"\xff" * 4
    struct.pack_into("<H", content, place + 30, 12)
    after = place + 46 + name
    content[after:after] = struct.pack("<HHQ", 1, 8, size)
    end = content.rindex(b"PK\x05\x06")
    struct.pack_into("<I", content, end + 12, end - place)
    path.write_bytes(bytes(content))
    return path


def npy_of(shape: tuple[int, ...], content: bytes, kind: str = "<f8") -> bytes:
    """Write an array that says that it is of a shape, whatever it holds."""
    head = repr({"descr": kind, "fortran_order": False, "shape": shape}).encode()
    head += b" " * (-(len(head) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + content

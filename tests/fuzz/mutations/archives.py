"""Zip archives, by their members and by what their heads say; and gzip, by what is inside."""

import gzip
import io
import struct
import warnings
import zipfile
from collections.abc import Callable
from random import Random

from tests.fuzz.mutations.raw import mutate_bytes
from tests.fuzz.mutations.values import text, whole

Mutate = Callable[[str, bytes, Random], bytes]
Members = list[tuple[str, bytes]]


def mutate_zip(content: bytes, random: Random, inside: Mutate) -> bytes:
    """Change an archive, more often than not by what ``inside`` does to a member."""
    if random.random() < 0.2:
        return _other_heads(content, random)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    if not members:
        return mutate_bytes(content, random)
    place = random.randrange(len(members))
    if random.random() < 0.7:
        name, old = members[place]
        members[place] = (name, inside(name, old, random))
    else:
        random.choice(_WAYS)(members, place, random)
    packing = random.choice((zipfile.ZIP_STORED,) * 6 + (zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA))
    kept = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(kept, "w", packing) as new:
        warnings.simplefilter("ignore")  # of names that are there twice
        for name, old in members:
            new.writestr(zipfile.ZipInfo(name), old, packing)
    return kept.getvalue()


def mutate_gzip(content: bytes, random: Random, inside: Mutate) -> bytes:
    """Change what a member of gzip holds, or its bytes."""
    if random.random() < 0.4:
        return mutate_bytes(content, random)
    return gzip.compress(inside("", gzip.decompress(content), random), mtime=0)


def _rename(members: Members, place: int, random: Random) -> None:
    name, old = members[place]
    names = (text(random)[:300], f"../{name}", f"/{name}", name.upper(), f"x/{name}", f"{name}.npy",
             name.rpartition(".")[0], name.replace("/", "\\"), f"{name}/")  # fmt: skip
    members[place] = (random.choice(names).replace("\0", "") or "x", old)


def _delete(members: Members, place: int, _random: Random) -> None:
    del members[place]


def _duplicate(members: Members, place: int, random: Random) -> None:
    name, old = members[place]
    members.insert(random.randrange(len(members)), (name, mutate_bytes(old, random)))


def _replace(members: Members, place: int, random: Random) -> None:
    other = random.choice(members)[1]
    content = random.choice((b"", b"\0" * 4096, other, text(random).encode("utf-8", "replace")))
    members[place] = (members[place][0], content)


def _add(members: Members, _place: int, random: Random) -> None:
    name = text(random)[:300].replace("\0", "")
    members.append((name or "added", random.choice(members)[1]))


_WAYS = (_rename, _delete, _duplicate, _replace, _add)


def _other_heads(content: bytes, random: Random) -> bytes:
    """Change a number in a local head, an entry of the directory, or the end."""
    signature, fields = random.choice(
        (
            (b"PK\x03\x04", ((4, 2), (6, 2), (8, 2), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2))),
            (
                b"PK\x01\x02",
                ((8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (42, 4)),
            ),
            (b"PK\x05\x06", ((8, 2), (10, 2), (12, 4), (16, 4), (20, 2))),
        )
    )
    places = [at for at in range(len(content)) if content.startswith(signature, at)]
    if not places:
        return mutate_bytes(content, random)
    offset, size = random.choice(fields)
    start = random.choice(places) + offset
    packed = struct.pack({2: "<H", 4: "<I"}[size], whole(random, 8 * size))
    return content[:start] + packed + content[start + size :]

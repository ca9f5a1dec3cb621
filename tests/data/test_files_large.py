"""Data that memory should not hold: read by rows, it is what it is when it is read at once."""

import gzip
import io
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from robaudit import Images, read_images
from robaudit.data.files import digest
from robaudit.data.pictures.stack import PictureStack
from robaudit.errors import DataError, OutputError
from robaudit.record import make_record
from robaudit.record.write import write_rays
from robaudit.storage import mapped
from robaudit.storage.memory import forget_peak, peak_memory
from tests.support.comparisons import CLASSES, NOISE, X, audit, model
from tests.support.labelled_images import COLOUR, GREY, LABELS, write_idx, write_pictures
from tests.support.pictures import write_png

Write = Callable[[Path], Path]


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Take all data for large from a call on."""
    return lambda: monkeypatch.setattr(mapped, "MOST_IN_MEMORY", 0)


def npy(folder: Path) -> Path:
    np.save(folder / "x.npy", COLOUR)
    return folder / "x.npy"


def stored(folder: Path) -> Path:
    np.savez(folder / "data.npz", x=COLOUR, y=LABELS, names=np.array(["a"]))
    return folder / "data.npz"


def compressed(folder: Path) -> Path:
    np.savez_compressed(folder / "data.npz", x=COLOUR, y=LABELS)
    return folder / "data.npz"


def planes_first(folder: Path) -> Path:
    np.savez(folder / "data.npz", x=(COLOUR / 255).astype(np.float32).transpose(0, 3, 1, 2))
    return folder / "data.npz"


def opaque(folder: Path) -> Path:
    opacity = np.full((*COLOUR.shape[:3], 1), 255, dtype=np.uint8)
    np.savez(folder / "data.npz", x=np.concatenate([COLOUR, opacity], axis=3), y=LABELS)
    return folder / "data.npz"


def scattered(folder: Path) -> Path:
    np.savez(folder / "data.npz", x=np.asfortranarray(GREY), y=LABELS)
    return folder / "data.npz"


def idx(folder: Path) -> Path:
    write_idx(folder / "t10k-labels-idx1-ubyte", LABELS)
    return write_idx(folder / "t10k-images-idx3-ubyte", GREY)


def packed_idx(folder: Path) -> Path:
    return write_idx(folder / "t10k-images-idx3-ubyte.gz", GREY)


def idx_of_words(folder: Path) -> Path:
    return write_idx(
        folder / "t10k-images-idx3", (GREY.astype(np.int16) * 128).astype(">i2"), code=0x0B
    )


def cifar(folder: Path) -> Path:
    random = np.random.default_rng(0)
    records = random.integers(0, 256, (6, 3073), dtype=np.uint8)
    records[:, 0] = LABELS
    (folder / "test_batch.bin").write_bytes(records.tobytes())
    return folder / "test_batch.bin"


def grey_pictures(folder: Path) -> Path:
    return write_pictures(folder / "data", GREY, LABELS, ["a", "b", "c"])


def pictures(folder: Path) -> Path:
    """Write pictures in colour, one that is turned, one that is transparent, and a grey one."""
    data = write_pictures(folder / "data", COLOUR[:4], LABELS[:4], ["a", "b", "c"])
    turned, exif = Image.fromarray(COLOUR[4].transpose(1, 0, 2).copy()), Image.Exif()
    exif[0x0112] = 6
    turned.save(data / "b" / "4.png", exif=exif)
    opacity = np.full((5, 4, 1), 100, dtype=np.uint8)
    Image.fromarray(np.concatenate([COLOUR[5], opacity], axis=2)).save(data / "c" / "5.png")
    Image.fromarray(GREY[0]).save(data / "a" / "6.png")
    return data


def as_pictures(folder: Path) -> Path:
    names = [f"class {number}" for number in range(int(LABELS.max()) + 1)]
    return write_pictures(folder / "data", COLOUR[..., 0], LABELS, names)


def deep_pictures(folder: Path) -> Path:
    data = write_pictures(folder / "data", GREY[:4], LABELS[:4], ["a", "b", "c"])
    write_png(data / "b" / "4.png", np.full((5, 4, 1), 65_000, dtype=np.uint16))
    return data


KINDS: list[Write] = [
    *(npy, stored, compressed, planes_first, opaque, scattered, idx, packed_idx, idx_of_words),
    *(cifar, grey_pictures, pictures, deep_pictures),
]


def facts(images: Images) -> dict[str, Any]:
    """Give all that is known of images, their pixels and labels as they are shown."""
    known = {field.name: getattr(images, field.name) for field in fields(images)}
    pixels = np.asarray(known.pop("pixels"))
    labels = known.pop("labels")
    same_order = pixels.astype(pixels.dtype.newbyteorder("="))
    return {
        **known,
        "pixels": (same_order.dtype, same_order.tolist()),
        "labels": None if labels is None else labels.tolist(),
    }


@pytest.mark.parametrize("write", KINDS)
def test_it_is_what_it_is_when_read_at_once(
    write: Write, tmp_path: Path, large: Callable[[], None]
) -> None:
    path = write(tmp_path)
    at_once = read_images(path)
    large()
    by_rows = read_images(path)
    assert facts(by_rows) == facts(at_once)
    assert by_rows.image_shape == at_once.image_shape
    for rows in (slice(2, 5), slice(None), np.array([4, 0, 4])):
        np.testing.assert_array_equal(by_rows.unit_pixels(rows), at_once.unit_pixels(rows))
    few = by_rows.take(np.array([3, 1]), "few")
    np.testing.assert_array_equal(few.pixels, np.asarray(at_once.pixels)[[3, 1]])
    kept = isinstance(by_rows.pixels, np.ndarray) and by_rows.pixels.flags.writeable
    assert kept == (write is scattered)


def test_it_lies_in_a_folder_too(tmp_path: Path, large: Callable[[], None]) -> None:
    idx(tmp_path)
    large()
    images = read_images(tmp_path)
    np.testing.assert_array_equal(np.asarray(images.pixels)[..., 0], GREY)
    assert not np.asarray(images.pixels).flags.writeable


@pytest.mark.parametrize("write", [stored, compressed, as_pictures])
def test_its_audit_is_the_same_byte_for_byte(
    write: Write, tmp_path: Path, large: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "COLOUR", (255 * X[:60, ..., None]).astype(np.uint8))
    monkeypatch.setitem(globals(), "LABELS", np.arange(60) % CLASSES)
    path = write(tmp_path)

    def record() -> tuple[dict[str, Any], bytes]:
        found = audit(model(), read_images(path), attacks=NOISE)
        record = make_record(found)
        del record["environment"]
        rays = io.BytesIO()
        write_rays(found, rays)
        return record, rays.getvalue()

    at_once = record()
    large()
    assert record() == at_once


@pytest.mark.parametrize(("write", "name"), [(compressed, "x"), (packed_idx, "t10k-")])
def test_how_much_is_unpacked_is_said_first(
    write: Write, name: str, tmp_path: Path, large: Callable[[], None]
) -> None:
    path, told = write(tmp_path), list[str]()
    read_images(path, tell=told.append)
    assert not told
    large()
    read_images(path, tell=told.append)
    assert len(told) == 1
    assert told[0].startswith(f"unpacking {name}")
    assert told[0].endswith("MiB to a temporary file")


def test_what_is_read_at_once_anyway_is_not_unpacked(
    tmp_path: Path, large: Callable[[], None]
) -> None:
    path, told = tmp_path / "data.npz", list[str]()
    np.savez_compressed(path, x=np.asfortranarray(GREY), y=LABELS)
    large()
    images = read_images(path, tell=told.append)
    np.testing.assert_array_equal(np.asarray(images.pixels)[..., 0], GREY)
    assert not told


def test_no_room_to_unpack_is_one_clear_error(
    tmp_path: Path, large: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = compressed(tmp_path)
    large()
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path / "nowhere"))
    with pytest.raises(OutputError, match="no room to unpack"):
        read_images(path)


@pytest.mark.parametrize("write", [stored, compressed])
def test_an_archive_that_was_damaged_is_refused(
    write: Write, tmp_path: Path, large: Callable[[], None]
) -> None:
    path = write(tmp_path)
    with zipfile.ZipFile(path) as archive:
        member = archive.getinfo("x.npy")
    content = bytearray(path.read_bytes())
    content[member.header_offset + 26 + 4 + 5 + member.compress_size - 40] ^= 1
    path.write_bytes(content)
    large()
    with pytest.raises(DataError, match="damaged"):
        read_images(path)


@pytest.mark.parametrize("change", [-1, 1])
@pytest.mark.parametrize("write", [idx, packed_idx])
def test_a_file_of_another_length_than_it_says_is_refused(
    write: Write, change: int, tmp_path: Path, large: Callable[[], None]
) -> None:
    plain = idx(tmp_path)
    content = plain.read_bytes()
    content = content[:change] if change < 0 else content + bytes(change)
    path = plain
    if write is packed_idx:
        path = tmp_path / "packed.gz"
        path.write_bytes(gzip.compress(content))
    else:
        path.write_bytes(content)
    large()
    with pytest.raises(DataError, match=f"holds {'more than ' if change > 0 else ''}1[12]"):
        read_images(path)


def test_a_picture_that_is_damaged_shows_before_any_work(
    tmp_path: Path, large: Callable[[], None]
) -> None:
    data = pictures(tmp_path)
    large()
    (data / "c" / "5.png").write_bytes((data / "c" / "5.png").read_bytes()[:80])
    with pytest.raises(DataError, match=r"c.5\.png cannot be read as a picture"):
        read_images(data)


def test_a_picture_that_changes_later_is_named(tmp_path: Path, large: Callable[[], None]) -> None:
    data = pictures(tmp_path)
    large()
    images = read_images(data)
    assert isinstance(images.pixels, PictureStack)
    Image.fromarray(COLOUR[0][:3]).save(data / "a" / "0.png")
    images.unit_pixels(slice(1, 7))
    with pytest.raises(DataError, match=r"0\.png has pixels of shape \(3, 4, 3\)"):
        images.unit_pixels(slice(0, 1))
    write_png(data / "a" / "0.png", COLOUR[0].astype(np.uint16))
    with pytest.raises(DataError, match=r"type uint16 now; expected \(5, 4, 3\) and uint8"):
        images.unit_pixels(slice(0, 1))
    (data / "a" / "0.png").unlink()
    with pytest.raises(DataError, match=r"0\.png cannot be read"):
        images.unit_pixels(slice(0, 1))


def test_a_stack_in_grey_refuses_a_picture_that_gets_colour(
    tmp_path: Path, large: Callable[[], None]
) -> None:
    data = grey_pictures(tmp_path)
    large()
    images = read_images(data)
    Image.fromarray(COLOUR[0]).save(data / "a" / "0.png")
    with pytest.raises(DataError, match=r"0\.png has pixels of shape \(5, 4, 3\)"):
        images.unit_pixels(slice(0, 1))


def test_bad_numbers_are_counted_over_all_pieces(tmp_path: Path, large: Callable[[], None]) -> None:
    x = np.zeros((5, 4, 4), dtype=np.float32)
    x[3, 1, 1], x[4, 0, 0] = np.nan, np.inf
    np.save(tmp_path / "x.npy", x)
    large()
    with pytest.raises(DataError, match=r"2 of 5 images .* first at row 3"):
        read_images(tmp_path / "x.npy")


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="no peak can be forgotten")
def test_reading_takes_little_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of a few bytes on the disk, and of 120 MB as images."""
    monkeypatch.setattr(mapped, "MOST_IN_MEMORY", 2**24)
    path, shape = tmp_path / "x.npy", (800, 224, 224, 3)
    with path.open("wb") as file:
        head = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, head)
        file.truncate(file.tell() + int(np.prod(shape)))
    read_images(compressed(tmp_path))
    forget_peak()
    before = peak_memory()
    images = read_images(path)
    for start in range(0, 800, 50):
        assert images.unit_pixels(slice(start, start + 6)).shape == (6, *shape[1:])
    assert peak_memory() - before < 2**26
    assert images.sha256 == digest(path)

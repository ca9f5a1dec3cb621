"""Data that are more than pictures and numbers, and what lies beside a model."""

import gzip
import io
import json
import os
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
from PIL import Image

from tests.support.hostile.canaries import ESCAPES, MARKUP, SECRET_IN_FILE, Place
from tests.support.hostile.fixture import SCAN, Hostile
from tests.support.hostile.pickles import DATA
from tests.support.paths import DIGITS
from tests.support.small_onnx import affine_onnx

Content = Callable[[Place], bytes]
FOLDER = ["scan", DIGITS, "--data", "data", *SCAN]


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((8, 8), 128, dtype=np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def folder(place: Place, classes: int = 10) -> Path:
    """Write a folder of pictures that is as it should be."""
    path = place.work / "data"
    for number in range(classes):
        (path / str(number)).mkdir(parents=True)
        for name in ("a.png", "b.png"):
            (path / str(number) / name).write_bytes(picture())
    return path


def postscript(place: Place) -> bytes:
    return (
        "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n"
        f"({place.written}) (w) file (x) writestring\n({place.secret}) run\nshowpage\n%%EOF\n"
    ).encode()


def drawing(place: Place) -> bytes:
    host, port = place.listening.getsockname()
    return (
        f'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY s SYSTEM "file://{place.secret}">]>'
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
        f'<image xlink:href="http://{host}:{port}/x.png"/><text>&s;</text></svg>'
    ).encode()


def laughs(_: Place) -> bytes:
    """Write entities of entities: a few lines that would be billions."""
    lines = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    return f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "ha">{lines}]><x>&e11;</x>'.encode()


def page(place: Place) -> bytes:
    host, port = place.listening.getsockname()
    return f"<html><img src=http://{host}:{port}/x.png></html>".encode()


def of_other_files(place: Place) -> bytes:
    """Write a picture of a format that says in which file its pixels lie."""
    return f"Image type: Greyscale\nFile: {place.secret}\nSize: 8*8\n".encode()


def of_film(place: Place) -> bytes:
    return f"#EXTM3U\n#EXTINF:1,\nfile://{place.secret}\n".encode()


_PICTURES: list[Content] = [postscript, drawing, laughs, page, of_other_files, of_film]


def _picture(content: Content, name: str) -> Callable[[Place], list[str]]:
    def make(place: Place) -> list[str]:
        (folder(place) / "3" / name).write_bytes(content(place))
        return FOLDER

    return make


def secret_picture(place: Place) -> list[str]:
    (folder(place) / "3/c.png").symlink_to(place.secret)
    return FOLDER


def pipes_and_devices(place: Place) -> list[str]:
    path = folder(place)
    os.mkfifo(path / "3/pipe.png")
    os.mkfifo(path / "labels.csv")
    (path / "3/zero.png").symlink_to("/dev/zero")
    return FOLDER


def process_for_picture(place: Place) -> list[str]:
    (folder(place) / "3/mine.png").symlink_to("/proc/self/environ")
    return FOLDER


def secret_for_names(place: Place) -> list[str]:
    """Lay a link beside binary batches, where the names of classes are looked for."""
    records = np.zeros((40, 3073), dtype=np.uint8)
    records[:, 0] = np.arange(40) % 10
    (place.work / "data_batch.bin").write_bytes(records.tobytes())
    place.secret.write_text("\n".join(_SECRETS))
    (place.work / "batches.meta.txt").symlink_to(place.secret)
    onnx.save(
        affine_onnx(np.zeros((3072, 10), "f"), np.arange(10, dtype="f"), ["N", 3, 32, 32]),
        place.work / "model.onnx",
    )
    return ["scan", "model.onnx", "--data", "data_batch.bin", *SCAN]


def pipe_for_data(place: Place) -> list[str]:
    os.mkfifo(place.work / "data")
    return FOLDER


def device_for_data(place: Place) -> list[str]:
    (place.work / "data").symlink_to("/dev/zero")
    return FOLDER


def links_in_circles(place: Place) -> list[str]:
    path = folder(place)
    (path / "3/up").symlink_to(path)
    (path / "again").symlink_to("again")
    return FOLDER


def names_that_speak(place: Place) -> list[str]:
    """Name folders, which become classes, after what a terminal or a page would obey."""
    path = folder(place)
    for number in range(10):
        name = f"{number}{ESCAPES}{MARKUP}".replace("/", "")
        (path / str(number)).rename(path / name)
        (path / name / "a.png").rename(path / name / f"{ESCAPES}.png")
    return FOLDER


def picture_that_speaks(place: Place) -> list[str]:
    (folder(place) / "3" / f"{ESCAPES}.png").write_bytes(b"no picture")
    return FOLDER


def tape(place: Place) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name in (f"../{place.written.parent.name}/written", str(place.written)):
            entry = tarfile.TarInfo(name)
            entry.size = 1
            archive.addfile(entry, io.BytesIO(b"x"))
        link = tarfile.TarInfo("0")
        link.type, link.linkname = tarfile.SYMTYPE, str(place.secret)
        archive.addfile(link)
    return buffer.getvalue()


def packed_pictures(place: Place) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in (f"../{place.written.parent.name}/written", str(place.written), "0/a.png"):
            archive.writestr(name, picture())
    return buffer.getvalue()


def arrays_elsewhere(place: Place) -> bytes:
    """Write arrays whose names are paths."""
    buffer = io.BytesIO()
    array = io.BytesIO()
    np.save(array, np.zeros((40, 8, 8), dtype=np.uint8))
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in (f"../{place.written.parent.name}/written", str(place.written)):
            archive.writestr(f"{name}.npy", array.getvalue())
    return buffer.getvalue()


def header_that_is_code(place: Place) -> bytes:
    """Write an array whose header is an expression."""
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {place.code}}}".encode()
    header += b" " * (64 - (len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x02\x00" + len(header).to_bytes(4, "little") + header + bytes(64)


def packed_numbers(_: Place) -> bytes:
    """Write an IDX file, packed, that says it is far larger than it is."""
    return gzip.compress(b"\x00\x00\x08\x03" + b"\x7f\xff\xff\xff" * 3)


_DATA: list[tuple[str, Content, str]] = [
    ("data.tar.gz", tape, "packed|archive|expected"),
    ("data.zip", packed_pictures, "a zip archive without arrays"),
    ("data.npz", arrays_elsewhere, "images|arrays"),
    ("data.npy", header_that_is_code, "data.npy"),
    ("t10k-images-idx3-ubyte.gz", packed_numbers, "idx3"),
    ("data.xml", laughs, "expected"),
]


def _data(name: str, content: Content) -> Callable[[Place], list[str]]:
    def make(place: Place) -> list[str]:
        Path(place.work, name).write_bytes(content(place))
        return ["scan", DIGITS, "--data", name, *SCAN]

    return make


def _labels(text: str) -> Callable[[Place], list[str]]:
    def make(place: Place) -> list[str]:
        Path(place.work, "labels.csv").write_text(text)
        return ["scan", DIGITS, *DATA, "--labels", "labels.csv", *SCAN]

    return make


def _beside(name: str, content: str, link: bool = False) -> Callable[[Place], list[str]]:
    """Lay a file beside a model, as the names of its classes, or a link to a secret one."""

    def make(place: Place) -> list[str]:
        shutil.copy(DIGITS, place.work / "model.onnx")
        path = place.work / name
        if link:
            place.secret.write_text(content)
            path.symlink_to(place.secret)
        else:
            path.write_text(content)
        return ["scan", "model.onnx", *DATA, *SCAN]

    return make


_SECRETS = [f"{SECRET_IN_FILE} {number}" for number in range(10)]
_SPEAKING = [f"{number}{ESCAPES}{MARKUP}{{{{ 7 * 7 }}}}|`" for number in range(10)]
_BESIDE: list[tuple[str, str, bool]] = [
    ("labels.txt", "\n".join(_SECRETS), True),
    ("class_names.json", json.dumps(_SECRETS), True),
    ("config.json", json.dumps({"id2label": dict(enumerate(_SECRETS))}), True),
    ("labels.txt", "\n".join(_SPEAKING), False),
    ("config.json", json.dumps({"id2label": dict(enumerate(_SPEAKING))}), False),
    ("labels.txt", "\n".join(f"{'9' * 5000}{n} cat" for n in range(10)), False),
    ("config.json", '{"id2label": ' + "[" * 100_000 + "]" * 100_000 + "}", False),
    ("preprocessor_config.json", '{"image_mean": [1e999], "image_std": [-1e-999]}', False),
    ("config.json", f'{{"mean": {"9" * 5000}, "std": 1e400}}', False),
]


def pipe_beside(place: Place) -> list[str]:
    shutil.copy(DIGITS, place.work / "model.onnx")
    for name in ("labels.txt", "config.json"):
        os.mkfifo(place.work / name)
    return ["scan", "model.onnx", *DATA, *SCAN]


def pipe_for_model(place: Place) -> list[str]:
    os.mkfifo(place.work / "model.onnx")
    return ["scan", "model.onnx", *DATA, *SCAN]


def device_for_model(place: Place) -> list[str]:
    (place.work / "model.pt").symlink_to("/dev/zero")
    return ["scan", "model.pt", *DATA, *SCAN]


def secret_for_model(place: Place) -> list[str]:
    (place.work / "model.onnx").symlink_to(place.secret)
    return ["scan", "model.onnx", *DATA, *SCAN]


def _all() -> Iterator[Hostile]:
    for content in _PICTURES:
        made = _picture(content, "c.png")
        yield Hostile(f"{content.__name__} c.png", made, "cannot be read as a picture")
    yield Hostile("drawing c.svg", _picture(drawing, "c.svg"), "")
    yield Hostile("secret for a picture", secret_picture, "cannot be read as a picture")
    yield Hostile("process for a picture", process_for_picture, "cannot be read as a picture")
    yield Hostile("secret for names", secret_for_names, "")
    yield Hostile("pipes and devices", pipes_and_devices, "")
    yield Hostile("pipe for data", pipe_for_data, "no data at")
    yield Hostile("device for data", device_for_data, "no data at")
    yield Hostile("links in circles", links_in_circles, "")
    yield Hostile("folders that speak", names_that_speak, "")
    yield Hostile("picture that speaks", picture_that_speaks, "cannot be read as a picture")
    for name, content, words in _DATA:
        yield Hostile(f"{content.__name__} {name}", _data(name, content), words)
    speaking = "\n".join(["label", *[f"{ESCAPES}{MARKUP}"] * 600])
    yield Hostile("labels that speak", _labels(speaking), "labels|classes")
    yield Hostile("labels without end", _labels("\n".join(["9" * 5000] * 600)), "label|class")
    for number, (name, text, link) in enumerate(_BESIDE):
        title = f"{'secret as ' * link}{name} {number}"
        yield Hostile(title, _beside(name, text, link), "")
    yield Hostile("pipe beside", pipe_beside, "")
    yield Hostile("pipe for a model", pipe_for_model, "no model at")
    yield Hostile("device for a model", device_for_model, "no model at")
    yield Hostile("secret for a model", secret_for_model, "no ONNX model|no graph")


MADE = [*_all()]

"""Images, labels and settings, each scanned with a plain model."""

import csv
import gzip
import io
import json
import struct
from pathlib import Path

import numpy as np
from PIL import Image

from tests.fuzz.seeds.onnx_seeds import linear
from tests.fuzz.seeds.seed import DATA, Files, Seed, archive, pictures, scanned, written
from tests.support.pictures import write_png, write_tiff

MODEL = {"model.onnx": linear().SerializeToString()}
X, Y = pictures()
KINDS = ("png", "jpg", "bmp", "gif", "tif", "webp", "ppm", "jp2", "avif")


def npz_seeds() -> list[Seed]:
    """Archives of arrays: one set, parts, names of classes, floating point."""
    parts = {"x_train": X, "y_train": Y, "x_test": X, "y_test": Y}
    archives = (
        archive(x=X, y=Y),
        archive(**parts),
        archive(images=X[..., None] / np.float32(255), labels=np.eye(3, dtype=np.float32)[Y]),
        archive(x=X, y=Y, class_names=np.array(["low", "middle", "high"])),
        _squeezed(),
    )
    return [_data({"d.npz": one}, "d.npz") for one in archives]


def npy_seeds() -> list[Seed]:
    """Single arrays, with labels in others."""
    files = {"x.npy": _npy(X), "y.npy": _npy(Y), "f.npy": _npy(np.asfortranarray(X / 255))}
    return [_data(files, name, "--labels", "y.npy", targets=(name, "y.npy"))
            for name in ("x.npy", "f.npy")]  # fmt: skip


def idx_seeds() -> list[Seed]:
    """MNIST's files, plain and packed."""
    x = struct.pack(">HBBIII", 0, 8, 3, *X.shape) + X.tobytes()
    y = struct.pack(">HBBI", 0, 8, 1, len(Y)) + Y.astype(np.uint8).tobytes()
    names = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
    plain = dict(zip(names, (x, y), strict=True))
    packed = {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in plain.items()}
    return [_data(files, next(iter(files)), targets=tuple(files)) for files in (plain, packed)]


def cifar_seeds() -> list[Seed]:
    """Binary batches of CIFAR; the model takes grey pictures of another size, and is refused."""
    rows = np.random.default_rng(1).integers(0, 256, (12, 3072)).astype(np.uint8)
    labels = (np.arange(12) % 3).astype(np.uint8)[:, None]
    ten = np.concatenate([labels, rows], axis=1).tobytes()
    hundred = np.concatenate([labels, labels, rows], axis=1).tobytes()
    files = {"test_batch.bin": ten}
    return [
        _data(files, "test_batch.bin", refused=True),
        _data({f"c/{name}": content for name, content in files.items()}, "c",
              targets=("c/test_batch.bin",), refused=True),
        _data({"c/test.bin": hundred}, "c", targets=("c/test.bin",), refused=True),
    ]  # fmt: skip


def picture_seeds() -> list[Seed]:
    """Folders of a class each, with pictures of a kind; and all kinds in one."""
    folders = [_folder(kind) for kind in KINDS]
    return [_data(files, "d", targets=tuple(files)[:1]) for files in (*folders, *_deep())]


def label_seeds() -> list[Seed]:
    """Labels as text, tables and JSON, by order and by name of picture."""
    numbers = "".join(f"{label}\n" for label in Y)
    table = _table(["file", "label"], [[f"p{i}.png", str(y)] for i, y in enumerate(Y)])
    named = json.dumps({f"p{i}.png": int(y) for i, y in enumerate(Y)})
    rows = "".join(json.dumps({"file": f"p{i}.png", "label": int(y)}) + "\n"
                   for i, y in enumerate(Y))  # fmt: skip
    flat = {f"d/p{i}.png": _picture(image, "png") for i, image in enumerate(X)}
    names = "".join(f"{('low', 'middle', 'high')[y]}\n" for y in Y)
    said = ("--class-names", "low,middle,high")
    return [
        _labelled("y.txt", numbers, {"x.npy": _npy(X)}, "x.npy"),
        _labelled("y.txt", names, {"x.npy": _npy(X)}, "x.npy", *said),
        *(_labelled(name, text, flat, "d") for name, text in
          (("y.csv", table), ("y.json", named), ("y.jsonl", rows))),
    ]  # fmt: skip


def beside_seeds() -> list[Seed]:
    """What lies beside a model and says what its classes and inputs are."""
    config = {
        "id2label": {"0": "low", "1": "middle", "2": "high"},
        "label2id": {"low": 0, "middle": 1, "high": 2},
        "pretrained_cfg": {"mean": [0.0], "std": [1.0], "input_size": [1, 8, 8]},
    }
    processor = {
        "do_normalize": True,
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "image_mean": [0.0],
        "image_std": [1.0],
        "size": {"height": 8, "width": 8},
    }
    files = {
        "config.json": json.dumps(config),
        "preprocessor_config.json": json.dumps(processor),
        "labels.txt": "0 low\n1 middle\n2 high\n",
        "class_names.json": json.dumps(["low", "middle", "high"]),
        "class_indices.json": json.dumps({"low": 0, "middle": 1, "high": 2}),
    }
    plain = linear()
    del plain.metadata_props[:]
    model = {"model.onnx": plain.SerializeToString()}
    names = "low\nmiddle\nhigh\n"
    return [
        *(scanned({**model, name: text.encode()}, "model.onnx", targets=(name,))
          for name, text in files.items()),
        scanned({**model, "names.txt": names.encode()}, "model.onnx", "--class-names", "names.txt",
                targets=("names.txt",)),
    ]  # fmt: skip


def settings_seeds() -> list[Seed]:
    """Settings, in a file of their own and among others."""
    settings = (
        'samples = 4\ndirections = 2\nsteps = 3\nstep = 0.2\nsearch = "linear"\n'
        'fail-under = ["accuracy=0.1"]\nclass-names = "low,middle,high"\n'
        'mean = "0"\nstd = "1"\nseed = 1\nattack = ["gaussian-noise:sigma=0.1"]\n'
        'attack-samples = 2\nbatch-size = 7\npixel-range = "0,255"\n'
    )
    project = '[project]\nname = "x"\n[tool.robaudit]\n' + settings + "[tool.other]\na = {b = 1}\n"
    command = ("scan", "model.onnx", "--data", "data.npz", "-q", "-o", "out")
    return [
        Seed({"data.npz": DATA, **MODEL, name: text.encode()}, (name,), (command,))
        for name, text in (("robaudit.toml", settings), ("pyproject.toml", project))
    ]


def _data(
    files: Files, name: str, *options: str, targets: tuple[str, ...] = (), refused: bool = False
) -> Seed:
    return scanned({**files, **MODEL}, "model.onnx", *options, data=name, refused=refused,
                   targets=targets or (name,))  # fmt: skip


def _labelled(name: str, text: str, files: Files, data: str, *options: str) -> Seed:
    return _data({**files, name: text.encode()}, data, "--labels", name, *options, targets=(name,))


def _table(head: list[str], rows: list[list[str]]) -> str:
    kept = io.StringIO()
    csv.writer(kept).writerows([head, *rows])
    return kept.getvalue()


def _npy(array: np.ndarray) -> bytes:
    kept = io.BytesIO()
    np.save(kept, array, allow_pickle=False)
    return kept.getvalue()


def _squeezed() -> bytes:
    kept = io.BytesIO()
    np.savez_compressed(kept, allow_pickle=False, x=X, y=Y)
    return kept.getvalue()


def _picture(image: np.ndarray, kind: str) -> bytes:
    return written(lambda path: Image.fromarray(image).save(path), f"p.{kind}")


def _folder(kind: str) -> Files:
    return {
        f"d/{label}/p{number}.{kind}": _picture(image, kind)
        for number, (image, label) in enumerate(zip(X[:9], Y[:9], strict=True))
    }


def _deep() -> list[Files]:
    """Make folders of pictures of 16 bits, which are read by other ways."""

    def write(image: np.ndarray, kind: str) -> bytes:
        deep = image.astype(np.uint16) * 257

        def one(path: Path) -> object:
            return write_png(path, deep[..., None]) if kind == "png" else write_tiff(path, deep, 1)

        return written(one, f"p.{kind}")

    return [
        {
            f"d/{label}/p{number}.{kind}": write(image, kind)
            for number, (image, label) in enumerate(zip(X[:9], Y[:9], strict=True))
        }
        for kind in ("png", "tif")
    ]

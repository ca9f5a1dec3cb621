"""What travels to workers through Ray's store: the model's files, images, and what was kept."""

import argparse
import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from robaudit.data.images import Images
from robaudit.data.stacks import Extremes, Pixels, Stack, StoredStack, extremes
from robaudit.errors import UsageError
from robaudit.types import Classifier, IntArray

_AT_ONCE = 2**26
"""So many bytes are put into the store together."""
_MOST_TOGETHER = 2**28
"""Images of so many bytes are sent as one array."""


@dataclass(frozen=True)
class Parcel:
    """References to what a worker needs: files by their names, and images."""

    model: str
    class_names: str | None
    files: Mapping[str, Sequence[Any]]
    images: tuple[Any, ...]

    def unpack(
        self, ray: Any, options: argparse.Namespace, folder: Path
    ) -> tuple[argparse.Namespace, tuple[Images | None, ...]]:
        """Write the files to a folder; give options that name them there, and the images."""
        unpack_files(ray, self.files, folder)
        options = copy.copy(options)
        options.model = str(folder / self.model)
        if self.class_names is not None:
            options.class_names = str(folder / self.class_names)
        return options, tuple(ray.get(list(self.images)))


def pack(
    ray: Any,
    options: argparse.Namespace,
    classifier: Classifier,
    images: Sequence[Images | None],
) -> Parcel:
    """Put what workers need into Ray's store.

    Raises UsageError for a model that is made by code, which does not travel.
    """
    model = Path(options.model)
    if options.factory or not model.exists():
        raise UsageError(
            f"{options.model}, which code makes, for other machines",
            expected="a model that a file holds whole",
            advice="Have the code and the file at the same paths there, and say `ray_shared`.",
        )
    names = [name for name in classifier.details.get("external_data", ()) if name != model.name]
    if model.is_dir():
        names = [str(path.relative_to(model.parent)) for path in model.rglob("*") if path.is_file()]
    elif model.name not in names:
        names.append(model.name)
    files = {name: put_file(ray, model.parent / name) for name in names}
    class_names = None
    if options.class_names is not None and Path(options.class_names).is_file():
        class_names = f"names/{Path(options.class_names).name}"
        files[class_names] = put_file(ray, Path(options.class_names))
    return Parcel(model.name, class_names, files, tuple(_put_images(ray, one) for one in images))


def put_file(ray: Any, path: Path) -> list[Any]:
    """Put what a file holds into the store, some bytes at a time; give the references."""
    references = []
    with path.open("rb") as file:
        while content := file.read(_AT_ONCE):
            references.append(ray.put(content))
    return references


def unpack_files(ray: Any, files: Mapping[str, Sequence[Any]], folder: Path) -> None:
    """Write files that were put into the store to a folder."""
    for name, references in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with (folder / name).open("wb") as file:
            for reference in references:
                file.write(ray.get(reference))


@dataclass(frozen=True)
class StoredInRay(StoredStack):
    """Images (n, ...) in pieces of so many ``rows`` in Ray's store, which are asked for one by one.

    ``channels`` are given of each, where that is not ``None``: see `in_channels`.
    """

    pieces: tuple[Any, ...]
    rows: int
    whole: tuple[int, ...]
    kind: str
    extremes: Extremes
    channels: int | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the stack: (n, ...)."""
        return self.whole if self.channels is None else (*self.whole[:-1], self.channels)

    @property
    def dtype(self) -> np.dtype[Any]:
        """What kind of numbers pixels are."""
        return np.dtype(self.kind)

    def __getitem__(self, rows: IntArray | slice, /) -> Pixels:
        """Get the pieces that hold some rows, and give these."""
        import ray  # noqa: PLC0415 - a worker of a cluster has it

        wanted = np.arange(len(self))[rows]
        given = np.empty((len(wanted), *self.shape[1:]), self.dtype)
        for piece in np.unique(wanted // self.rows):
            here = wanted // self.rows == piece
            found = ray.get(self.pieces[piece])[wanted[here] - piece * self.rows]
            # One channel is broadcast over those that are asked for.
            given[here] = found if self.channels is None else found[..., :1]
        return given

    def in_channels(self, channels: int) -> "StoredInRay":
        """Give the first channel alone, or one that there is repeated over three."""
        return replace(self, channels=channels)


def _put_images(ray: Any, images: Images | None) -> Any:
    """Put images into the store: those that are many in pieces, which are put one by one."""
    if images is None:
        return ray.put(None)
    stack: Stack = images.pixels
    size = int(np.prod(stack.shape)) * stack.dtype.itemsize
    if size <= _MOST_TOGETHER:
        return ray.put(replace(images, pixels=np.asarray(stack)))
    rows = max(1, _AT_ONCE * len(stack) // size)
    parts = [ray.put(np.asarray(stack[at : at + rows])) for at in range(0, len(stack), rows)]
    kind = stack.dtype.str
    stored = StoredInRay(tuple(parts), rows, stack.shape, kind, extremes(stack))
    return ray.put(replace(images, pixels=stored))

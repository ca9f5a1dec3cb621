"""Writing an audit: its record, all rays, and what attacks did."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from robaudit.audit import Audit
from robaudit.record.audit_record import make_record
from robaudit.record.beside import columns_of, sampled_beside
from robaudit.record.plain import to_json
from robaudit.search.rays import Rays
from robaudit.storage.files import Sealed, Writer, write_files
from robaudit.storage.npz import Pieces, write_archive


def write_rays(audit: Audit, file: IO[bytes]) -> None:
    """Write all rays of an audit as an ``.npz`` archive.

    One row a ray: ``sample`` (row in the split that was audited), ``direction``, ``sign``,
    ``step`` (0 misclassified at the start, -1 no crossing), ``distance`` and
    ``realised`` (RMS, infinite without a crossing), ``origin``, ``adjacent`` (-1
    none); beside them ``directions`` (K, *input shape) of unit RMS, and of all n
    images of the split ``predicted`` (n,), the predicted class, and ``labels`` (n,),
    where there are any. Synthetic images have no file of their own and are kept as
    ``inputs`` (n, *input shape).
    """
    rays, rows = audit.rays, audit.samples.rows

    def column(dtype: npt.DTypeLike, of_block: Callable[[Rays], npt.NDArray[Any]]) -> Pieces:
        return Pieces((len(rays),), dtype, lambda: map(of_block, rays.blocks()))

    arrays: dict[str, npt.NDArray[Any] | Pieces] = {
        "sample": column(np.int64, lambda block: rows[block.sample]),
        "direction": column(np.int32, lambda block: block.direction),
        "sign": column(np.int8, lambda block: block.sign),
        "step": column(np.int16, lambda block: block.step),
        "distance": column(np.float32, lambda block: block.distance),
        "realised": column(np.float32, lambda block: block.realised),
        "origin": column(np.int32, lambda block: block.origin),
        "adjacent": column(np.int32, lambda block: block.adjacent),
        "directions": audit.directions,
        "predicted": audit.predicted.astype(np.int32),
    }
    images = audit.prepared.images
    if images.labels is not None:
        arrays["labels"] = images.labels.astype(np.int32)
    if images.synthetic:
        arrays["inputs"] = audit.prepared.inputs(slice(None))
    write_archive(file, arrays)


def write_attacks(audit: Audit, file: IO[bytes]) -> None:
    """Write what each attack did to each sample as an ``.npz`` archive.

    One row a sample: ``sample`` (row in the data), ``origin``, ``start`` (reference
    and predicted class); for each attack that ran, ``NAME.success``,
    ``NAME.distance`` (in its norm, 0 misclassified to begin with, infinite held)
    and ``NAME.adjacent`` (the class that it became). The names are `column_names` of
    the attacks in the order of the record. Beside them stand figures that have a value a
    sample, by their names: ``closest-boundary`` (RMS, 0 misclassified, infinite not found) and
    ``mean-corruption-error``, over corruptions and severities.
    """
    assessment = audit.assessment
    if assessment is None:
        raise ValueError("no attacks were run")
    arrays: dict[str, npt.NDArray[Any]] = {
        "sample": audit.samples.rows[assessment.places].astype(np.int64),
        "origin": assessment.targets.origin,
        "start": assessment.targets.start,
    }
    results = assessment.results
    ran = [result.attack.name if result.outcome else None for result in results]
    for name, result in zip(column_names(ran), results, strict=True):
        if result.outcome is not None:
            arrays[f"{name}.success"] = result.outcome.success
            arrays[f"{name}.distance"] = result.outcome.distance.astype(np.float32)
            arrays[f"{name}.adjacent"] = result.outcome.adjacent
    arrays |= columns_of(sampled_beside(audit))
    write_archive(file, arrays)


def column_names(attacks: Sequence[str | None]) -> list[str | None]:
    """Name what `write_attacks` writes of each attack, ``None`` for those that did not run.

    An attack that ran before with other parameters has its place in the list added.

    >>> column_names(["fgsm", None, "pgd", "pgd"])
    ['fgsm', None, 'pgd', 'pgd.3']
    """
    return [
        f"{name}.{place}" if name is not None and name in attacks[:place] else name
        for place, name in enumerate(attacks)
    ]


def write_audit(audit: Audit, folder: Path | str) -> list[Path]:
    """Write ``audit.json``, ``rays.npz`` and, if there was any attack, ``attacks.npz``.

    They are what `robaudit.read_findings` reads; `robaudit.plugins` has the reports. Raises
    OutputError where they cannot be written; none is then.
    """
    files = audit_writers(audit, make_record(audit))
    return write_files(Path(folder), files, outdated=("attacks.npz",))


def audit_writers(audit: Audit, record: Mapping[str, Any]) -> dict[str, Writer | Sealed]:
    """Say how to write what attacks did, all rays, and the record that seals them."""
    files: dict[str, Writer | Sealed] = {}
    if audit.assessment is not None:
        files["attacks.npz"] = lambda file: write_attacks(audit, file)
    files["rays.npz"] = lambda file: write_rays(audit, file)
    files["audit.json"] = sealed_record(record)
    return files


def sealed_record(record: Mapping[str, Any]) -> Sealed:
    """Say how to write a record as JSON, with the SHA-256 of the files that belong to it.

    Pages are left out: they are drawn from the record, and may be drawn again at any time.
    """

    def write(file: IO[bytes], digests: Mapping[str, str]) -> None:
        files = {name: each for name, each in digests.items() if not name.endswith(".html")}
        file.write((to_json({**record, "files": files}) + "\n").encode())

    return Sealed(write)

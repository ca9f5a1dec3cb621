"""An adapter of robaudit for LIBLINEAR: linear classifiers in plain text."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from robaudit import Classifier, OpenOptions
from robaudit.errors import NotAuditableError, UsageError
from robaudit.opening import find_spec
from robaudit.requirements import Requirement
from robaudit.types import FloatArray


@dataclass(frozen=True)
class LinearModel:
    """What a file holds: ``weights`` (pixels, classes), ``bias`` (classes,) and class names."""

    weights: FloatArray
    bias: FloatArray
    labels: tuple[str, ...]

    def predict(self, x: FloatArray) -> FloatArray:
        """Compute decision values: (n, *shape) -> (n, classes)."""
        return np.asarray(x.reshape(len(x), np.prod(x.shape[1:])) @ self.weights + self.bias)

    def vjp(self, x: FloatArray, cotangent: FloatArray) -> FloatArray:
        """Multiply a cotangent (n, classes) with the Jacobian of the scores at x."""
        return np.asarray(cotangent @ self.weights.T).reshape(x.shape)

    def save(self, path: Path) -> None:
        """Write a file that LIBLINEAR reads too; a bias is there one more feature, always 1."""
        head = [
            "solver_type MCSVM_CS",  # of all solvers the one that always writes each class
            f"nr_class {len(self.labels)}",
            f"label {' '.join(self.labels)}",
            f"nr_feature {len(self.weights)}",
            "bias 1",
            "w",
        ]
        rows = np.vstack([self.weights, self.bias]).tolist()
        path.write_text("\n".join([*head, *(" ".join(map(repr, row)) for row in rows)]) + "\n")


def parse(content: bytes, name: str) -> LinearModel:
    """Read the content of a file.

    Raises NotAuditableError for what is no classifier of LIBLINEAR.
    """
    try:
        lines = content.decode("ascii").splitlines()
        body = lines.index("w") + 1
        facts = dict(line.split(maxsplit=1) for line in lines[: body - 1])
        labels, bias = facts["label"].split(), float(facts["bias"])
        rows = np.array([line.split() for line in lines[body:]], dtype=np.float64)
        if len(labels) == 2 and rows.shape[1] == 1:  # a column for the first of two classes
            rows = np.hstack([rows, np.zeros_like(rows)])
        if rows.shape != (int(facts["nr_feature"]) + (bias >= 0), len(labels)):
            raise ValueError(f"weights of shape {rows.shape}")
        if not np.isfinite([bias, *rows.flat]).all():
            raise ValueError("weights that are not finite")
        order = sorted(range(len(labels)), key=lambda place: int(labels[place]))
    except (ValueError, LookupError) as error:
        raise NotAuditableError(
            f"{name} is no classifier of LIBLINEAR ({type(error).__name__}: {error})",
            expected="what its `train` writes: some facts, then a row of weights a pixel",
        ) from error
    # The file has its classes in the order in which `train` met them.
    rows, names = rows[:, order], tuple(labels[place] for place in order)
    if bias < 0:  # LIBLINEAR's way to say that there is none
        return LinearModel(rows, np.zeros(len(names)), names)
    return LinearModel(rows[:-1], bias * rows[-1], names)


@dataclass(frozen=True)
class LiblinearAdapter:
    """Opens ``.model`` files. Nothing in them is code, so that none needs to be trusted."""

    opens: str = "LIBLINEAR models (.model)"
    abilities: tuple[str, ...] = ("predict", "vjp", "save")
    requires: tuple[Requirement, ...] = ()  # NumPy is there; a framework would be named here

    def devices(self) -> tuple[str, ...]:
        """Name the devices that can be used."""
        return ("cpu",)

    def recognises(self, source: object) -> bool:
        """Tell by the name alone whether a source is for this adapter."""
        return isinstance(source, str | Path) and Path(source).suffix == ".model"

    def open(self, source: object, options: OpenOptions) -> Classifier:
        """Open a file as a classifier."""
        path = Path(str(source))
        try:
            content = path.read_bytes()
        except OSError as error:
            raise UsageError(f"{path} cannot be read ({error})", expected="a file") from error
        model = parse(content, path.name)
        spec = find_spec(model.predict, options, path.name, declared=[len(model.weights)])
        return Classifier(
            name=path.name,
            spec=spec if spec.class_names else replace(spec, class_names=model.labels),
            predict=model.predict,
            fingerprint=hashlib.sha256(content).hexdigest(),
            vjp=model.vjp,
            save=model.save,
            adapter="liblinear",
        )


ADAPTER = LiblinearAdapter()

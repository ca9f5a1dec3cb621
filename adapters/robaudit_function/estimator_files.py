"""Reading files that hold estimators, without running what they name unless that is wanted."""

import json
import re
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from robaudit.errors import (
    MissingDependencyError,
    NotAuditableError,
    RobauditError,
    UsageError,
)
from robaudit.model_files import look_at_file, refuse_excess
from robaudit.requirements import needs, requirement, version_of
from robaudit_function.trees import refuse_broken_trees

SUFFIXES = (".skops", ".joblib", ".pkl", ".pickle")
_INSTALL = 'pip install "robaudit[sklearn]"'
_SKOPS = (requirement("scikit-learn", _INSTALL), requirement("skops", _INSTALL))

_TREES = {
    "sklearn.tree._tree.Tree",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
}
"""Types that skops leaves to the reader, since they may hold anything: `trees` looks at that."""

_LOSSES = {
    *("AbsoluteError", "ExponentialLoss", "HalfBinomialLoss", "HalfMultinomialLoss"),
    *("HalfSquaredError", "HuberLoss", "PinballLoss"),
}
_LINKS = {"HalfLogitLink", "IdentityLink", "Interval", "LogLink", "LogitLink", "MultinomialLogit"}
_OWN = {
    *_TREES,
    *(f"sklearn._loss.loss.{name}" for name in _LOSSES),
    *(f"sklearn._loss.link.{name}" for name in _LINKS),
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.utils._bunch.Bunch",
    "numpy.dtype",
    *(f"numpy.{kind.__name__}" for kind in np.sctypeDict.values()),
}
"""Types of scikit-learn and NumPy that run nothing when they are read, known to skops or not."""

_VERSION = rb"_sklearn_version.{0,12}?(\d+\.\d+[\w.]*)"
_LARGEST_SCHEMA = 2**26


def read_estimator(path: Path, *, trust: bool) -> tuple[Any, str | None]:
    """Read a file that holds an estimator; also say which scikit-learn saved it, if another did.

    A ``.skops`` file is read as long as it names nothing but what is known to be harmless;
    the other formats are pickles. Raises UsageError for what runs code without consent, and
    NotAuditableError for what cannot be read, with the version of scikit-learn that wrote it.
    """
    look_at_file(path, "an estimator")
    harmless = path.suffix.lower() == ".skops"
    if not harmless and not trust:
        raise UsageError(
            f"{path} is a pickle: reading it runs the code that it names",
            expected="a .skops file, or consent",
            advice="If you trust whoever made it with your machine, add `trust=True`.",
        )
    with needs(_SKOPS):
        import joblib  # noqa: PLC0415 - heavy, and comes with scikit-learn
        import skops.io  # noqa: PLC0415
    if harmless:
        _refuse_excess(path)
    other = _saved_by_another(path)
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            estimator = _read_skops(path, skops.io, trust=trust) if harmless else joblib.load(path)
    except (RobauditError, MemoryError):
        raise
    except (Exception, SystemExit) as error:
        raise _unreadable(path, error, other or _version_in(said)) from error
    return estimator, other or _version_in(said)


def _refuse_excess(path: Path) -> None:
    """Raise NotAuditableError for a file that is damaged, or more than it may be."""
    try:
        refuse_excess(path, "a fitted estimator")
    except RobauditError:
        raise
    except Exception as error:
        raise _unreadable(path, error, None) from error


def _read_skops(path: Path, skops_io: Any, *, trust: bool) -> Any:
    unknown = set(skops_io.get_untrusted_types(file=path))
    strange = sorted(unknown - _OWN)
    if not trust and (strange or _is_ambiguous(path)):
        named = ", ".join(strange[:3]) or "things twice"
        raise UsageError(
            f"{path} names {named}: reading it runs code of these",
            expected="types that are known to run nothing",
            advice="If you trust whoever made it with your machine, add `trust=True`.",
        )
    estimator = skops_io.load(path, trusted=sorted(unknown))
    if unknown & _TREES and not trust:
        refuse_broken_trees(estimator, str(path))
    return estimator


def _is_ambiguous(path: Path) -> bool:
    """Tell whether a file gives one number to different things, or trees more than one output.

    What comes first is taken for all: so a tree could be made with other arguments than
    those that stand in it, before anyone can look at it.
    """
    known: dict[object, object] = {}
    open_parts = [json.loads(_schema(path))]
    while open_parts:
        part = open_parts.pop()
        if isinstance(part, list):
            open_parts += part
        if not isinstance(part, dict):
            continue
        open_parts += part.values()
        content = part.get("content") if part.get("__loader__") == "JsonNode" else None
        if "__id__" in part and known.setdefault(part["__id__"], content) != content:
            return True
        if part.get("__loader__") == "TreeNode" and _outputs(part) != "1":
            return True
    return False


def _outputs(tree: dict[str, Any]) -> object:
    """Give what a file says is the number of outputs of a tree."""
    try:
        return tree["__reduce__"]["args"]["content"][2]["content"]
    except (LookupError, TypeError):
        return None


def _schema(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        if archive.getinfo("schema.json").file_size > _LARGEST_SCHEMA:
            raise ValueError("a schema of more than 64 MiB")
        return archive.read("schema.json")


def _saved_by_another(path: Path) -> str | None:
    """Find the version of scikit-learn that saved a file, unless it is the one installed."""
    try:
        content = _schema(path) if path.suffix.lower() == ".skops" else path.read_bytes()
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None
    if path.suffix.lower() == ".skops":
        content = b"".join(
            re.findall(rb'"_sklearn_version": \{.*?"content": .*?\\"(.*?)\\"', content, re.DOTALL)[
                :1
            ]
        )
        found = content.decode("ascii", "replace")
    else:
        match = re.search(_VERSION, content, re.DOTALL)
        found = match[1].decode("ascii", "replace") if match else ""
    return found if found and found != version_of("scikit-learn") else None


def _version_in(said: list[warnings.WarningMessage]) -> str | None:
    """Find the version that scikit-learn warns of, where a file is compressed."""
    versions = (getattr(each.message, "original_sklearn_version", None) for each in said)
    return next((str(version) for version in versions if version), None)


def _unreadable(path: Path, error: BaseException, version: str | None) -> RobauditError:
    """Say why a file cannot be read: written by other versions, in need of others, or damaged."""
    reason = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    if version is not None:
        return NotAuditableError(
            f"{path} was saved by scikit-learn {version}, and {version_of('scikit-learn')}, which "
            f"is installed here, cannot read it ({reason})",
            expected="an estimator that was saved by the version that is installed",
            advice=f"Install that version (pip install scikit-learn=={version}), or fit and save "
            "the estimator again.",
        )
    if isinstance(error, ModuleNotFoundError):
        return MissingDependencyError(
            f"{path} needs {error.name}, which is not installed here",
            advice="Install what it was made with.",
        )
    if isinstance(error, AttributeError | ImportError):
        return NotAuditableError(
            f"{path} names what is not to be found here ({reason})",
            expected="classes of libraries that are installed, in versions that have them",
        )
    return NotAuditableError(
        f"{path} is damaged, or holds no estimator ({reason})", expected="a fitted estimator"
    )

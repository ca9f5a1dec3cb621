"""Any callable: functions, estimators with scikit-learn's methods, and what a module names."""

from dataclasses import dataclass
from pathlib import Path

from robaudit import Classifier, OpenOptions
from robaudit.opening import note_unused
from robaudit.requirements import Requirement
from robaudit.user_code import is_reference
from robaudit_function.estimator_files import SUFFIXES
from robaudit_function.opening import open_model

_OTHERS = {"torch", "keras"}


@dataclass(frozen=True)
class FunctionAdapter:
    """Opens functions from arrays to scores, and fitted estimators."""

    opens: str = (
        "functions (package.module:function, any callable) and scikit-learn estimators "
        f"({', '.join(SUFFIXES)})"
    )
    abilities: tuple[str, ...] = ("predict",)
    requires: tuple[Requirement, ...] = ()

    def recognises(self, source: object) -> bool:
        """Tell whether a source is a callable, an estimator, or a reference or path to one."""
        if isinstance(source, str | Path):
            path = Path(source)
            if path.suffix.lower() in SUFFIXES:
                return path.suffix.lower() in (".skops", ".joblib") or not _is_torchs(path)
            return isinstance(source, str) and is_reference(source) and not path.exists()
        modules = {base.__module__.partition(".")[0] for base in type(source).__mro__}
        usable = callable(source) or hasattr(source, "predict")
        return usable and not modules & _OTHERS

    def open(self, source: object, options: OpenOptions) -> Classifier:
        """Open a callable or an estimator; see `robaudit_function.opening`."""
        return note_unused(open_model(source, options), options, "factory", "weights")

    def devices(self) -> tuple[str, ...]:
        """Name nothing but the CPU: what a function runs on is its own affair."""
        return ("cpu",)


def _is_torchs(path: Path) -> bool:
    """Tell whether a file begins as what ``torch.save`` writes, an archive or an old pickle."""
    try:
        with path.open("rb") as file:
            return file.read(4) in (b"PK\x03\x04", b"\x80\x02\x8a\x0a")
    except OSError:
        return False


ADAPTER = FunctionAdapter()

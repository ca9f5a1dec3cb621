"""ONNX models, run by onnxruntime."""

from dataclasses import dataclass
from pathlib import Path

from robaudit import Classifier, OpenOptions
from robaudit.errors import MissingDependencyError


@dataclass(frozen=True)
class OnnxAdapter:
    """Opens ``.onnx`` files; onnx and onnxruntime are imported when it does."""

    opens: str = "ONNX models (.onnx)"

    def recognises(self, source: object) -> bool:
        """Tell whether a source is the path of an ``.onnx`` file."""
        return isinstance(source, str | Path) and Path(source).suffix.lower() == ".onnx"

    def open(self, source: object, options: OpenOptions) -> Classifier:
        """Open an ``.onnx`` file; see `robaudit_onnx.opening`."""
        try:
            from robaudit_onnx.opening import open_model  # noqa: PLC0415 - imports frameworks
        except ModuleNotFoundError as error:
            raise MissingDependencyError(
                f"{error.name} is not installed",
                expected="it, to open ONNX models",
                advice='Install it with: pip install "robaudit[onnx]" '
                '(or "robaudit[onnx-gpu]" for CUDA).',
            ) from error
        return open_model(Path(str(source)), options)


ADAPTER = OnnxAdapter()

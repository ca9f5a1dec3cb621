"""ONNX models, run by onnxruntime, trained in torch."""

from dataclasses import dataclass
from pathlib import Path

from robaudit import Classifier, OpenOptions
from robaudit.opening import note_unused
from robaudit.requirements import Requirement, needs, requirement


@dataclass(frozen=True)
class OnnxAdapter:
    """Opens ``.onnx`` files; onnx and onnxruntime are imported when it does."""

    opens: str = "ONNX models (.onnx)"
    abilities: tuple[str, ...] = ("predict", "prober", "vjp", "train", "save")
    requires: tuple[Requirement, ...] = (
        requirement("onnx", 'pip install "robaudit[onnx]"'),
        requirement(
            "onnxruntime",
            'pip install "robaudit[onnx]" (or "robaudit[onnx-gpu]" for CUDA)',
            "onnxruntime-gpu",
        ),
    )

    def devices(self) -> tuple[str, ...]:
        """Name the devices that onnxruntime, or a model's copy in torch, can use here."""
        from robaudit_onnx.gradients import cuda_device  # noqa: PLC0415 - imports frameworks
        from robaudit_onnx.runtime import usable_devices  # noqa: PLC0415

        return usable_devices() if cuda_device() is None else ("cpu", "cuda")

    def recognises(self, source: object) -> bool:
        """Tell whether a source is the path of an ``.onnx`` file."""
        return isinstance(source, str | Path) and Path(source).suffix.lower() == ".onnx"

    def open(self, source: object, options: OpenOptions) -> Classifier:
        """Open an ``.onnx`` file; see `robaudit_onnx.opening`."""
        with needs(self.requires):
            from robaudit_onnx.opening import open_model  # noqa: PLC0415 - imports frameworks
        return note_unused(open_model(Path(str(source)), options), options, "factory", "weights")


ADAPTER = OnnxAdapter()

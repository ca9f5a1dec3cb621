"""PyTorch models: live modules, exported programs, TorchScript, and weights with a factory."""

from dataclasses import dataclass
from pathlib import Path

from robaudit import Classifier, OpenOptions
from robaudit.requirements import Requirement, needs, requirement

SUFFIXES = (".pt2", ".pt", ".pth", ".ckpt", ".safetensors")
_ANYONES = (".tar", ".bin", ".pkl", ".pickle")
_START = 4
_INSTALL = 'pip install "robaudit[torch]"'


@dataclass(frozen=True)
class TorchAdapter:
    """Opens PyTorch models; torch is imported when it does."""

    opens: str = f"PyTorch models ({', '.join(SUFFIXES)}, .pth.tar, .bin, torch.nn.Module)"
    abilities: tuple[str, ...] = ("predict", "prober", "vjp", "train", "save")
    requires: tuple[Requirement, ...] = (requirement("torch", _INSTALL),)

    def recognises(self, source: object) -> bool:
        """Tell whether a source is a module of torch or the path of a file of torch's."""
        if isinstance(source, str | Path):
            path = Path(source)
            if path.suffix.lower() in _ANYONES:  # model.pth.tar, pytorch_model.bin, export.pkl
                return Path(path.stem).suffix.lower() in SUFFIXES or _is_torchs(path)
            return path.suffix.lower() in SUFFIXES
        return any(
            (base.__module__, base.__name__) == ("torch.nn.modules.module", "Module")
            for base in type(source).__mro__
        )

    def open(self, source: object, options: OpenOptions) -> Classifier:
        """Open a module, or a file; see `robaudit_torch.opening`."""
        with needs(self.requires):
            from robaudit_torch.opening import open_model  # noqa: PLC0415 - imports frameworks
        return open_model(source, options)

    def devices(self) -> tuple[str, ...]:
        """Name the devices that torch can use here."""
        with needs(self.requires):
            import torch  # noqa: PLC0415 - asked for
        return ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",)


def _is_torchs(path: Path) -> bool:
    """Tell whether a file begins as what ``torch.save`` writes: an archive, or a pickle."""
    try:
        with path.open("rb") as file:
            return file.read(_START) in (b"PK\x03\x04", b"\x80\x02\x8a\x0a")
    except OSError:
        return False


ADAPTER = TorchAdapter()

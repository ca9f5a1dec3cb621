"""PyTorch models: live modules, exported programs, TorchScript, and weights with a factory."""

from dataclasses import dataclass
from pathlib import Path

from robaudit import Classifier, OpenOptions
from robaudit.requirements import Requirement, needs

SUFFIXES = (".pt2", ".pt", ".pth", ".ckpt", ".safetensors")
_INSTALL = 'pip install "robaudit[torch]"'


@dataclass(frozen=True)
class TorchAdapter:
    """Opens PyTorch models; torch is imported when it does."""

    opens: str = f"PyTorch models ({', '.join(SUFFIXES)}, torch.nn.Module)"
    abilities: tuple[str, ...] = ("predict", "prober", "vjp", "train", "save")
    requires: tuple[Requirement, ...] = (Requirement("torch", "2.10", _INSTALL),)

    def recognises(self, source: object) -> bool:
        """Tell whether a source is a module of torch or the path of a file of torch's."""
        if isinstance(source, str | Path):
            return Path(source).suffix.lower() in SUFFIXES
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


ADAPTER = TorchAdapter()

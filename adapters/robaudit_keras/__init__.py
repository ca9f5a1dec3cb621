"""Keras 3 models, live and from files, on whichever backend Keras runs."""

from dataclasses import dataclass
from pathlib import Path

from robaudit import Classifier, OpenOptions
from robaudit.opening import note_unused
from robaudit.requirements import Requirement, needs, requirement
from robaudit_keras.file_names import OF_TENSORFLOW, SUFFIXES
from robaudit_keras.quiet import import_keras


@dataclass(frozen=True)
class KerasAdapter:
    """Opens Keras models; Keras and its backend are imported when it does."""

    opens: str = f"Keras models ({', '.join(SUFFIXES)}, SavedModel folders, keras.Model)"
    abilities: tuple[str, ...] = ("predict", "prober", "vjp", "train", "save")
    requires: tuple[Requirement, ...] = (
        requirement("keras", 'pip install "robaudit[keras]"'),
        requirement("h5py", 'pip install "robaudit[keras]"'),
    )

    def recognises(self, source: object) -> bool:
        """Tell whether a source is a Keras model or the path of one."""
        if isinstance(source, str | Path):
            path = Path(source)
            return (
                path.suffix.lower() in SUFFIXES
                or OF_TENSORFLOW.fullmatch(path.suffix.lower()) is not None
                or (path / "saved_model.pb").is_file()
            )
        return any(
            base.__module__.partition(".")[0] == "keras" and base.__name__ == "Model"
            for base in type(source).__mro__
        )

    def open(self, source: object, options: OpenOptions) -> Classifier:
        """Open a model, or a file; see `robaudit_keras.opening`."""
        with needs(self.requires):
            import_keras()
            from robaudit_keras.opening import open_model  # noqa: PLC0415 - imports frameworks
        return note_unused(open_model(source, options), options, "weights")

    def devices(self) -> tuple[str, ...]:
        """Name the devices that Keras' backend can use here."""
        with needs(self.requires):
            import_keras()
            from robaudit_keras.backends import usable_devices  # noqa: PLC0415 - imports frameworks

            return usable_devices()


ADAPTER = KerasAdapter()

"""Reading what `torch.save` wrote without running any of the code that it names.

Beside weights, trainers keep what torch refuses to read because it names classes: numbers of
NumPy's, the options of the training, whole modules. For each such name something stands in
that only keeps what it is given: no code of a file's is ever imported or called.
"""

import pickle
import pickletools
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch

_OLD_NAMES = {"__builtin__": "builtins", "copy_reg": "copyreg"}
_PLAIN_TYPE = re.compile(r"[biufSU]\d{1,4}")
_DEEPEST = 20
_MOST_MODULES = 100_000
_PICKLES = 5
"""A file of torch's before 1.6 is a row of so many pickles, and then the numbers."""

_HOLDERS = ("model", "module", "module_", "net", "network")
"""What an object that trains a module calls it."""

_ROOM = {"builtins.bytearray"}

_SUSPECT = re.compile(
    r"(os|posix|nt|sys|subprocess|shutil|socket|ctypes|runpy|importlib|pickle|webbrowser|pty"
    r"|asyncio|multiprocessing)\b"
    r"|builtins\.(eval|exec|compile|open|__import__|getattr|setattr|input|breakpoint|globals)$"
)
"""Names that no checkpoint has a use for."""


class SuspectError(Exception):
    """What a file names could do harm if it were run."""


class Husk:
    """What is left of an object whose class is not imported: its name, and what it holds."""

    name = ""

    def __new__(cls, *_: Any, **__: Any) -> "Husk":
        """Take whatever the class would be made of."""
        return super().__new__(cls)

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        if isinstance(state, dict):
            vars(self).update({str(key): value for key, value in state.items()})


class _Options(Husk):
    """Stands for argparse.Namespace, and is a plain mapping in the end."""


class _Type(Husk):
    """Stands for numpy.dtype, of numbers and texts."""

    def __init__(self, code: Any = "", *_: Any) -> None:
        self.code = str(code)
        self.order = "="

    def __setstate__(self, state: Any) -> None:
        self.order = str(state[1])

    def values(self, content: Any) -> Any:
        if not _PLAIN_TYPE.fullmatch(self.code) or self.order not in tuple("<>=|"):
            raise SuspectError(f"an array of type {self.code!r:.20}")
        raw = content if isinstance(content, bytes) else str(content).encode("latin-1")
        return np.frombuffer(raw, dtype=np.dtype(self.order.strip("|") + self.code))


class _Array(Husk):
    """Stands for numpy.ndarray, and is a tensor, or a list of texts, in the end."""

    value: Any = None

    def __setstate__(self, state: Any) -> None:
        _, shape, kind, by_columns, content = state
        if isinstance(content, list):  # objects
            self.value = content
            return
        values = kind.values(content).reshape(shape, order="F" if by_columns else "C")
        if values.dtype.kind in "US":
            self.value = values.tolist()
        else:
            native = values.astype(values.dtype.newbyteorder("="), order="C")
            self.value = torch.from_numpy(native)


def _number(kind: Any, content: Any) -> Any:
    return kind.values(content)[0].item()


def _array(*_: Any) -> _Array:
    return _Array()


def _mapping(*_: Any) -> dict[Any, Any]:
    return {}


def _path(*parts: Any) -> str:
    return "/".join(map(str, parts))


_STAND_INS: dict[str, Any] = {
    "argparse.Namespace": _Options,
    "types.SimpleNamespace": _Options,
    "collections.defaultdict": _mapping,
    "numpy.dtype": _Type,
    "numpy.ndarray": _Array,
    **{f"numpy.{core}.multiarray.scalar": _number for core in ("core", "_core")},
    **{f"numpy.{core}.multiarray._reconstruct": _array for core in ("core", "_core")},
    **{
        f"pathlib.{inner}{name}": _path
        for inner in ("", "_local.")
        for name in ("Path", "PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath")
    },
    **{
        f"{home}.AttributeDict": dict
        for home in (
            "pytorch_lightning.utilities.parsing",
            "lightning.pytorch.utilities.parsing",
            "lightning_fabric.utilities.data",
            "lightning.fabric.utilities.data",
        )
    },
    "torch.torch_version.TorchVersion": str,
}


def read_inert(path: Path) -> Any:
    """Read a file with stand-ins for all that is not weights, and put in order what they hold.

    Raises SuspectError for what names code that no checkpoint has a use for, and whatever
    torch raises for what it cannot read.
    """
    refuse_room(names_in(path))
    foreign = foreign_names(path)
    for name in foreign:
        if _SUSPECT.match(name):
            raise SuspectError(name)
    husks = {name: type(name.rpartition(".")[2], (Husk,), {"name": name}) for name in foreign}
    stand_ins = [(stand_in, name) for name, stand_in in (_STAND_INS | husks).items()]
    with path.open("rb") as file, torch.serialization.safe_globals(stand_ins):
        return settled(torch.load(file, map_location="cpu", weights_only=True))


def refuse_room(names: Iterable[str]) -> None:
    """Raise SuspectError for what makes room for as many bytes as it is told to.

    Torch calls it, and holds it for harmless.
    """
    for name in map(_usual, names):
        if name in _ROOM:
            raise SuspectError(name)


def foreign_names(path: Path) -> list[str]:
    """Name what a file names that is neither weights nor has a stand-in of its own."""
    known = set(torch._weights_only_unpickler._get_allowed_globals())  # noqa: SLF001
    return sorted({_usual(name) for name in names_in(path)} - known - set(_STAND_INS))


def is_module(value: Any) -> bool:
    """Tell whether something is a module, or what stands in for one."""
    return isinstance(value, torch.nn.Module) or (
        isinstance(value, Husk) and "_parameters" in vars(value)
    )


def taken_out(held: Any) -> Any:
    """Take the module out of what trained it, such as a Learner of fastai's: under its name."""
    if is_module(held) or not hasattr(held, "__dict__"):
        return held
    name = next((name for name in _HOLDERS if is_module(vars(held).get(name))), None)
    return held if name is None else {name: vars(held)[name]}


def settled(held: Any, depth: int = 0, known: dict[int, tuple[Any, Any]] | None = None) -> Any:
    """Put in the place of stand-ins, and of modules, what they hold: weights, numbers, options.

    What is there in several places is put in order once, and ``known`` from then on by its
    identity: a list of lists of the same lists can stand for any number of them.
    """
    known = {} if known is None else known
    if depth > _DEEPEST:
        return held
    if id(held) in known:
        return known[id(held)][1]
    known[id(held)] = held, held
    result = _settled(held, partial(settled, depth=depth + 1, known=known))
    known[id(held)] = held, result
    return result


def _settled(held: Any, deeper: Callable[[Any], Any]) -> Any:
    held = taken_out(held)
    if isinstance(held, _Array):
        return held.value
    if isinstance(held, torch.nn.Module):
        return held.state_dict()
    if isinstance(held, np.ndarray) and held.dtype.kind in "biuf":
        return torch.from_numpy(held)
    if isinstance(held, Husk) and is_module(held):
        return ModuleWeights(held)
    if isinstance(held, _Options):
        held = vars(held)
    if isinstance(held, dict):  # the same one: torch keeps notes as its attributes
        held.update({key: deeper(value) for key, value in held.items()})
    elif type(held) in (list, tuple):
        held = type(held)(map(deeper, held))
    return held


class ModuleWeights(Mapping[str, Any]):
    """The weights in the husk of a module, by the names that its state dict would have."""

    def __init__(self, husk: Husk) -> None:
        self.name = husk.name
        self._weights = dict(_weights(husk, "", iter(range(_MOST_MODULES))))

    def __getitem__(self, key: str) -> Any:
        return self._weights[key]

    def __iter__(self) -> Any:
        return iter(self._weights)

    def __len__(self) -> int:
        return len(self._weights)


def _weights(husk: Any, prefix: str, budget: Iterator[int]) -> Any:
    if next(budget, None) is None:
        raise ValueError(f"more than {_MOST_MODULES} modules, one in another")
    held = vars(husk)
    passing = held.get("_non_persistent_buffers_set") or ()
    for own in (held.get("_parameters") or {}, held.get("_buffers") or {}):
        for name, tensor in own.items():
            if isinstance(tensor, torch.Tensor) and name not in passing:
                yield prefix + name, tensor
    for name, inner in (held.get("_modules") or {}).items():
        if isinstance(inner, Husk):
            yield from _weights(inner, f"{prefix}{name}.", budget)


def names_in(path: Path) -> set[str]:
    """Name all that a file's pickles name, without reading them; empty if it has none."""
    names: set[str] = set()
    if zipfile.is_zipfile(path):
        return names_in_archive(path)
    with path.open("rb") as file:
        for _ in range(_PICKLES):
            try:
                names |= _names(file)
            except ValueError:  # no pickle, or what follows the last
                return names
    return names


def names_in_archive(file: Path | IO[bytes]) -> set[str]:
    """Name all that the pickles of an archive name, as `names_in`."""
    names: set[str] = set()
    with zipfile.ZipFile(file) as archive:
        for member in archive.namelist():
            if member.endswith("/data.pkl") or member == "data.pkl":
                with archive.open(member) as opened:
                    names |= _names(opened)
    return names


def is_pickle(path: Path) -> bool:
    """Tell whether a file is one whole pickle and nothing else."""
    with path.open("rb") as file:
        try:
            _names(file)
        except ValueError:
            return False
        return not file.read(1)


def _names(file: Any) -> set[str]:
    """Name what one pickle names; raise ValueError for what is none."""
    names: set[str] = set()
    texts, noted, last = ["", ""], dict[Any, Any](), None
    for operation, argument, _ in pickletools.genops(file):
        if operation.name == "GLOBAL":
            names.add(str(argument).replace(" ", "."))
        elif operation.name == "STACK_GLOBAL":  # by texts that were, as a rule, just put there
            names.add(".".join(texts[-2:]))
        elif operation.name == "MEMOIZE" or "PUT" in operation.name:
            noted[len(noted) if argument is None else argument] = last
            continue
        last = noted.get(argument) if "GET" in operation.name else argument
        if isinstance(last, str):
            texts.append(last)
    return names


def _usual(name: str) -> str:
    """Give the name that torch looks for: pickles have those of Python 2."""
    module, _, rest = name.partition(".")
    return f"{_OLD_NAMES.get(module, module)}.{rest}"


def read_with_code(path: Path) -> Any:
    """Read a file of torch's, or a plain pickle, as its maker would: running what it names."""
    plain = is_pickle(path)
    with path.open("rb") as file:
        if plain:
            return pickle.load(file)  # noqa: S301 - with the user's consent
        return torch.load(file, map_location="cpu", weights_only=False)

"""PyTorch's files that do more than compute: TorchScript and exported programs."""

from collections.abc import Callable
from pathlib import Path

from tests.support import hostile_scripts
from tests.support.hostile import exported_programs
from tests.support.hostile.canaries import Place
from tests.support.hostile.fixture import SCAN, Hostile
from tests.support.hostile.pickles import DATA

Writer = Callable[[Path, Path], None]


def _opened(suffix: str, write: Writer, *, of_secret: bool = False) -> Callable[[Place], list[str]]:
    def make(place: Place) -> list[str]:
        name = f"model{suffix}"
        write(place.work / name, place.secret if of_secret else place.written)
        return ["scan", name, *DATA, "--input-shape", "1,8,8", *SCAN]

    return make


_SCRIPTS: list[Writer] = [
    hostile_scripts.bracket,
    hostile_scripts.hook,
    hostile_scripts.set_state,
    hostile_scripts.default,
    hostile_scripts.constant,
    hostile_scripts.twice_hostile_first,
    hostile_scripts.named_in_a_pickle,
]
"""One of a kind: the others are opened in ``test_scripts_hostile``."""

_NAMES = {value: name for name, value in vars(hostile_scripts).items() if callable(value)}

MADE = [
    *(
        Hostile(
            f"TorchScript {_NAMES[write]}",
            _opened(".pt", write),
            trusted=write is hostile_scripts.set_state,
        )
        for write in _SCRIPTS
    ),
    Hostile(
        "TorchScript file_as_tensor",
        _opened(".pt", hostile_scripts.file_as_tensor, of_secret=True),
    ),
    Hostile(
        "TorchScript speaks",
        _opened(".pt", hostile_scripts.saying(r'print("\033[2J")')),
        words="",
    ),
    *(
        Hostile(f"pt2 {write.__name__}", _opened(".pt2", write))
        for write in exported_programs.HOSTILE
    ),
    Hostile("pt2 guards", _opened(".pt2", exported_programs.guard_that_is_code), words=""),
]

"""TorchScript that does more than compute: files that leave a canary where they are run.

Their text is what torch reads, so it is edited as such: each writer makes a file whose
``forward``, or the reading of which, makes a file at ``canary``.
"""

import io
import pickletools
import re
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import torch

FORWARD = "layer = self.layer"


class Plain(torch.nn.Module):
    """A linear classifier of the embedded digits."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(64, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x.flatten(1))


def members_of(module: torch.nn.Module) -> dict[str, bytes]:
    """Write a module as TorchScript; give the members of the archive."""
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.script(module.eval()), buffer)
    with zipfile.ZipFile(buffer) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path: Path, members: list[tuple[str, bytes]]) -> None:
    """Write members into an archive, also where a name is there twice."""
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as archive:
        warnings.simplefilter("ignore")
        for name, content in members:
            archive.writestr(name, content)


def edited(path: Path, old: str, new: str, module: torch.nn.Module | None = None) -> None:
    """Write a plain classifier whose text has something else in one place."""
    changed = 0
    members = []
    for name, content in members_of(module or Plain()).items():
        if name.endswith(".py"):
            text, count = re.subn(re.escape(old), lambda _: new, content.decode(), count=1)
            members.append((name, text.encode()))
            changed += count
        elif not name.endswith(".debug_pkl"):  # says where the text stood
            members.append((name, content))
    assert changed, old
    write(path, members)


def saying(line: str) -> Callable[[Path, Path], None]:
    """Make a writer of a classifier with one more line in its ``forward``."""

    def made(path: Path, canary: Path) -> None:
        here = line.replace("CANARY", str(canary))
        edited(path, FORWARD, f"{here}\n    {FORWARD}")

    return made


bracket = saying('_9 = (torch.save)(x, "CANARY")')
alias = saying('f = torch.save\n    _9 = f(x, "CANARY")')
line_break = saying('_9 = torch.save\\\n      (x, "CANARY")')
comment = saying('_9 = (torch.save # (\n      )(x, "CANARY")')
operator = saying('_9 = ops.aten.save(x, "CANARY")')
file_as_tensor = saying(
    '_9 = torch.from_file("CANARY", True, 10)\n    x = torch.add(x, torch.sum(_9))'
)
in_a_branch = saying(
    "if torch.gt(torch.dim(x), 1):\n      for i in range(1):\n"
    '        _9 = (torch.save)(x, "CANARY")\n    else:\n      pass'
)


class Asleep(Plain):
    """A classifier with one more method, that is called by none."""

    @torch.jit.export  # type: ignore[untyped-decorator]
    def other(self, x: torch.Tensor) -> torch.Tensor:
        torch.save(x, "CANARY")
        return x


class Waking(Plain):
    """A classifier that writes a file while it is read."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = Woken()


class Woken(torch.nn.Module):
    """The layer of it that does."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = torch.ones(1)

    @torch.jit.export  # type: ignore[untyped-decorator]
    def __getstate__(self) -> tuple[torch.Tensor, bool]:
        return (self.scale, self.training)

    @torch.jit.export  # type: ignore[untyped-decorator]
    def __setstate__(self, state: tuple[torch.Tensor, bool]) -> None:
        torch.save(state[0], "CANARY")
        self.scale = state[0]
        self.training = state[1]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, :10] * self.scale


def asleep(path: Path, canary: Path) -> None:
    edited(path, '"CANARY"', f'"{canary}"', Asleep())


def hook(path: Path, canary: Path) -> None:
    def speak(self: Plain, given: tuple[torch.Tensor]) -> None:  # noqa: ARG001 - torch names it
        torch.save(given[0], "CANARY")

    module = Plain()
    module.register_forward_pre_hook(speak)
    edited(path, '"CANARY"', f'"{canary}"', module)


def set_state(path: Path, canary: Path) -> None:
    edited(path, '"CANARY"', f'"{canary}"', Waking())


def default(path: Path, canary: Path) -> None:
    """Write one that torch runs while it reads: arguments' defaults are computed then."""
    call = f'k: int=len([(torch.save)(1, "{canary}")])'
    edited(path, "x: Tensor) ->", f"x: Tensor,\n    {call}) ->")


def constant(path: Path, canary: Path) -> None:
    """And so are the constants of classes."""
    call = f'x : Final[str] = str((torch.save)(1, "{canary}"))'
    edited(path, "  training : bool\n", f"  training : bool\n  {call}\n")


def attribute(path: Path, canary: Path) -> None:
    """Write one whose attribute has a name that torch writes down as it is: there, it is code."""
    name = (
        f'a"] = NoneType\n  x : Final[str] = str((torch.save)(1, "{canary}"))\n  __annotations__["b'
    )
    line = '  __annotations__["{}"] = NoneType\n'
    escaped = name.replace('"', '\\"').replace("\n", "\\n")
    edited(path, "  layer : ", f"{line.format(escaped)}  layer : ")
    key = name.encode()
    entry = b"X" + len(key).to_bytes(4, "little") + key + b"N"
    with zipfile.ZipFile(path) as archive:
        members = {inner: archive.read(inner) for inner in archive.namelist()}
    data = members["archive/data.pkl"]
    places = [at for step, _, at in pickletools.genops(data) if step.name == "SETITEMS"]
    members["archive/data.pkl"] = data[: places[-1]] + entry + data[places[-1] :]
    write(path, list(members.items()))


def object_of_another_class(path: Path, _canary: Path) -> None:
    """Write one whose layer is of a class with less in it: torch reads what lies beside it."""
    members = members_of(Plain())
    text = next(name for name in members if b"class Plain(Module)" in members[name])
    members[text] += b"\nclass Empty(Module):\n  __parameters__ = []\n  training : bool\n"
    place = text.removeprefix("archive/code/").removesuffix(".py").replace("/", ".").encode()
    empty = b"c" + place + b"\nEmpty\n)\x81}X\x08\x00\x00\x00training\x88sb"
    data = members["archive/data.pkl"]
    steps = list(pickletools.genops(data))
    layer = next(at or 0 for _, said, at in steps if str(said).endswith(" Linear"))
    end = next(at or 0 for step, _, at in steps if step.name == "BUILD") + 1
    members["archive/data.pkl"] = data[:layer] + empty + data[end:]
    write(path, list(members.items()))


def _twice(path: Path, canary: Path, *, hostile_first: bool, rename: Callable[[str], str]) -> None:
    bracket(path, canary)
    with zipfile.ZipFile(path) as archive:
        hostile = {name: archive.read(name) for name in archive.namelist()}
    plain, both = members_of(Plain()), []
    for name, content in hostile.items():
        pair = [(name, content), (rename(name), plain[name])]
        both += (pair if hostile_first else pair[::-1]) if name.endswith(".py") else pair[:1]
    write(path, both)


def twice_hostile_first(path: Path, canary: Path) -> None:
    _twice(path, canary, hostile_first=True, rename=str)


def twice_hostile_last(path: Path, canary: Path) -> None:
    _twice(path, canary, hostile_first=False, rename=str)


def another_case(path: Path, canary: Path) -> None:
    _twice(path, canary, hostile_first=True, rename=lambda name: name.replace(".py", ".PY"))


def in_another_folder(path: Path, canary: Path) -> None:
    _twice(path, canary, hostile_first=True, rename=lambda name: f"other/{name.split('/', 1)[1]}")


def named_in_a_pickle(path: Path, canary: Path) -> None:
    """Write one whose data names a function of Python's."""
    members = members_of(Plain())
    pickle = b"\x80\x02" + f"cposix\nmkdir\n(V{canary}\ntR.".encode()
    write(path, [(n, pickle if n.endswith("/data.pkl") else c) for n, c in members.items()])


WHEN_RUN = [
    *(bracket, alias, line_break, comment, operator, file_as_tensor, in_a_branch),
    *(hook, twice_hostile_first, another_case),
]
"""Those that write when they compute, in the hands of torch's own reader."""

WHEN_READ = [set_state, default, constant]
"""Those that write when torch reads them."""

SILENT = [in_another_folder, object_of_another_class, asleep, twice_hostile_last, named_in_a_pickle]
"""Those that torch's own reader of today does not run, or not this way."""

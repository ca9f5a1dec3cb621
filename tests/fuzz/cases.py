"""One mutated file: drawn from its format and number alone, so that it can be made again."""

from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.fuzz.formats import Seeds
from tests.fuzz.mutations.mutate import mutate
from tests.fuzz.seeds.seed import Files, Seed

_LOUD = 0.2
"""The share of cases that run without ``-q``: what is said is looked at, too."""


@dataclass(frozen=True)
class Case:
    """Files, the command that reads them, and which file was mutated, if any.

    ``refused`` says that they are refused when none was.
    """

    name: str
    files: Files
    command: tuple[str, ...]
    target: str
    refused: bool = False

    @property
    def format(self) -> str:
        return self.name.partition(":")[0]

    def write(self, folder: Path) -> None:
        """Write the files below a folder."""
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def make_case(format_name: str, number: int, seeds: Seeds) -> Case:
    """Draw a seed of a format, a command, and one to three mutations of one file.

    Numbers below nought stand for the seeds as they are: -1 for the first.
    """
    if number < 0:
        return whole_cases(format_name, seeds)[-number - 1]
    random = Random(f"{format_name}:{number}")
    seed = random.choice(seeds[format_name])
    target = random.choice(seed.targets)
    others = [
        other.files[name]
        for other in seeds[format_name]
        for name in other.targets
        if name.rpartition(".")[2] == target.rpartition(".")[2]
    ]
    command = random.choice(seed.commands)
    if random.random() < _LOUD:
        command = tuple(word for word in command if word != "-q")
    content = seed.files[target]
    for turn in range(random.choice((1, 1, 1, 2, 3))):
        content = mutate(target, content, random, others, intact=turn == 0)
    return Case(f"{format_name}:{number}", {**seed.files, target: content}, command, target)


def whole_cases(format_name: str, seeds: Seeds) -> list[Case]:
    """Give the seeds of a format as they are, once for each command that reads them."""
    return [
        Case(f"{format_name}:{-number}", seed.files, command, "", refused=seed.refused)
        for number, (seed, command) in enumerate(
            ((seed, command) for seed in seeds[format_name] for command in _different(seed)), 1
        )
    ]


def _different(seed: Seed) -> list[tuple[str, ...]]:
    return list({command[0]: command for command in reversed(seed.commands)}.values())

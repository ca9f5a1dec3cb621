"""Which of several things in one file is meant, by the places where they lie."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from robaudit.errors import UsageError

_MOST_NAMES = 4
_AVERAGES = {"ema", "swa", "averaged", "shadow"}
_SECOND = {"teacher", "target", "momentum", "key", "current", "init", "initial", "best"}
_USUAL = {"state_dict", "model_state_dict", "model", "net", "network", "weights", "params"}


@dataclass(frozen=True)
class Choice:
    """Which of several places was taken, by its number and name, and the names of the others."""

    number: int
    taken: str
    left: tuple[str, ...] = ()

    def __str__(self) -> str:
        average = " (an average over the training)" if is_average(self.taken) else ""
        return f"{self.taken}{average}, not {few(self.left)}" if self.left else self.taken


def best_of(places: Sequence[str], path: Path, unused: Collection[str] = ()) -> Choice | None:
    """Choose one of the places of a file; ``None`` where the only one is its top.

    An average over the course of a training comes first: trainers keep it to be used; then
    what has a usual name. ``unused`` places hold averages of nothing yet. Raises UsageError
    where names decide nothing.
    """
    ranks = [3 if place in unused else _rank(place) for place in places]
    if ranks.count(min(ranks)) > 1:
        raise UsageError(
            f"{path} holds several sets of weights: at {few(places)}",
            expected="to be told which",
            advice=f"Choose with `weights={places[0] or places[1]!r}`.",
        )
    number = ranks.index(min(ranks))
    names = [place or "those at the top" for place in places]
    left = tuple(name for name in names if name != names[number])
    return Choice(number, names[number], left) if left or places[number] else None


def is_average(place: str) -> bool:
    """Tell whether a name, or one on the way to it, is that of an average of weights.

    >>> is_average("state_dict_ema"), is_average("schema.0")
    (True, False)
    """
    return bool(_words(place) & _AVERAGES)


def is_copy(name: str) -> bool:
    """Tell whether weights lie in a second set of them: an average, or those of a teacher.

    >>> is_copy("model_ema.0.weight"), is_copy("n_averaged")
    (True, False)
    """
    first, _, rest = name.partition(".")
    return bool(rest and _words(first) & (_AVERAGES | {"teacher"}))


def few(names: Sequence[str]) -> str:
    """Name the first few, and how many more there are."""
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def _rank(place: str) -> int:
    if is_average(place):
        return 0
    if _words(place) & _SECOND:
        return 3
    return 1 if not place or set(place.split(".")) & _USUAL else 2


def _words(place: str) -> set[str]:
    return set(place.lower().replace(".", "_").split("_"))

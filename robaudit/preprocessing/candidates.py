"""What a model's preprocessing may be, the plainest first.

Model files rarely say. Where they do, that is tried first; then come the usual ones, and
those of pictures that have rows and columns, or black and white, exchanged.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from robaudit.errors import UsageError
from robaudit.preprocessing.arrangement import Arrangement, Channels
from robaudit.preprocessing.normalisation import Preprocessing
from robaudit.types import Declaration, InputSpec

BYTE = 1 / 255
_ANY_NORMALISATIONS: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "0..1": ((0.0,), (1.0,)),
    "-1..1": ((0.5,), (0.5,)),
    "-0.5..0.5": ((0.5,), (1.0,)),
    "0..255": ((0.0,), (BYTE,)),
}
GREY_NORMALISATIONS = {
    **_ANY_NORMALISATIONS,
    "MNIST statistics": ((0.1307,), (0.3081,)),
    "Fashion-MNIST statistics": ((0.2860,), (0.3530,)),
}
"""Mean and std, in 0..1 units, that grey images are usually normalised with."""

COLOUR_NORMALISATIONS = {
    **_ANY_NORMALISATIONS,
    "CIFAR-10 statistics": ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
    "CIFAR-10 mean, mean std of images": ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)),
    "ImageNet statistics": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "ImageNet mean, std 0.225": ((0.485, 0.456, 0.406), (0.225,)),
    "ImageNet mean, 0..255": ((0.485, 0.456, 0.406), (BYTE,)),
}
"""The same for colour images, in the order red, green, blue."""

_LARGEST_STATISTIC, _SMALLEST_STD = 5.0, 1e-6
_SAME = 6e-4
"""Means and standard deviations are written with three digits."""

_SAME_RANGE = 0.05
"""Ends of the range of a quantised input are rounded, by less than this share of it."""


@dataclass(frozen=True)
class Candidates:
    """What a preprocessing is chosen among, the plainest first.

    ``usual`` ones are tried on all images that there are for it, ``exchanged`` ones only
    where a few images do not speak against them. ``declared`` are those of the usual ones
    that agree with what the model's files say. ``given`` says that mean, std and layout are
    known, and only what is rarely said is open: the order of channels, and exchanges.
    """

    usual: tuple[Preprocessing, ...]
    exchanged: tuple[Preprocessing, ...] = ()
    declared: tuple[Preprocessing, ...] = ()
    given: bool = False

    @property
    def number(self) -> int:
        """How many there are."""
        return len(self.usual) + len(self.exchanged)


@dataclass(frozen=True)
class PreprocessingRequest:
    """What a user says of a model's preprocessing; what is ``None`` is to be found.

    ``exchanged`` says that the model's pictures have rows where columns were.
    """

    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    channels: Channels | None = None
    exchanged: bool | None = None

    @property
    def says_numbers(self) -> bool:
        """Whether mean or std are said."""
        return self.mean is not None or self.std is not None

    def candidates(
        self,
        possible: Sequence[Arrangement],
        spec: InputSpec,
        declares: Declaration | None = None,
        pixel_range: tuple[float, float] = (0.0, 1.0),
    ) -> Candidates:
        """List the preprocessings to choose among.

        What is not said is open also where mean and std are, or the model's pixel range.
        ``pixel_range`` are the numbers that stand for black and white in the data.
        """
        own_box = (spec.low, spec.high) != (0.0, 1.0)
        if self.says_numbers and own_box and not self._says_range(spec):
            raise UsageError(
                "mean and std for a classifier that names its own pixel range",
                expected="one of the two",
            )
        plain = self._allowed([a for a in possible if a.exchanged == bool(self.exchanged)])
        if not plain:  # pictures that are higher than wide may fit the other way alone
            plain = self._allowed(possible)
        if own_box:
            usual = _of_range(plain, spec)
            declared = [] if declares is None else _declared_within(declares, plain, usual, spec)
        elif self.says_numbers:
            usual = [given_preprocessing(self.mean, self.std, each) for each in plain]
            declared = [] if declares is None else _of_channels(declares, usual)
        else:
            usual = usual_preprocessings(plain, pixel_range)
            declared = [] if declares is None else _declared(declares, plain, usual)
        usual = [*declared, *(candidate for candidate in usual if candidate not in declared)]
        others = [] if self.exchanged is not None else [a for a in possible if a not in plain]
        return Candidates(
            tuple(usual),
            tuple(_exchanged(usual, self._allowed(others))),
            tuple(declared),
            given=(own_box or self.says_numbers)
            and (len(spec.shape) > 1 or len({each.layout for each in plain}) == 1),
        )

    def _allowed(self, possible: Sequence[Arrangement]) -> list[Arrangement]:
        """Give the arrangements whose channels are in the order asked for."""
        if self.channels not in {arrangement.channels for arrangement in possible}:
            return list(possible)
        return [arrangement for arrangement in possible if arrangement.channels == self.channels]

    def _says_range(self, spec: InputSpec) -> bool:
        """Tell whether mean and std say again what the pixel range of a classifier says."""
        said = {*(self.mean or (0.0,))}, {*(self.std or (1.0,))}
        numbers = _numbers_of_range(spec.low, spec.high)
        return all(np.allclose([*one], other) for one, other in zip(said, numbers, strict=True))


def given_preprocessing(
    mean: Sequence[float] | None,
    std: Sequence[float] | None,
    arrangement: Arrangement,
) -> Preprocessing:
    """Make the preprocessing that a user asked for; what was left out is the plainest."""
    mean, std = tuple(mean or (0.0,)), tuple(std or (1.0,))
    if max(map(abs, (*mean, *std))) > _LARGEST_STATISTIC or min(std) < _SMALLEST_STD:
        raise UsageError(
            f"`mean={mean}` and `std={std}`",
            expected="numbers in 0..1 units",
            advice="Divide those of pixels from 0 to 255 by 255.",
        )
    name = f"mean {', '.join(f'{m:g}' for m in mean)}, std {', '.join(f'{s:g}' for s in std)}"
    return Preprocessing(name, mean, std, arrangement)


def usual_preprocessings(
    possible: Sequence[Arrangement], pixel_range: tuple[float, float] = (0.0, 1.0)
) -> list[Preprocessing]:
    """List the usual preprocessings for images that can be arranged in some ways.

    Among them is that of the numbers as they stand in the data, where black and white are
    neither 0 and 1 nor 0 and 255 there.
    """
    low, high = pixel_range
    own = {} if low >= high else {f"{low:g}..{high:g}": _numbers_of_range(low, high)}
    candidates = []
    for arrangement in possible:
        for name, (mean, std) in {**_table(arrangement), **own}.items():
            backwards = -1 if arrangement.channels == "bgr" else 1
            candidates.append(Preprocessing(name, mean[::backwards], std[::backwards], arrangement))
    return candidates


def _table(arrangement: Arrangement) -> dict[str, tuple[tuple[float, ...], tuple[float, ...]]]:
    return GREY_NORMALISATIONS if arrangement.channels == "grey" else COLOUR_NORMALISATIONS


def _numbers_of_range(low: float, high: float) -> tuple[tuple[float], tuple[float]]:
    """Give mean and std of a model whose black is ``low`` and whose white is ``high``."""
    return (0 - low / (high - low),), (1 / (high - low),)


def _exchanged(
    usual: Sequence[Preprocessing], others: Sequence[Arrangement]
) -> Iterator[Preprocessing]:
    """Make the usual preprocessings anew for other arrangements, and for inverted pictures."""
    for inverted in (False, True):
        for candidate in usual:
            own = candidate.arrangement
            if inverted:
                yield replace(candidate, inverted=True)
            for other in others:
                if (other.layout, other.channels) == (own.layout, own.channels):
                    yield replace(candidate, arrangement=other, inverted=inverted)


def _of_range(possible: Sequence[Arrangement], spec: InputSpec) -> list[Preprocessing]:
    """List the preprocessings for a model that names its own pixel range."""
    name, numbers = f"{spec.low:g}..{spec.high:g}", _numbers_of_range(spec.low, spec.high)
    return [Preprocessing(name, *numbers, arrangement) for arrangement in possible]


def _of_channels(declares: Declaration, usual: Sequence[Preprocessing]) -> list[Preprocessing]:
    """List those of known numbers whose channels are in the order that a model's files say."""
    return [each for each in usual if each.arrangement.channels == declares.channels]


def _declared_within(
    declares: Declaration,
    possible: Sequence[Arrangement],
    usual: Sequence[Preprocessing],
    spec: InputSpec,
) -> list[Preprocessing]:
    """List what agrees with a model's files, where the model names its own pixel range.

    A range that they say is passed over unless it is most of that: bytes from 0 to 1 are none.
    """
    low, high = declares.input_range or (spec.low, spec.high)
    within = spec.low <= low and high <= spec.high and high - low > (spec.high - spec.low) / 2
    if declares.input_range is None or not within:
        return _of_channels(declares, usual)
    return _declared(replace(declares, mean=None, std=None), possible, usual)


def _declared(
    declares: Declaration, possible: Sequence[Arrangement], usual: Sequence[Preprocessing]
) -> list[Preprocessing]:
    """List the preprocessings that agree with what a model's files say."""
    fitting = [a for a in possible if a.channels in (declares.channels, "grey")]
    if declares.channels is None or not fitting:
        fitting = list(possible)
    if declares.mean is None and declares.std is None and declares.input_range is None:
        return [candidate for candidate in usual if candidate.arrangement in fitting]
    made = (_as_declared(declares, arrangement) for arrangement in fitting)
    return [candidate for candidate in made if candidate is not None]


def _as_declared(declares: Declaration, arrangement: Arrangement) -> Preprocessing | None:
    """Make what the files of a model say; ``None`` where that is of other channels."""
    mean, std = _said(declares)
    if arrangement.channels == "grey" and len({*mean}) == len({*std}) == 1:
        mean, std = mean[:1], std[:1]
    channels = 1 if arrangement.channels == "grey" else 3
    if {len(mean), len(std)} - {1, channels}:
        return None
    name = f"as {declares.source} says"
    for known, numbers in _table(arrangement).items():
        if _alike((mean, std), numbers, by_range=declares.mean is None and declares.std is None):
            name, (mean, std) = known, numbers
            break
    backwards = -1 if arrangement.channels == "bgr" else 1
    return Preprocessing(name, mean[::backwards], std[::backwards], arrangement)


def _said(declares: Declaration) -> tuple[tuple[float, ...], tuple[float, ...]]:
    if declares.mean is None and declares.std is None and declares.input_range is not None:
        return _numbers_of_range(*declares.input_range)
    return declares.mean or (0.0,), declares.std or (1.0,)


def _alike(
    said: tuple[tuple[float, ...], tuple[float, ...]],
    known: tuple[tuple[float, ...], tuple[float, ...]],
    *,
    by_range: bool,
) -> bool:
    """Tell whether two pairs of mean and std are the same, or make nearly the same range."""
    if not by_range:
        return all(np.allclose(*pair, rtol=0, atol=_SAME) for pair in zip(said, known, strict=True))
    (low, high), (other_low, other_high) = (
        (((0 - np.array(mean)) / std).min(), ((1 - np.array(mean)) / std).max())
        for mean, std in (said, known)
    )
    size = _SAME_RANGE * (other_high - other_low)
    return bool(abs(low - other_low) <= size and abs(high - other_high) <= size)

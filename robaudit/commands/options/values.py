"""Reading the values of options, so that argparse names the option that is wrong."""

import argparse
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from robaudit.errors import UsageError
from robaudit.metrics.figures import PRECISE
from robaudit.phrases import did_you_mean
from robaudit.search.plan import Precision
from robaudit.storage.memory import bytes_in
from robaudit.storage.share import Share

T = TypeVar("T")


def parsed(parse: Callable[[str], T]) -> Callable[[str], T]:
    """Make a parser whose errors argparse shows with the name of the option."""

    def parse_option(text: str) -> T:
        try:
            return parse(text)
        except UsageError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return parse_option


def path(text: str) -> Path:
    """Read a path; an empty one, as of a variable that is not set, is not the current folder.

    >>> path("data/images.npz").name
    'images.npz'
    """
    if not text:
        raise UsageError("an empty path", expected="a path, or . for the current folder")
    return Path(text)


def one_of(*words: str) -> Callable[[str], str]:
    """Make a reader of one of some words."""

    def parse(text: str) -> str:
        if text not in words:
            raise UsageError(
                repr(text), expected=" or ".join(words), advice=did_you_mean(text, words)
            )
        return text

    return parse


def numbers(text: str) -> tuple[float, ...]:
    """Read one or more numbers with commas between them.

    >>> numbers("0.5,0.25")
    (0.5, 0.25)
    """
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        values = ()
    if not values or not all(math.isfinite(value) for value in values):
        raise UsageError(repr(text), expected="numbers with commas between them")
    return values


def pixel_range(text: str) -> tuple[float, float]:
    """Read two numbers that differ.

    >>> pixel_range("0,255")
    (0.0, 255.0)
    """
    values = numbers(text)
    if len(values) != 2 or values[0] == values[1]:
        raise UsageError(repr(text), expected="BLACK,WHITE, e.g. 0,255")
    return values[0], values[1]


def size(text: str) -> tuple[int, int]:
    """Read a height and a width.

    >>> size("224x192"), size("224,192")
    ((224, 192), (224, 192))
    """
    match = re.fullmatch(r"([1-9]\d{0,4})[x,]([1-9]\d{0,4})", text)
    if match is None:
        raise UsageError(repr(text), expected="HEIGHTxWIDTH, e.g. 224x224")
    return int(match[1]), int(match[2])


def shape(text: str) -> tuple[int, ...]:
    """Read the sizes of an input.

    >>> shape("3,224,224")
    (3, 224, 224)
    """
    if re.fullmatch(r"[1-9]\d{0,8}(,[1-9]\d{0,8})*", text) is None:
        raise UsageError(repr(text), expected="sizes with commas between them, e.g. 3,224,224")
    return tuple(int(part) for part in text.split(","))


def whole(least: int, most: int = 10**15) -> Callable[[str], int]:
    """Make a reader of whole numbers from ``least`` to ``most``."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"\d{1,15}", text) or not least <= int(text) <= most:
            to = f"{least} or more" if most == 10**15 else f"{least} to {most:,}"
            raise UsageError(repr(text), expected=f"a whole number, {to}")
        return int(text)

    return parsed(parse)


def positive(text: str) -> float:
    """Read a number above 0."""
    values = numbers(text)
    if len(values) != 1 or values[0] <= 0:
        raise UsageError(repr(text), expected="a number above 0")
    return values[0]


def share(text: str) -> float:
    """Read a share from 0 to 1."""
    values = numbers(text)
    if len(values) != 1 or not 0 <= values[0] <= 1:
        raise UsageError(repr(text), expected="a share from 0 to 1")
    return values[0]


def shard(text: str) -> Share:
    """Read which share of a run this is.

    >>> shard("2/3")
    Share(number=2, of=3)
    """
    match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
    if match is None:
        raise UsageError(f"shard {text!r}", expected="I/N, with I from 1 to N, such as 1/4")
    return Share(int(match[1]), int(match[2]))


def precision(text: str) -> Precision:
    """Read half the width of an interval, of a figure that may be named.

    >>> precision("0.005"), precision("crossing-rate=0.02")
    (Precision(half_width=0.005, ...), Precision(half_width=0.02, figure='crossing-rate'))
    """
    name, equals, width = text.rpartition("=")
    names = [figure.name for figure in PRECISE]
    if equals and name not in names:
        raise UsageError(
            repr(name), expected="one of " + ", ".join(names), advice=did_you_mean(name, names)
        )
    return Precision(positive(width), *([name] if equals else []))


def duration(text: str) -> float:
    """Read a duration in seconds; minutes and hours have their letter.

    >>> duration("90"), duration("1.5m"), duration("2h")
    (90.0, 90.0, 7200.0)
    """
    match = re.fullmatch(r"([0-9]+(?:[.][0-9]+)?)([smh]?)", text.strip())
    value = float(match[1]) * {"m": 60, "h": 3600}.get(match[2], 1) if match else 0
    if not 0 < value < math.inf:
        raise UsageError(repr(text), expected="a duration, such as 90, 10m or 2h")
    return value


def memory(text: str) -> int:
    """Read a number of bytes, such as 500M or 2G.

    >>> memory("1.5G")
    1610612736
    """
    value = bytes_in(text)
    if value < 1:
        raise UsageError(repr(text), expected="a size, such as 500M or 2G")
    return value


def engine(text: str) -> str:
    """Read what does the work: this machine, Ray on this machine, or a cluster of Ray by address.

    >>> engine("ray://head:10001"), engine("10.0.0.1:6379")
    ('ray://head:10001', '10.0.0.1:6379')
    """
    host, port = r"([\w.-]+|\[[0-9a-fA-F:]+\])", r":[1-9]\d{0,4}"
    address = f"ray://{host}({port})?|{host}{port}"
    if text not in ("local", "ray") and not re.fullmatch(address, text):
        raise UsageError(
            f"engine {text!r}",
            expected="local, ray, or the address of a cluster: HOST:PORT or ray://HOST",
        )
    return text


def devices(text: str) -> str:
    """Read the device that a model runs on, or several GPUs, for a worker each.

    >>> devices("cuda:0,cuda:1")
    'cuda:0,cuda:1'
    """
    one = r"cuda:\d{1,4}"
    if text not in ("auto", "cpu", "cuda") and not re.fullmatch(f"{one}(,{one})*", text):
        raise UsageError(
            f"device {text!r}", expected="auto, cpu, cuda, or GPUs by number, as cuda:0,cuda:1"
        )
    return text

"""Compiling what a search asks for over and over: one function, for batches of one size.

It pays where a search takes long, and is tried there alone: it takes seconds, a compiler
must be there, not every module can be compiled, and a batch of another size would be
compiled anew. Whatever goes wrong, the module itself is left.
"""

import logging
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import partial
from statistics import median
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np
import torch

from robaudit.batches import free_memory
from robaudit.predicting import rounding_error
from robaudit.types import FloatArray
from robaudit_torch.network import to_array

Tensor = Any
Banks = tuple[Tensor, ...]
_Shapes = tuple[tuple[int, ...], ...]

PATIENCE = 30.0
"""Seconds spent on batches of one size before these are compiled. For all networks in the table of
docs/search.md compiling at once would by then have paid for itself: so a search that took so long
gains by it if it takes as long again."""

_MEMORY = 2**31
"""Bytes that have to be free for a compiler."""

_MOST_TRIES = 2
"""It is tried once more, since memory may have been short, or the machine busy, for a moment."""

_TRIALS = 5
_SECONDS = 0.3
"""So many calls and so much time at least tell which of two is faster."""

_AS_SLOW = 0.95
"""What is compiled has to take less than this share of the time."""

_SAME = 1 / 16
"""Scores may differ by this share of what a search takes for rounding: gaps by half of what
it bears, and it sees many more of them."""

_log = logging.getLogger(__name__)


class CompiledWhereItPays:
    """Computes scores as they are, or by ``pure`` compiled, which are the same but for rounding.

    ``pure`` takes banks, tensors that searches are bound to, and rows, tensors of n rows, and
    gives scores (n, classes) as a tensor, out of these and of what never changes. It is compiled
    for banks of the same shapes once, for the first size of batch that takes long: searches of
    the same size one after the other, as those of the shares of a run, are one in this. A single
    row is always left as it is: it is asked for where rounding matters.
    """

    def __init__(self, pure: Callable[..., Tensor]) -> None:
        self._pure = pure
        self._spent: defaultdict[tuple[_Shapes, int], float] = defaultdict(float)
        self._tries: Counter[_Shapes] = Counter()
        self._compiled: dict[_Shapes, _Compiled] = {}

    def __call__(
        self,
        eager: Callable[..., FloatArray],
        banks: Banks,
        *rows: Tensor,
        forget: Callable[[], None] = lambda: None,
    ) -> FloatArray:
        """Compute the scores of tensors of n rows.

        ``eager`` does it of the rows as it is done else, as an array. It is told by ``forget``
        that it will not be asked any more for as many.
        """
        count, shapes = len(rows[0]), tuple(tuple(bank.shape) for bank in banks)
        compiled = self._compiled.get(shapes)
        if compiled is not None and compiled.size < 2 * count <= 2 * compiled.size:
            try:
                return compiled.scores(banks, *rows)
            except Exception:  # noqa: BLE001 - if it was not the compiled one's fault, it goes on
                _log.debug("what was compiled failed", exc_info=True)
                del self._compiled[shapes]
        before = time.perf_counter()
        scores = eager(*rows)
        self._spent[shapes, count] += time.perf_counter() - before
        is_long = self._spent[shapes, count] > PATIENCE and count > 1
        if is_long and shapes not in self._compiled and self._tries[shapes] < _MOST_TRIES:
            self._spent[shapes, count] = 0.0
            self._tries[shapes] += 1
            compiled = self._tried(scores, eager, banks, *rows)
            if compiled is not None:
                self._compiled[shapes] = compiled
                forget()
        return scores

    def _tried(
        self, expected: FloatArray, eager: Callable[..., FloatArray], banks: Banks, *rows: Tensor
    ) -> "_Compiled | None":
        """Compile for batches of this size, and give what is as right, and faster."""
        size = len(rows[0])
        try:
            if free_memory() < _MEMORY:
                return None
            compiled = _compiled_for(self._pure, banks, *rows)
            is_same = _same(compiled(banks, *rows), expected)
            if is_same and _faster(partial(compiled, banks), eager, *rows):
                _log.debug("compiled for batches of %d", size)
                return _Compiled(size, compiled)
        except Exception:  # noqa: BLE001 - the compiler raises all kinds
            _log.debug("not compiled for batches of %d", size, exc_info=True)
        return None


class _Compiled(NamedTuple):
    """What computes the scores of more than half of so many rows, and not of more."""

    size: int
    scores: Callable[..., FloatArray]


def _compiled_for(
    pure: Callable[..., Tensor], banks: Banks, *rows: Tensor
) -> Callable[..., FloatArray]:
    """Compile a function for tensors of so many rows; fewer are filled up with the last."""
    size = len(rows[0])
    own = _with_own_code(pure)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what torch itself would rather not use
        torch.compile(own, fullgraph=True, dynamic=False)(banks, *rows)
    # From here on it is never compiled again: a module that counts its calls, say, is run as it
    # is whenever what was compiled does not hold, and so is found to be no faster.
    compiled = torch._dynamo.run(own)  # noqa: SLF001 - the name under which torch has it

    def compute(banks: Banks, *rows: Tensor) -> FloatArray:
        count = len(rows[0])
        if count < size:
            rows = tuple(
                torch.cat([row, row[-1:].expand(size - count, *row.shape[1:])]) for row in rows
            )
        return to_array(compiled(banks, *rows))[:count]

    return compute


def _with_own_code(function: Any) -> Callable[..., Tensor]:
    """Copy a function with its code, to which torch ties what it compiles, eight times at most."""
    return FunctionType(
        function.__code__.replace(),
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )


def _same(compiled: FloatArray, expected: FloatArray) -> bool:
    """Tell whether scores (n, classes) differ by less than a search bears.

    If they may be probabilities, their logarithms are compared as well, since a search does.
    """
    if compiled.dtype != expected.dtype:
        return False
    tolerance = _SAME * rounding_error(compiled.dtype)
    finite = np.where(np.isfinite(expected), np.abs(expected), 0.0)
    usual = float(np.median(finite.max(axis=1)))
    same = np.allclose(compiled, expected, rtol=0, atol=tolerance * usual)
    if same and expected.min() >= 0 and expected.max() <= 1:
        tiny = np.finfo(compiled.dtype).tiny
        one, other = (np.log(np.maximum(scores, tiny)) for scores in (compiled, expected))
        same = np.allclose(one, other, rtol=tolerance, atol=tolerance)
    return same


def _faster(one: Callable[..., Any], other: Callable[..., Any], *rows: Tensor) -> bool:
    """Tell whether one function is clearly faster than another; they take turns."""
    seconds: tuple[list[float], list[float]] = ([], [])
    while len(seconds[1]) < _TRIALS or sum(seconds[1]) < _SECONDS:
        for function, taken in zip((one, other), seconds, strict=True):
            before = time.perf_counter()
            function(*rows)
            taken.append(time.perf_counter() - before)
    return median(seconds[0]) < _AS_SLOW * median(seconds[1])

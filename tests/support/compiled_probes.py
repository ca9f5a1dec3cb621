"""Having probes compiled at once, and knowing that they were."""

import sysconfig
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from robaudit_torch import compiling


def can_compile() -> bool:
    """Tell whether torch finds what it compiles with here."""
    from torch._inductor import cpp_builder, exc

    headers = Path(sysconfig.get_path("include"), "Python.h").is_file()
    try:
        return headers and bool(cpp_builder.get_cpp_compiler())
    except exc.InvalidCxxCompiler:
        return False


@contextmanager
def compiled_at_once() -> Iterator[list[int]]:
    """Compile for the first size of batch that there is, however fast that is, and for no other.

    Gives the sizes of the batches that what was compiled has computed, as they come.
    """
    sizes: list[int] = []
    whole = compiling._compiled_for

    def spied(pure: Callable[..., Any], banks: Any, *rows: Any) -> Callable[..., Any]:
        compiling.PATIENCE = np.inf
        compiled = whole(pure, banks, *rows)

        def compute(banks: Any, *asked: Any) -> Any:
            scores = compiled(banks, *asked)
            sizes.append(len(asked[0]))
            return scores

        return compute

    with (
        patch.object(compiling, "PATIENCE", 0.0),
        patch.object(compiling, "_faster", lambda *_: True),
        patch.object(compiling, "_compiled_for", spied),
    ):
        yield sizes
        assert np.inf == compiling.PATIENCE, "it was not even tried"

"""What leaves a trace where it is unpickled."""

import os
from pathlib import Path
from typing import Any


class Trap:
    """Unpickling this makes a folder."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.trace),)

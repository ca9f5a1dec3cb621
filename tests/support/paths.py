"""Where tests find things: the repository, its examples, and the shared models and data."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
SHARED = Path(os.environ.get("ROBAUDIT_SHARED", ROOT.parent / "shared"))
DIGITS = str(EXAMPLES / "digits.onnx")

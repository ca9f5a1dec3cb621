"""Whether it helps to give vulnerable classes more examples, and by which rule.

    python examples/compensation/compensation.py --data FOLDER -o DIR

FOLDER holds mnist.npz, fashion_mnist.npz and cifar10.npz (``x_train``, ``y_train``, ``x_test``,
``y_test``); without it Keras loads them. DIR receives compensation.json, compensation.md and,
under stages/, all that was computed: an interrupted run goes on from there.

Needs ``pip install "robaudit[torch,attacks]" statsmodels``.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "paper"))  # trains and searches alike
sys.path.append(str(Path(__file__).resolve().parents[1] / "repair"))  # estimates alike

from weighing.cli import main

if __name__ == "__main__":
    sys.exit(main())

"""Which repair gives one model that holds under attack and under noise, and what it costs.

    python examples/repair/repair.py --data FOLDER -o DIR

FOLDER holds mnist.npz, fashion_mnist.npz and cifar10.npz (``x_train``, ``y_train``, ``x_test``,
``y_test``); without it Keras loads them. DIR receives repair.json, repair.md, a picture for each
data set and, under stages/, all that was computed: an interrupted run goes on from there.

Needs ``pip install "robaudit[torch,attacks,corruptions]" statsmodels``.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "paper"))  # trains and searches alike

from study.cli import main

if __name__ == "__main__":
    sys.exit(main())

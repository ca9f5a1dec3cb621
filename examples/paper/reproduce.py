"""Reproduce the paper: its four models, its tables and figures, with its numbers beside ours.

    python examples/paper/reproduce.py --data FOLDER -o DIR

FOLDER holds mnist.npz and cifar10.npz (``x_train``, ``y_train``, ``x_test``, ``y_test``);
without it Keras loads them. DIR receives paper.html, paper.md, paper.json and, under
stages/, all that was computed: an interrupted run goes on from there. ``--scale small``
is meant for two CPU cores, ``--scale paper`` for a GPU.

Needs ``pip install "robaudit[torch,attacks]"``.
"""

import sys

from reproduction.cli import main

if __name__ == "__main__":
    sys.exit(main())

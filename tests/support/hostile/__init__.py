"""Files that strangers might send: a kind each of what has been tried on programs like this.

Each module has those of one family in ``MADE``. They are written into a place that says whether
they did anything: see `canaries`.
"""

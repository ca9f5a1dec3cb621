"""How fast the boundary search is, beside the model alone and other ways to search.

    python -m benchmarks.search [MODEL ...] [--quick] [--turns 3] [-o search.json]

Everything is measured side by side in one run. Each way to search a model works in
a process of its own, so that its memory can be told; the ways take turns, so that
whatever else the machine does hits all of them; figures are medians of the turns.
"""

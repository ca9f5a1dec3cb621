"""All that only a GPU can show, in ten minutes at most: `make gpu`.

    python -m benchmarks.gpu [PART ...] [--shared ../shared] [-o gpu.json] [--table gpu.md]

Each part works in a process of its own, within its own time, and writes down what it has as
it goes: what one of them loses, the others keep. On a machine to which little can be taken,
`python -m benchmarks.gpu.data FOLDER` writes the data first, in 45 MB.
"""

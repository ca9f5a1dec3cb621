"""Figures of the shape of the code: `python -m benchmarks.structure [ROOT]`.

They are counted from the files under ROOT (by default this repository), so that the same
count can be made of another state of them.
"""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

NOT_COUNTED = {"__init__.py", "__main__.py", "__pycache__", "py.typed"}
MAIN_PATH = (
    ("robaudit.cli",),
    ("robaudit.commands.scan",),
    ("robaudit.audit",),
    ("robaudit.search.boundary_search", "robaudit.search"),
    ("robaudit.metrics.margins", "robaudit.margins"),
    ("robaudit.metrics.inequality", "robaudit.inequality"),
    ("robaudit.record.audit_record", "robaudit.record"),
    ("robaudit.record.write", "robaudit.writing"),
    ("robaudit_report.html.audit", "robaudit_report.html"),
)
"""What a scan goes through, from the command line to the page; each as it is or was called."""


def modules(root: Path) -> dict[str, Path]:
    """Find the modules of robaudit, its adapters and its reports, by their names."""
    found = {}
    for folder in (root, root / "adapters", root / "reports"):
        for package in folder.glob("robaudit*"):
            for path in package.rglob("*.py") if package.is_dir() else ():
                parts = path.relative_to(folder).with_suffix("").parts
                found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path, known: dict[str, Path]) -> set[str]:
    """List the known modules that a file imports, but for type checkers alone."""
    named: set[str] = set()
    for node in _nodes(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            named.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                named.add(inner if inner in known else node.module)
    return named & set(known)


def _nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Walk a tree, but not what only type checkers see."""
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _nodes(child)


def longest_chain(graph: dict[str, set[str]]) -> list[str]:
    """Give the longest chain of imports; each module is counted once."""

    @cache
    def below(name: str) -> list[str]:
        chains = [below(other) for other in graph[name]]
        return [name, *max(chains, key=len, default=[])]

    return max([below(name) for name in graph], key=len)


def in_circles(graph: dict[str, set[str]]) -> set[str]:
    """List the modules that can be reached from themselves."""

    def reached(name: str) -> set[str]:
        seen: set[str] = set()
        todo = list(graph[name])
        while todo:
            other = todo.pop()
            if other not in seen:
                seen.add(other)
                todo += graph[other]
        return seen

    return {name for name in graph if name in reached(name)}


def function_lengths(paths: list[Path]) -> list[int]:
    """Give the lines of every function, sorted."""
    return sorted(
        (node.end_lineno or node.lineno) - node.lineno + 1
        for path in paths
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def names_on_the_main_path(paths: list[Path]) -> tuple[int, int]:
    """Count the different names that a reader of some files meets, and their lines."""
    names: set[str] = set()
    lines = 0
    for path in paths:
        text = path.read_text(encoding="utf-8")
        lines += len(text.splitlines())
        for node in ast.walk(ast.parse(text)):
            for field in ("name", "id", "arg", "attr"):
                value = getattr(node, field, None)
                if isinstance(value, str):
                    names.add(value)
    return len(names), lines


def main() -> None:
    """Print the figures."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    known = modules(root)
    graph = {name: imports(path, known) - {name} for name, path in known.items()}
    engine = root / "robaudit"
    top = [path for path in engine.iterdir() if path.name not in NOT_COUNTED]
    files = sum(path.is_file() for path in top)
    circles = in_circles(graph)
    lengths = function_lengths(list(known.values()))
    way = [next(known[name] for name in called if name in known) for called in MAIN_PATH]
    names, lines = names_on_the_main_path(way)
    chain = longest_chain(graph) if not circles else []
    print(f"entries at the top of robaudit: {len(top)} ({files} files)")
    print(f"modules: {len(known)}; longest chain of imports: {len(chain)}")
    print(f"files in circles: {len(circles)} {' '.join(sorted(circles))}".rstrip())
    print(f"lines of functions: {lengths[int(0.9 * len(lengths))]} (p90), {lengths[-1]} (max)")
    print(
        f"names from the command line to the page: {names} in {lines:,} lines of {len(way)} files, "
        f"{100 * names / lines:.1f} on 100"
    )


if __name__ == "__main__":
    main()

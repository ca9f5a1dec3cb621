"""What robaudit itself writes and reads back: audits, comparisons, searches, examples."""

import contextlib
import io
import json
import os
from pathlib import Path
from typing import Any

from robaudit.cli import main
from robaudit.hardening import make_examples, write_examples, write_search
from tests.fuzz.seeds.onnx_seeds import convolution, linear
from tests.fuzz.seeds.seed import DATA, SEARCH, Files, Seed, read_back, written
from tests.support import comparison_samples
from tests.support.kept_hardening import PLAN, searched_with

RECORD, FORMATS = "audit.json", ("html", "markdown", "text", "json")


def audit_seeds() -> list[Seed]:
    """An audit's record, reported, and compared with another."""
    files = _audits()
    reports = tuple(_report(RECORD, kind) for kind in FORMATS)
    one = {name: files[f"before/{name}"] for name in ("audit.json", "rays.npz", "attacks.npz")}
    record = {name: files[f"before/{name}"] for name in ("audit.json", "rays.npz")}
    return [
        Seed(one, ("audit.json",), reports),
        Seed({"audit.json": _without_hashes(record["audit.json"])}, ("audit.json",), reports),
        Seed(files, ("before/audit.json",), (_compare(),)),
    ]


def rays_seeds() -> list[Seed]:
    """The rays of an audit, compared; also of a record that does not say their hash."""
    files = _audits()
    loose = {**files, "before/audit.json": _without_hashes(files["before/audit.json"])}
    return [
        Seed(loose, ("before/rays.npz",), (_compare(),)),
        Seed(files, ("before/rays.npz", "before/attacks.npz"), (_compare(),)),
    ]


def comparison_seeds() -> list[Seed]:
    """A comparison of two audits, and one that hardening wrote."""
    with read_back() as (folder, files):
        for name, content in _audits().items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content)
        with contextlib.chdir(folder):
            _run(*_compare())
        plain = files()["out/comparison.json"]
    hardened = comparison_samples.hardened(json.loads(plain), seeds=2, rounds=2)
    reports = tuple(_report("comparison.json", kind) for kind in FORMATS)
    return [
        Seed({"comparison.json": one}, ("comparison.json",), reports)
        for one in (plain, json.dumps(hardened).encode())
    ]


def example_seeds() -> list[Seed]:
    """A search and examples, read as the library reads them."""
    classifier, x, y, searched = searched_with(PLAN)
    examples = make_examples(searched, PLAN, y, classifier=classifier, x=x)
    return [
        _kept(write_search, searched, "read_search"),
        _kept(write_examples, examples, "read_examples"),
    ]


def _kept(write: Any, what: object, reader: str) -> Seed:
    def save(path: Path) -> None:
        with path.open("wb") as file:
            write(what, file)

    return Seed({"kept.npz": written(save, "kept.npz")}, ("kept.npz",), ((reader, "kept.npz"),))


def _audits() -> Files:
    """Scan two models."""
    with read_back() as (folder, files):
        (folder / "data.npz").write_bytes(DATA)
        attack = ("--attack", "gaussian-noise:sigma=0.2", "--strengths", "0.1,0.4")
        with contextlib.chdir(folder):
            for name, model in (("before", linear()), ("after", convolution())):
                Path("model.onnx").write_bytes(model.SerializeToString())
                _run("scan", "model.onnx", "--data", "data.npz", *SEARCH, *attack, "-o", name)
        return {
            name: _untimed(content) if name.endswith(".json") else content
            for name, content in files().items()
            if os.sep in name
        }


def _run(*arguments: str) -> None:
    kept = io.StringIO()
    with contextlib.redirect_stdout(kept), contextlib.redirect_stderr(kept):
        code = main(arguments)
    if code:
        raise RuntimeError(kept.getvalue())


def _untimed(content: bytes) -> bytes:
    """Say that all took no time: else no record is as long as the one before."""

    def walk(node: Any, key: str = "") -> Any:
        if isinstance(node, dict):
            return {name: walk(one, key if key == "seconds" else name)
                    for name, one in node.items()}  # fmt: skip
        if isinstance(node, list):
            return [walk(one) for one in node]
        return 0.0 if key == "seconds" and isinstance(node, float) else node

    return json.dumps(walk(json.loads(content)), indent=1).encode()


def _without_hashes(content: bytes) -> bytes:
    """Leave out what holds the record and the files beside it together."""
    record = json.loads(content)
    record.pop("files", None)
    return json.dumps(record).encode()


def _report(name: str, kind: str) -> tuple[str, ...]:
    return ("report", name, "-f", kind, "-o", "out/page")


def _compare() -> tuple[str, ...]:
    return ("compare", "before", "after", "-q", "-o", "out")

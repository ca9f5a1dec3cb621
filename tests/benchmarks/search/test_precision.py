"""Passes to a half width: measured on slices, scaled, and set beside `--precision`."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.search import precision
from benchmarks.search.needs import WIDTH, Need, Result, Slices
from robaudit.stats.components import Components

TINY = Slices(authors=1, linear=1, before=8_000, images=600, turns=1)


def test_ways_are_measured_and_scaled(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "precision.json"
    words = ["mnist-softmax-last", "--shared", str(shared), "-o", str(output)]
    precision.main(words, TINY)
    printed = capsys.readouterr().out
    assert "| mnist-softmax-last | " in printed
    assert "| passes: authors' loop / `--precision` | " in printed
    (found,) = json.loads(output.read_text())["models"]
    needs = found["needs"]
    assert needs["precision"]["samples"] == 600  # all there are, too few
    assert found["reached"] > WIDTH
    # A hundredth takes more samples than those whose interval is wider, by the square of that.
    wanted = 600 * (found["reached"] / WIDTH) ** 2
    assert needs["authors"]["samples"] == pytest.approx(wanted, rel=0.3)
    assert needs["authors"]["each"] == 784
    assert needs["authors"]["samples"] <= needs["linear"]["samples"] == needs["before"]["samples"]
    assert found["paper"] < found["before"]
    for way, directions in (("authors", 784), ("linear", 100)):
        rays = needs[way]["samples"] * directions * 2
        assert needs[way]["passes"] == pytest.approx(rays * found["steps"])
    passes = {way: need["passes"] for way, need in needs.items()}
    assert passes["precision"] < passes["before"] < passes["linear"] < passes["authors"]


def test_what_no_number_of_samples_reaches_has_no_ratio() -> None:
    own = Need(100, 2, 1_000.0, 1.0)
    needs = dict.fromkeys(precision.WAYS, own) | {"authors": Need(300, 784, 2e6, 90.0)}
    reached = Result("one", 20.0, Components(0.5, 0.05, 0.001, 0.01), 0.008, 0.02, 0.0099, needs)
    never = replace(reached, needs=needs | {"authors": Need(None, 784, None, None)})
    assert precision.ratio(reached, "authors") == 2_000.0
    assert precision.ratio(never, "authors") is None
    for text in (precision.plans_table([reached, never]), precision.passes_table([reached, never])):
        assert len({line.count("|") for line in text.splitlines()}) == 1
    assert "no number" in precision.plans_table([never])
    means = precision.means_table([reached, never])
    assert "| passes: authors' loop / `--precision` | 2000.0 | 100 | 1 |" in means
    assert "| passes: default before / `--precision` | 1.0 | 5 | 2 |" in means


def test_all_real_models_with_data_are_measured(shared: Path) -> None:
    named = {one.file for one in precision.MODELS.values()}
    there = {path.name for path in (shared / "models").iterdir() if path.is_file()}
    ours = {name for name in there if name.startswith(("mnist-", "cifar10-", "seedigits-"))}
    assert ours - named == {"seedigits-dynamic-int8.onnx"}  # takes one input at a time

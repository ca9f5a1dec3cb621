"""The script for a GPU, made tiny and run on the CPU; nothing is timed."""

import doctest
import json
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks.gpu import data, parts, searching, tables
from benchmarks.gpu.__main__ import LIMITS, main
from benchmarks.gpu.searching import Setting, compared
from robaudit import Classifier, SearchPlan
from robaudit.search.directions import random_directions
from robaudit.testing.oracles import affine_classifier


@pytest.mark.parametrize("module", [data, searching, tables])
def test_examples_in_docstrings_are_true(module: ModuleType) -> None:
    found = doctest.testmod(module)
    assert found.attempted > 0
    assert found.failed == 0


def test_what_one_part_loses_the_others_keep(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output, text = tmp_path / "gpu.json", tmp_path / "gpu.md"
    words = ["contract", "mnist", "--tiny", "--device", "cpu", "--shared", str(shared)]
    words += ["-o", str(output), "--table", str(text)]
    with pytest.raises(SystemExit, match="not finished: contract"):
        main(words, {"contract": 0.1, "mnist": 600})
    assert "| contract | error | not done after 0 s |" in capsys.readouterr().out
    found = json.loads(output.read_text())
    assert list(found) == ["contract", "mnist"]
    mnist = found["mnist"]
    assert "error" not in mnist
    assert mnist["whole"]["rays"] == 2 * 4 * 2
    assert 0 < mnist["whole"]["in the probe, share of the time"] <= 1
    assert mnist["compared"]["rays"] == 16
    assert mnist["compared"]["differ"] == mnist["compared"]["traced otherwise"] == 0
    assert mnist["record"]["differ"] == 0
    assert mnist["record"]["entries"] > 100
    assert list(mnist["points/s by batch"]) == ["1", "8"]
    assert len({line.count("|") for line in text.read_text().splitlines()}) == 1


def test_without_a_gpu_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    with pytest.raises(SystemExit, match="not finished: training"):
        main(["training", "-o", str(tmp_path / "gpu.json"), "--table", str(tmp_path / "gpu.md")])
    assert "torch finds no GPU here" in capsys.readouterr().out


def test_all_parts_end_within_ten_minutes() -> None:
    assert set(LIMITS) == set(parts.PARTS)
    assert sum(LIMITS.values()) < 600


def test_training_and_the_contract_are_noted(shared: Path) -> None:
    found: dict[str, Any] = {}
    sizes = replace(parts.TINY, checks="TestTorch and fingerprint and not Double")
    work = parts.Work("cpu", shared, sizes, found.update)
    parts.training("training", work)
    parts.contract("contract", work)
    assert found["training"]["cpu"]["images/s"] > 0
    assert found["contract"] == {"Torch": {"passed": 1, "failed": [], "skipped": 0}}


def test_failures_of_the_contract_are_named(tmp_path: Path) -> None:
    report = tmp_path / "contract.xml"
    report.write_text(
        '<testsuites><testsuite><testcase classname="a.TestOnnx" name="one"><failure/></testcase>'
        '<testcase classname="a.TestOnnx" name="two"><skipped/></testcase>'
        '<testcase classname="a.TestOnnx" name="three"/></testsuite></testsuites>'
    )
    assert parts.read_report(report) == {"Onnx": {"passed": 1, "failed": ["one"], "skipped": 1}}


def test_rays_that_part_are_counted_and_those_that_hang_on_a_near_tie() -> None:
    random = np.random.default_rng(0)
    weights, bias = random.normal(0, 1, (64, 4)), random.normal(0, 0.1, 4)
    here = affine_classifier(weights, bias, (1, 8, 8))
    shape = here.spec.shape
    x = random.random((3, *shape), dtype=np.float32)
    origin = here.predict(x).argmax(axis=1)
    plan = SearchPlan(3, 10, step=0.02, steps=25)
    setting = Setting(x, random_directions(shape, 10, seed=0), plan)

    def against(there: Classifier) -> dict[str, Any]:
        *_, last = compared(there, here, setting, origin, 1.0, searching.Sizes())
        return last

    same = against(here)
    assert (same["rays"], same["differ"]) == (60, 0)
    assert (same["answer"][0] > 0).any()
    other = against(affine_classifier(weights, bias + 0.5 * np.eye(4)[0], (1, 8, 8)))
    assert other["differ"] > 0
    assert other["of them near ties"] == 0


def test_small_data_keep_the_first_of_each_class(tmp_path: Path) -> None:
    labels = np.array([1, 0, 1, 1, 0, 0], dtype=np.uint8)
    pixels = np.arange(6, dtype=np.uint8).reshape(6, 1, 1)
    np.savez(tmp_path / "all.npz", x_train=pixels, y_train=labels, x_test=pixels, y_test=labels)
    data.write_small(tmp_path / "all.npz", tmp_path / "few.npz", train=2, test=1)
    with np.load(tmp_path / "few.npz") as few:
        assert few["x_train"].ravel().tolist() == [0, 1, 2, 4]
        assert few["y_test"].tolist() == [1, 0]

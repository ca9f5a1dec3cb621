"""`make demo-harden` shows a model that is better under attack and noise, and worse in nothing."""

import re
import shlex
from pathlib import Path

import pytest

from robaudit.cli import main
from tests.support.commands import read_comparison
from tests.support.paths import ROOT


@pytest.mark.slow
def test_the_demo_is_better_under_attack_and_noise_and_no_class_is_worse(tmp_path: Path) -> None:
    pytest.importorskip("onnx2fx", reason="training ONNX models needs onnx2fx and torch")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (command,) = re.findall(
        r"^demo-harden:.*\n\t\$\(BIN\)/robaudit ((?:.*\\\n)*.*)", makefile, re.M
    )
    words = shlex.split(command.replace("\\\n", " "))
    place = words.index("examples/digits.onnx")
    words[place] = str(ROOT / words[place])
    assert main([*words, "-q", "-o", str(tmp_path / "hardened")]) == 0
    rows = read_comparison(tmp_path / "hardened")["differences"]
    under = [row for row in rows if row["name"] == "robust-accuracy" and row["class"] is None]
    assert len(under) == 4
    assert all(row["p_adjusted"] < 0.05 and row["difference"] > 0 for row in under)
    (clean,) = (row for row in rows if row["name"] == "accuracy" and row["class"] is None)
    assert clean["difference"] > -0.01
    told = {"accuracy", "restricted-mean-margin"}
    worse = [
        row
        for row in rows
        if row["class"] is not None
        and row["name"] in told
        and row["difference"] < 0
        and (row["p_adjusted"] or 1) < 0.05
    ]
    assert not worse

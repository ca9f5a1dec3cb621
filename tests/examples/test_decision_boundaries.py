"""The claims of the sources, measured by one command, and the page that says what came out."""

import importlib.util
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from robaudit import SearchPlan
from robaudit.cli import main
from tests.support.documents import blocks_in, shell_blocks
from tests.support.paths import EXAMPLES, ROOT

SCRIPT = EXAMPLES / "decision_boundaries.py"
DOCUMENT = "docs/decision-boundaries.md"


@pytest.fixture(scope="module")
def script() -> Any:
    for framework in ("torch", "art", "sklearn"):
        pytest.importorskip(framework)
    spec = importlib.util.spec_from_file_location("decision_boundaries", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # which its dataclasses look up
    spec.loader.exec_module(module)
    return module


def heads_in(text: str) -> list[str]:
    """List the heads of tables, without the numbers in them."""
    heads = re.findall(r"^(\|.*\|)\n\| ---", text, re.MULTILINE)
    return [re.sub(r"[\d.]+", "", head) for head in heads]


def test_the_page_has_the_tables_that_the_command_writes(script: Any) -> None:
    scale = script.Scale(1000, 20, 50, 0.1, 2.0, SearchPlan(50, 8, step=0.04, steps=12))
    written = "\n".join(script.report("digits", EXAMPLES / "digits.npz", scale))
    heads = heads_in(written)
    assert len(heads) == 4
    page = (ROOT / DOCUMENT).read_text(encoding="utf-8")
    _, *sections = re.split(r"^## (?:MNIST|CIFAR-10)$", page, flags=re.MULTILINE)
    assert [heads_in(section) for section in sections] == [heads] * len(sections)
    assert sections
    for name in ("FGSM", "CW-L2", "OptMargin"):
        assert f"| {name} |" in written
        assert f"| {name} |" in page


def test_what_the_page_shows_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each block of Python goes on from the one before, and reads what the command writes."""
    pytest.importorskip("sklearn")
    monkeypatch.chdir(tmp_path)
    Path("examples").symlink_to(EXAMPLES)
    (command,) = [line for line in shell_blocks(DOCUMENT) if "threshold.json" in line]
    assert main([*command.split()[1:], "--quiet", "--no-cache"]) == 0
    blocks = blocks_in(DOCUMENT, "python")
    assert blocks
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, DOCUMENT, "exec"), names)
    assert names["found"].all()
    assert names["votes"].spec.scores == "probabilities"
    assert 0 < names["brittle"].mean() < 1
    consistency = names["audit"].consistency
    assert names["threshold"].consistency.logit_threshold == consistency.logit_threshold
    assert (names["subspaces"].crossing >= 0).any()

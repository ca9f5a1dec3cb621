"""The page on pytest, followed to the letter."""

import re
import shutil
from xml.etree import ElementTree

import pytest

from robaudit.commands.pytest_plugin import hooks
from robaudit.commands.pytest_plugin.asking import ask
from robaudit.metrics.gates import Source
from tests.support.documents import blocks_in, shell_blocks
from tests.support.paths import DIGITS, EXAMPLES, ROOT
from tests.support.projects import LOADED

pytest_plugins = ["pytester"]

PAGE = "docs/pytest.md"
MADE = """
import numpy as np

def train():
    def answer(x):
        dark = x.mean(axis=(1, 2, 3)).clip(0, 1)
        return np.stack([dark, 1 - dark], axis=1)

    return answer

images = np.linspace(0, 1, 60).repeat(36).reshape(60, 6, 6, 1).astype(np.float32)
labels = (images[:, 0, 0, 0] < 0.5).astype(int)
"""


@pytest.mark.usefixtures("_imported")
def test_the_blocks_of_the_page_work(pytester: pytest.Pytester) -> None:
    tests, fixture = blocks_in(PAGE, "python")
    shutil.copy(DIGITS, pytester.path / "model.onnx")
    shutil.copy(EXAMPLES / "digits.npz", pytester.path / "test.npz")
    path = pytester.path / tests.splitlines()[0].removeprefix("# ")
    path.parent.mkdir()
    path.write_text(tests)
    path.with_name("test_made.py").write_text(MADE + fixture)
    (commands,) = shell_blocks(PAGE)
    for line in commands.splitlines():
        words = line.removeprefix("pytest").split()
        result = pytester.runpytest_inprocess(*LOADED, *words)
        result.assert_outcomes(passed=4)
    cases = list(ElementTree.parse(pytester.path / "junit.xml").getroot().iter("testcase"))
    (example,) = blocks_in(PAGE, "xml")
    names = {one.get("name") for case in cases for one in case.iter("property")}
    assert set(re.findall('name="(.*?)"', example)) <= names


def test_the_page_names_what_there_is() -> None:
    text = (ROOT / PAGE).read_text("utf-8")
    for name in ("robaudit_check", "robaudit_audit"):
        assert f"`{name}(" in text
        assert hasattr(hooks, name)
    words = {
        "pixel_range": (0, 255),
        "attack": ["pgd:steps=20", "fgsm"],
        "samples": 500,
        "baseline": "baseline.npz",
    }
    for name, value in words.items():
        assert f"{name}={value!r}".replace("'", '"') in text
    ask({"model": "model.onnx", **words}, Source("test_it.py", 1))

"""Files of strangers, a kind each: whatever they would do, nothing comes of it but a clear error.

The makers are in ``tests/support/hostile``; what is looked for, in its ``canaries``.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.hostile import (
    data_files,
    estimator_files,
    folders,
    keras_files,
    onnx_files,
    pickles,
    records,
    tensorflow_programs,
    torch_files,
)
from tests.support.hostile.canaries import MARKUP, SECRET_IN_ENVIRONMENT, SECRET_IN_FILE, Place
from tests.support.hostile.fixture import SCAN, Hostile
from tests.support.hostile.pickles import DATA
from tests.support.hostile.running import Forge, run_alone

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks, pipes and devices"),
]
MOST = (torch_files, pickles, onnx_files, estimator_files, data_files, records, folders)
LIGHT = [hostile for family in MOST for hostile in family.MADE]
OF_KERAS = [*keras_files.MADE, *tensorflow_programs.MADE]
EVERY = {hostile.name: hostile for hostile in (*LIGHT, *OF_KERAS)}


@pytest.fixture(scope="module")
def forge() -> Iterator[Forge]:
    """A process that has everything but TensorFlow."""
    with Forge("torch", "onnxruntime", "sklearn", "skops.io", "PIL.Image") as forge:
        yield forge


@pytest.fixture(scope="module")
def forge_of_keras() -> Iterator[Forge]:
    with Forge("keras", "tensorflow") as forge:
        yield forge


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path)
    with place.listening:
        yield place


def by_name(hostiles: Iterable[Hostile]) -> list[Any]:
    """Give what to parametrise with."""
    return [
        pytest.param(
            one,
            id=one.name,
            marks=[pytest.mark.xfail(strict=True, reason=one.gets_through)]
            if one.gets_through
            else [],
        )
        for one in hostiles
    ]


def test_no_two_are_called_the_same() -> None:
    assert len(EVERY) == len(LIGHT) + len(OF_KERAS)


@pytest.mark.parametrize("hostile", by_name(LIGHT))
def test_it_does_nothing(hostile: Hostile, place: Place, forge: Forge) -> None:
    ended = forge.run(place, hostile.make(place))
    assert place.harm(ended, hostile.words, hostile.out) == []


@pytest.mark.parametrize("hostile", by_name(OF_KERAS))
def test_of_keras_it_does_nothing(hostile: Hostile, place: Place, forge_of_keras: Forge) -> None:
    ended = forge_of_keras.run(place, hostile.make(place))
    assert place.harm(ended, hostile.words, hostile.out) == []


@pytest.mark.parametrize("name", ["plain model.pkl", "modules", "TorchScript bracket"])
def test_it_does_nothing_to_a_process_of_its_own(name: str, place: Place) -> None:
    hostile = EVERY[name]
    ended = run_alone(place, hostile.make(place))
    assert place.harm(ended, hostile.words, hostile.out) == []


@pytest.mark.parametrize("hostile", by_name(one for one in EVERY.values() if one.trusted))
def test_what_is_trusted_gets_through(
    hostile: Hostile, place: Place, request: pytest.FixtureRequest
) -> None:
    """Or the tests above would show nothing: files are as dangerous as they look."""
    forge: Forge = request.getfixturevalue("forge_of_keras" if hostile in OF_KERAS else "forge")
    ended = forge.run(place, [*hostile.make(place), "--trust-model"])
    harm = place.harm(ended, hostile.words, hostile.out)
    assert "the canary was written" in harm
    if "TorchScript" not in hostile.name:  # which can write files, and no more
        assert "there was a connection" in harm
        assert f"{SECRET_IN_ENVIRONMENT} was said" in harm
        assert f"{SECRET_IN_FILE} was said" in harm


HARM = {
    "open('../elsewhere/written', 'w')": "the canary was written",
    "socket.create_connection(ADDRESS)": "there was a connection",
    "print(os.environ['CANARY_IN_THE_ENVIRONMENT'])": f"{SECRET_IN_ENVIRONMENT} was said",
    "sys.exit(open('../elsewhere/secret').read())": f"{SECRET_IN_FILE} was said",
    "open('beside', 'w')": "work/beside was written",
    "open('../home/beside', 'w')": "home/beside was written",
    "os.remove('mine.py')": "mine.py is gone",
    "result('x.txt', open('../elsewhere/secret').read())": f"x.txt has {SECRET_IN_FILE}",
    f"result('x.html', {MARKUP!r})": "x.html has what a reader would run or obey",
    "result('x.md', '\\x1b[2J')": "x.md has what a reader would run or obey",
    "print('\\x1b[2J')": "the terminal was told to do something",
    "print('\\u202e', file=sys.stderr)": "the terminal was told to do something",
    "sys.stderr.write('Traceback (most recent call last)')": "no clear message",
    "os._exit(0)": "it is not refused, but ends with 0",
    "os._exit(1)": "it is not refused, but ends with 1",
    "os.abort()": "it is not refused, but ends with -6",
    "signal.alarm(1), time.sleep(9)": "it went on for ever",
    "1 / 0": "it is refused for another reason than --trust-model",
}


@pytest.mark.parametrize("line", HARM)
def test_each_harm_is_seen(line: str, place: Place, forge: Forge) -> None:
    """The tests are tested: code that does one thing, and a word for it."""
    (place.work / "mine.py").write_text(
        "import os, signal, socket, sys, time\n"
        f"ADDRESS = {place.listening.getsockname()}\n"
        "def result(name, text):\n"
        "    os.makedirs('out', exist_ok=True)\n"
        "    open('out/' + name, 'w').write(text)\n"
        f"def make():\n    {line}\n"
    )
    ended = forge.run(place, ["scan", "mine.py:make()", *DATA, *SCAN])
    assert any(HARM[line] in seen for seen in place.harm(ended, "--trust-model"))

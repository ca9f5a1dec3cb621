"""What is shown while work goes on."""

import io
import re

import pytest
from rich.console import Console

from robaudit.commands.terminal import ProgressDisplay, text_layout


def console(width: int = 100, **settings: bool) -> Console:
    return Console(file=io.StringIO(), width=width, **settings)  # type: ignore[arg-type]


def shown(on: Console) -> str:
    assert isinstance(on.file, io.StringIO)
    return on.file.getvalue()


@pytest.mark.parametrize("width", [40, 60, 120])
def test_a_terminal_gets_a_bar_with_speed_and_time_left(width: int) -> None:
    on = console(width, force_terminal=True)
    with ProgressDisplay(on, quiet=False) as progress:
        for done in (0, 1000, 2000):
            progress("search", done, 4000)
        progress("search", 4000, 4000)
    text = shown(on)
    assert "search" in text
    assert "4000/4000" in text
    assert ("rays/s" in text) == (width >= 60)
    lines = re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text))
    assert max(map(len, lines)) <= width
    assert "…" not in text


def test_elsewhere_lines_say_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 5.0, 12.0, 20.0])
    monkeypatch.setattr("robaudit.commands.terminal.time.monotonic", lambda: next(clock))
    on = console()
    with ProgressDisplay(on, quiet=False) as progress:
        for done in (0, 1000, 2400, 4000):
            progress("search", done, 4000)
    assert shown(on).splitlines() == [
        "search: 2,400 of 4,000 rays, 200 a second, 8 s left",
        "search: 4,000 of 4,000 rays, 200 a second",
    ]


def test_the_end_of_a_stage_is_said_once() -> None:
    on = console()
    with ProgressDisplay(on, quiet=False) as progress:
        for done, total in ((0, 5), (5, 5), (5, 5), (5, 9), (9, 9)):
            progress("attacks", done, total)
    assert shown(on).splitlines() == ["attacks: 5 of 5 samples", "attacks: 9 of 9 samples"]


def test_stages_within_stages_are_counted_in_their_own_units(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = iter([0.0, 20.0])
    monkeypatch.setattr("robaudit.commands.terminal.time.monotonic", lambda: next(clock))
    on = console()
    with ProgressDisplay(on, quiet=False) as progress:
        for done in (0, 5):
            progress("seed 1: round 2: training", done, 5)
    assert shown(on) == "seed 1: round 2: training: 5 of 5 epochs, 0.25 a second\n"


def test_quiet_shows_nothing() -> None:
    for on in (console(), console(force_terminal=True)):
        with ProgressDisplay(on, quiet=True) as progress:
            progress("search", 1, 1)
        assert shown(on) == ""


def test_colour_is_for_terminals_that_want_it() -> None:
    assert not text_layout(console()).colour
    assert text_layout(console(force_terminal=True)).colour
    assert not text_layout(console(force_terminal=True, no_color=True)).colour

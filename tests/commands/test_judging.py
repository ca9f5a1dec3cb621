"""What a command adds to the record of an audit."""

import json
from pathlib import Path

from tests.support.files import Run
from tests.support.paths import DIGITS


def test_the_record_and_its_page_have_the_command_that_repeats_the_audit(
    run: Run, tmp_path: Path
) -> None:
    assert run("-o", "with space", "-q") == 0
    folder = tmp_path / "with space"
    command = json.loads((folder / "audit.json").read_text())["environment"]["command"]
    assert command.startswith(f"robaudit scan {DIGITS} ")
    assert command.endswith(" -o 'with space' -q")
    assert "-o &#39;with space&#39; -q</code>" in (folder / "report.html").read_text()

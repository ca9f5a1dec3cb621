"""How much memory is free, in a container too."""

import subprocess
import sys
from pathlib import Path

import pytest

from robaudit.storage import memory


@pytest.mark.parametrize(
    ("most", "taken", "left"),
    [
        ("memory.max", "memory.current", 700),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", 700),
        (None, "memory.current", None),
    ],
)
def test_a_container_may_have_less_memory_than_the_machine(
    most: str | None,
    taken: str,
    left: int | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = memory.free_memory()
    monkeypatch.setattr(memory, "_GROUPS", tmp_path)
    (tmp_path / taken).parent.mkdir(exist_ok=True)
    (tmp_path / (most or "memory.max")).write_text("1000\n" if most else "max\n")
    (tmp_path / taken).write_text("400\n")
    (tmp_path / taken).with_name("memory.stat").write_text("anon 300\ninactive_file 100\n")
    found = memory.free_memory()
    assert found == left if left else found > 0.5 * whole


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="no /proc")
def test_what_a_process_has_begun_counts_with_it() -> None:
    hold = "x = b'1' * 2**26; print(1, flush=True); input()"
    begin = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {hold!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", begin], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert memory.memory_of(process.pid) < 2**26 < memory.memory_of_all(process.pid) < 2**28
        process.communicate(b"\n")

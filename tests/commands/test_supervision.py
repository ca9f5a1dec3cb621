"""The process that is watched: what it may take, how it may end, and what is left of it."""

import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from robaudit.commands.supervision import set_limits
from robaudit.errors import UsageError
from tests.support.files import SMALL_SCAN
from tests.support.page_faults import PAGES_OF_EACH, TIMES
from tests.support.paths import DIGITS, EXAMPLES, ROOT
from tests.support.small_onnx import make_onnx

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that fork")

PREDICT = """
import os, signal, sys, threading, time
import numpy as np

def predict(x):
    scores = np.asarray(x).reshape(len(x), -1)[:, :10]
    {what}
    return scores
"""
DATA = ["--data", str(EXAMPLES / "digits.npz")]


def robaudit(folder: Path, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "robaudit", *arguments],
        cwd=folder,
        env={**os.environ, "TMPDIR": str(_temporary(folder)), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_heed_signals,  # noqa: PLW1509 - it calls nothing that could wait
    )


def _heed_signals() -> None:
    """Start as from a terminal, whoever started the tests: nohup has signals be ignored."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def _temporary(folder: Path) -> Path:
    temporary = folder.parent / f"{folder.name}-temporary"
    temporary.mkdir(exist_ok=True)
    return temporary


def scan_function(folder: Path, what: str, *arguments: str) -> "subprocess.Popen[str]":
    """Scan a function that does something else, too."""
    (folder / "net.py").write_text(PREDICT.format(what=what))
    shape = ["--input-shape", "1,8,8", "--scores", "logits"]
    return robaudit(folder, "scan", "net:predict", *DATA, *shape, *SMALL_SCAN, *arguments)


def outcome(process: "subprocess.Popen[str]", folder: Path) -> str:
    """Wait for the end with exit code 2 and one message; give it."""
    out, err = process.communicate(timeout=60)
    assert process.returncode == 2, err
    assert "Traceback" not in err
    assert out == ""
    assert not (folder / "robaudit-report").exists()
    assert list(_temporary(folder).iterdir()) == []
    (message,) = [line for line in err.splitlines() if line.startswith("robaudit: ")]
    return message


def endless_model() -> onnx.ModelProto:
    """Add the input to itself a thousand million times a thousand million times."""
    step = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["go_on"]),
            helper.make_node("Add", ["sum", "small"], ["more"]),
        ],
        "step",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("sum", TensorProto.FLOAT, ["n", 10]),
        ],
        [
            helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("more", TensorProto.FLOAT, ["n", 10]),
        ],
    )
    weights = {
        "w": np.eye(64, 10, dtype=np.float32),
        "count": np.int64(10**18),
        "yes": np.bool_(True),
        "small": np.float32(1e-9),
    }
    nodes = [
        helper.make_node("Flatten", ["x"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w"], ["scores"]),
        helper.make_node("Loop", ["count", "yes", "scores"], ["y"], body=step),
    ]
    return make_onnx(nodes, weights, ["n", 1, 8, 8], ["n", 10])


def test_a_model_that_never_answers_ends_at_the_timeout(tmp_path: Path) -> None:
    onnx.save(endless_model(), tmp_path / "model.onnx")
    started = time.monotonic()
    process = robaudit(tmp_path, "scan", "model.onnx", *DATA, "--timeout", "5")
    assert "not done after 5 s" in outcome(process, tmp_path)
    assert 5 < time.monotonic() - started < 15


def test_an_interrupt_ends_what_heeds_no_signal(tmp_path: Path) -> None:
    onnx.save(endless_model(), tmp_path / "model.onnx")
    process = robaudit(tmp_path, "scan", "model.onnx", *DATA)
    time.sleep(4)
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    _, err = process.communicate(timeout=60)
    assert time.monotonic() - started < 2
    assert (process.returncode, err) == (130, "robaudit: interrupted\n")
    assert list(_temporary(tmp_path).iterdir()) == []


def test_memory_has_a_limit(tmp_path: Path) -> None:
    grow = "kept = [np.ones(2**24) for _ in range(12) if not time.sleep(0.1)]"
    message = outcome(scan_function(tmp_path, grow, "--memory-limit", "500M"), tmp_path)
    assert "more than 0.49 GiB" in message
    assert "--memory-limit" in message


def test_without_a_limit_of_its_own_opening_has_one(tmp_path: Path) -> None:
    limit = "import robaudit.commands.watch as s; s._SECONDS_TO_OPEN = 1"
    (tmp_path / "net.py").write_text(PREDICT.format(what="time.sleep(60)"))
    program = f"{limit}; import sys; from robaudit.__main__ import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", program, "scan", "net:predict", *DATA, "--input-shape", "1,8,8"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2
    assert "has not given an answer within 1 s" in done.stderr


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("os._exit(0)", "ended, with code 0"),
        ("os._exit(7)", "ended, with code 7"),
        ("sys.exit(0)", "ends the program"),
        ("threading.Thread(target=os._exit, args=(0,)).start(); time.sleep(5)", "with code 0"),
        (
            "threading.Thread(target=int, args=('x',)).start(); time.sleep(5)",
            "a thread fails (ValueError",
        ),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
        ("os.kill(os.getpid(), signal.SIGBUS)", "expected data and model files that stay as they"),
        ("os.abort()", "SIGABRT"),
        (
            "signal.signal(signal.SIGALRM, lambda *_: sys.exit(0)); signal.setitimer("
            "signal.ITIMER_REAL, 0.01); time.sleep(1)",
            "ends the program",
        ),
    ],
)
def test_code_of_the_model_that_ends_the_process_is_an_error(
    what: str, said: str, tmp_path: Path
) -> None:
    assert said in outcome(scan_function(tmp_path, what), tmp_path)


def test_what_goes_on_after_the_work_is_ended(tmp_path: Path) -> None:
    """A thread of the model's that never ends holds nothing up, nor changes the exit code."""
    forever = "threading.Thread(target=time.sleep, args=(600,)).start()"
    process = scan_function(tmp_path, forever, "-q")
    assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == 0
    assert (tmp_path / "robaudit-report/audit.json").is_file()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_it_as_shells_expect(number: signal.Signals, tmp_path: Path) -> None:
    """A model that catches whatever is raised is ended all the same."""
    stubborn = "\n    while True:\n        try: time.sleep(60)\n        except BaseException: pass"
    process = scan_function(tmp_path, stubborn)
    time.sleep(3)
    process.send_signal(number)
    started = time.monotonic()
    _, err = process.communicate(timeout=60)
    assert time.monotonic() - started < 2
    assert (process.returncode, err) == (128 + number, "robaudit: interrupted\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_scan_that_is_ended_by_a_signal_goes_on(number: signal.Signals, tmp_path: Path) -> None:
    slow = "time.sleep(float(os.environ.get('SLOW', 0)))"
    (tmp_path / "net.py").write_text(PREDICT.format(what=slow))
    shape = ["--input-shape", "1,8,8", "--scores", "logits", "--batch-size", "8"]
    known = ["--mean", "0", "--std", "1"]  # or two dozen candidates were tried
    asked = ["scan", "net:predict", *DATA, *shape, *known, *SMALL_SCAN, "--samples", "300"]
    process = robaudit(tmp_path, *asked, SLOW="0.02")
    blocks, waited = tmp_path / "robaudit-report/.robaudit/own.blocks", 0.0
    while not (blocks.exists() and blocks.stat().st_size) and waited < 240:
        waited += 0.1
        time.sleep(0.1)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    if number == signal.SIGKILL:
        assert process.returncode == -number
    else:
        assert process.returncode == 128 + number
        assert "the same command goes on from here" in err
    assert ("once more ends at once" in err) == (number == signal.SIGINT)
    again = robaudit(tmp_path, *asked)
    _, err = again.communicate(timeout=60)
    assert again.returncode == 0
    assert "goes on where it stopped" in err
    assert {path.name for path in (tmp_path / "robaudit-report").iterdir()} == {
        "audit.json",
        "rays.npz",
        "report.html",
    }
    assert list(_temporary(tmp_path).iterdir()) == []


@pytest.mark.parametrize("asked", [["--version"], ["--help"], ["scan", "--help"]])
def test_help_is_no_failure(asked: list[str], tmp_path: Path) -> None:
    process = robaudit(tmp_path, *asked)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert out.startswith(("usage: robaudit", "robaudit "))


def test_a_fault_of_ours_is_shown_as_python_shows_it(tmp_path: Path) -> None:
    process = robaudit(tmp_path, "scan", "none.onnx", ROBAUDIT_DEBUG="1")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Traceback" in err
    assert "ended" not in err


@pytest.mark.skipif(shutil.which("nohup") is None, reason="there is no nohup here")
def test_a_signal_that_was_ignored_before_stays_ignored(tmp_path: Path) -> None:
    """A run that was to outlive its terminal does."""
    command = ["nohup", sys.executable, "-m", "robaudit", "scan", DIGITS, *SMALL_SCAN, "-q"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL) as process:
        time.sleep(1)
        process.send_signal(signal.SIGHUP)
        assert process.wait(timeout=60) == 0
    assert (tmp_path / "robaudit-report/audit.json").is_file()


def test_who_is_killed_takes_the_work_along(tmp_path: Path) -> None:
    (tmp_path / "pid").unlink(missing_ok=True)
    tell = "open('pid', 'w').write(str(os.getpid())); time.sleep(60)"
    process = scan_function(tmp_path, tell)
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        time.sleep(0.1)
    child = int((tmp_path / "pid").read_text())
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 5
    while Path(f"/proc/{child}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{child}").exists()


def test_limits_are_not_promised_where_nobody_watches() -> None:
    set_limits(seconds=None, memory=None)
    with pytest.raises(UsageError, match="limits on time and memory"):
        set_limits(seconds=1.0, memory=None)


def test_temporary_files_go_with_the_run(tmp_path: Path) -> None:
    process = robaudit(tmp_path, "scan", DIGITS, *SMALL_SCAN, "-q")
    assert process.communicate(timeout=60) == ("", "")
    assert list(_temporary(tmp_path).iterdir()) == []


def test_no_room_for_temporary_files_is_no_reason_to_stop(tmp_path: Path) -> None:
    process = robaudit(tmp_path, "adapters", TMPDIR="/proc/none")
    assert "onnx" in process.communicate(timeout=60)[0]
    assert process.returncode == 0


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs the C library of GNU")
def test_memory_that_is_freed_is_not_asked_for_anew_page_by_page() -> None:
    script = """
import sys
from robaudit.commands.supervision import supervised

def count():
    from tests.support.page_faults import pages_asked_for
    print(pages_asked_for())
    return 0

count() if sys.argv[1] == "alone" else supervised(count)
"""
    usual = {name: value for name, value in os.environ.items() if "MALLOC" not in name}
    alone, supervised = (
        int(
            subprocess.check_output(
                [sys.executable, "-c", script, how],
                cwd=ROOT,
                env={**usual, "NUMPY_MADVISE_HUGEPAGE": "0"},
            )
        )
        for how in ("alone", "supervised")
    )

    assert alone > TIMES * PAGES_OF_EACH / 2
    assert supervised < PAGES_OF_EACH / 2

"""A hardening in parts comes to what one process does."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from robaudit.commands import harden as command
from robaudit.commands import harden_workers
from robaudit.commands.jobs import Job, open_job
from robaudit.hardening import retraining
from robaudit.storage.work_folder import NAME
from tests.support.commands import Harden, read_comparison

MORE = ("--seeds", "2", "--keep", "last", "--train-batch-size", "300")


def lasting(value: Any) -> Any:
    if isinstance(value, dict):
        but = {"environment", "seconds", "files", "command"}
        return {name: lasting(of) for name, of in value.items() if name not in but}
    return [lasting(of) for of in value] if isinstance(value, list) else value


def test_parts_together_are_what_one_process_does(
    harden: Harden, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds, trained = list[int](), retraining._train

    def train(run: Any, *more: Any) -> Any:
        seeds.append(run.seed)
        return trained(run, *more)

    monkeypatch.setattr(retraining, "_train", train)
    assert harden(*MORE) == 0
    assert seeds == [0, 1]
    whole, model = lasting(read_comparison()), Path("out/hardened.onnx").read_bytes()
    kept, of_parts = list[str](), list[list[int]]()

    def in_turn(
        make_job: Callable[[int], Job], _classifier: Any, images: Sequence[Any], **_: Any
    ) -> int:
        job = make_job(1)
        opened = open_job(job, images=tuple(images))
        for part in range(1, job.of + 1):
            seeds.clear()
            opened.do(part, job.folder, f"part-{part}", lambda: False)
            of_parts.append([*seeds])
        kept.extend(sorted(path.name for path in Path("out", NAME).glob("*.blocks")))
        return 0

    monkeypatch.setattr(harden_workers, "work_on_ray", in_turn)
    monkeypatch.setattr(command, "check_ray", lambda: None)
    assert harden(*MORE, "--force", "--engine", "ray") == 0
    assert of_parts == [[], [0], [1]]
    assert kept == ["part-1.blocks", "part-2.blocks", "part-3.blocks"]
    assert lasting(read_comparison()) == whole
    assert Path("out/hardened.onnx").read_bytes() == model
    assert not Path("out", NAME).exists()

"""The real models that are searched."""

from pathlib import Path

from benchmarks.search.subjects import SUBJECTS, chosen, missing


def test_every_real_subject_names_files_that_are_there(shared: Path) -> None:
    assert [one.name for one in SUBJECTS.values() if missing(one, shared)] == []
    assert [one.name for one in chosen(["mnist-c*"], shared)] == [
        *("mnist-cntk-opset8", "mnist-colt-0.1", "mnist-convex-adv")
    ]

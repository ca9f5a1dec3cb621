"""The simulated life of a repository: equal models pass, losses are told."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.baselines import ALL_GATES, alarms, caught, exchange, with_loss
from robaudit.cli import main
from robaudit.record.baseline_file import read_either
from robaudit.record.findings import Findings
from robaudit.verdict.baseline import ERROR, evaluate_against, usual_drops
from tests.support.comparisons import differences, named
from tests.support.files import read_record
from tests.support.lives import attacked

Pair = tuple[Findings, Findings]
BEFORE, AFTER = "mnist-leakyrelu-5x20", "mnist-softmax-last"
_ATTACKS = ("--attack", "fgsm:epsilon=0.03", "--attack", "pgd:epsilon=0.03")


@pytest.fixture(scope="module")
def small() -> Pair:
    return attacked(), attacked(0.3)


@pytest.fixture(scope="module")
def real(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Audit two models of other people on 1,000 images of MNIST, all of them attacked."""
    folder, size = tmp_path_factory.mktemp("real"), ("--effort", "quick", "--attack-samples")
    data = ("--data", str(shared / "data" / "mnist.npz"), "-q")
    for name in (BEFORE, AFTER):
        model = str(shared / "models" / f"{name}.onnx")
        out = ("-o", str(folder / name))
        assert main(["scan", model, *data, *size, "1000", *_ATTACKS, *out]) == 0
    return read_either(folder / BEFORE), read_either(folder / AFTER)


def test_exchanged_answers_are_those_of_either_model(small: Pair) -> None:
    one, other = exchange(*small, np.random.default_rng(0))
    for first, last, mixed, back in (
        (small[0].predicted, small[1].predicted, one.predicted, other.predicted),
        (small[0].rays.step, small[1].rays.step, one.rays.step, other.rays.step),
    ):
        swapped = first != mixed
        np.testing.assert_array_equal(mixed[swapped], last[swapped])
        np.testing.assert_array_equal(first + last, mixed + back)
        assert 0 < swapped.sum() < (first != last).sum()
    assert named(differences(one, other), "accuracy")["difference"] is not None


def test_equal_models_seldom_fail(small: Pair) -> None:
    """No more of 100 than 1 % would show in 999 of 1,000 studies."""
    assert (alarms(*small, ALL_GATES, 100) > 0).sum() <= 5


def test_losses_of_5_points_are_told() -> None:
    assert caught(1000, 0.05, 0.10, 100) >= 0.95
    assert caught(1000, 0.001, 0.10, 30) <= 0.1


@pytest.mark.slow
def test_of_equal_real_models_at_most_1_percent_fail(real: Pair) -> None:
    failed = alarms(*real, ALL_GATES, 2000) > 0
    assert failed.mean() <= ERROR


@pytest.mark.slow
def test_losses_of_a_real_model_are_told_in_95_percent(real: Pair) -> None:
    random, told = np.random.default_rng(0), 0
    for _ in range(300):
        worse = with_loss(real[0], 0.075, 0.025, random)
        gates = evaluate_against(usual_drops(real[0]), worse, real[0])
        told += gates[-1].outcome == "failed"
    assert told >= 0.95 * 300


def live(commits: int, shared: Path, folder: Path) -> None:
    """Scan an unchanged model at each of so many commits, and hold it against the first."""
    model = str(shared / "models" / f"{AFTER}.onnx")
    scan = ["scan", model, "--data", str(shared / "data" / "mnist.npz"), "-q"]
    first, kept = str(folder / "first"), str(folder / "b.npz")
    size = ("--effort", "quick", "--samples", "100", "--seed", "5")
    assert main([*scan, *size, *_ATTACKS, "-o", first]) == 0
    assert main(["baseline", "write", first, "-o", kept, "-q"]) == 0
    one = read_record(Path(first))
    for commit in range(commits):
        out = folder / str(commit)
        assert main([*scan, "--baseline", kept, "-o", str(out)]) == 0
        now = read_record(out)
        for part in ("clean", "margins", "inequality", "plan"):
            assert now[part] == one[part], (commit, part)
        assert {gate["value"] for gate in now["gates"]} == {0.0}


@pytest.mark.parametrize("commits", [3, pytest.param(30, marks=pytest.mark.slow)])
def test_an_unchanged_model_gives_equal_figures_at_each_commit(
    commits: int, shared: Path, tmp_path: Path
) -> None:
    live(commits, shared, tmp_path)

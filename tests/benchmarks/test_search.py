"""The benchmark of the search: its pieces run and count rightly. Nothing here is timed."""

import doctest
import json
import subprocess
import sys
from dataclasses import replace
from multiprocessing import Pipe
from pathlib import Path
from threading import Thread
from types import ModuleType

import numpy as np
import onnx
import pytest

from benchmarks.search import figures, scale, tables, whole
from benchmarks.search.__main__ import main
from benchmarks.search.figures import (
    Result,
    disagreements,
    fewer_probes,
    figures_of,
    geometric_mean,
    kept_speed,
    saved_by_tracing,
    summaries,
)
from benchmarks.search.measuring import measure
from benchmarks.search.multiply_adds import count_in_graph, count_in_module
from benchmarks.search.networks import NETWORKS, export, settled_network
from benchmarks.search.processes import Facts, Memory, Watch, _serve, in_this_process
from benchmarks.search.subjects import SHARED, SUBJECTS, Subject, chosen, missing, open_bench
from benchmarks.search.tables import (
    fallbacks,
    ratios_table,
    summary_table,
    told_otherwise,
    ways_table,
)
from benchmarks.search.turns import Stopwatch, Turn
from benchmarks.search.ways import WAYS
from robaudit import SearchPlan
from robaudit.search.rays import NONE
from tests.support.paths import ROOT

PLAN = SearchPlan(samples=3, directions=4, signs=2, step=0.05, steps=6)
RAYS = 24
# A convolution of 1 to 32 channels, one of 32 to 64, both 3x3 on 28x28, and two products.
CNN = 28 * 28 * 32 * 9 + 28 * 28 * 64 * 32 * 9 + 14 * 14 * 64 * 128 + 128 * 10


def tiny(runtime: str = "onnx") -> Subject:
    return replace(SUBJECTS["mlp" if runtime == "onnx" else "mlp-torch"], plan=PLAN)


def turn(
    step: list[int], adjacent: list[int], *, seconds: float = 2.0, probes: int = 100
) -> tuple[Turn, Memory]:
    found = np.asarray(step), np.asarray(adjacent)
    return Turn(seconds, probes, len(step), 0.5, 128, *found), Memory(10, 30)


def test_multiply_adds_of_modules_and_graphs(tmp_path: Path) -> None:
    x = np.random.default_rng(0).random((4, 1, 28, 28), dtype=np.float32)
    network = settled_network("cnn", x)
    assert count_in_module(network, x[:1]) == CNN
    export(network, x, tmp_path / "cnn.onnx")
    assert count_in_graph(onnx.load(tmp_path / "cnn.onnx"), x[:1]) == CNN


def test_residual_networks_are_of_the_usual_size() -> None:
    for name, shape, millions in (("resnet20", (3, 32, 32), 41), ("resnet50", (3, 224, 224), 4089)):
        count = count_in_module(NETWORKS[name]().eval(), np.zeros((1, *shape), dtype=np.float32))
        assert round(count / 1e6) == millions


def test_settled_networks_see_several_classes() -> None:
    x = np.random.default_rng(0).random((20, 3, 32, 32), dtype=np.float32)
    x *= np.linspace(0.1, 1, 20, dtype=np.float32)[:, None, None, None]
    bench = open_bench(replace(SUBJECTS["resnet20-torch"], plan=replace(PLAN, samples=20)))
    assert len(set(bench.start.tolist())) > 1
    again = settled_network("resnet20", x), settled_network("resnet20", x)
    one, other = (network.state_dict().values() for network in again)
    assert all((a == b).all() for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("runtime", ["onnx", "torch"])
def test_the_ways_find_the_same_crossings_and_count_their_probes(runtime: str) -> None:
    bench = open_bench(tiny(runtime))
    found = {}
    for name in ("linear", "traced", "authors"):
        way = WAYS[name](bench, 0.01)
        assert not isinstance(way, str)
        found[name] = way(3)
        assert found[name].rays == RAYS
        assert 0 < found[name].in_model <= 1
    linear = found["linear"]
    assert linear.step is not None
    assert (linear.step != NONE).any()
    every_step = np.where(linear.step == NONE, PLAN.steps, linear.step).sum()
    assert found["authors"].probes == every_step
    assert linear.linear_probes == every_step
    assert every_step <= linear.probes <= 1.5 * every_step  # near ties are probed again
    for name in ("traced", "authors"):
        assert disagreements(found[name], linear) == (0, RAYS)


def test_the_bare_model_is_run_at_one_of_some_batch_sizes() -> None:
    way = WAYS["bare"](open_bench(tiny()), 0.01)
    assert not isinstance(way, str)
    bare = way(1)
    assert bare.probes % bare.batch_size == 0
    assert bare.probes > 0
    assert bare.rays == 0


def test_foolbox_runs_on_models_of_torch() -> None:
    assert WAYS["foolbox"](open_bench(tiny()), 0.01) == "torch models only"
    way = WAYS["foolbox"](open_bench(tiny("torch")), 0.01)
    if isinstance(way, str):
        assert way == "not installed"
        pytest.skip("Foolbox is not installed")
    blended = way(3)
    assert blended.rays % 3 == 0
    assert blended.probes > blended.rays > 0


def test_disagreements_are_counted_over_rays_that_both_walked() -> None:
    linear = turn([1, NONE, 3, 2], [5, NONE, 5, 5])[0]
    assert disagreements(linear, linear) == (0, 4)
    assert disagreements(turn([1, NONE, 2, 2], [5, NONE, 5, 6])[0], linear) == (2, 4)
    assert disagreements(turn([2, NONE], [5, NONE])[0], linear) == (1, 2)
    assert disagreements(replace(linear, step=None), linear) is None


def test_figures_are_medians_of_the_turns() -> None:
    turns = [turn([1, 2], [3, 3], seconds=one) for one in (1.0, 2.0, 50.0)]
    summed = figures_of(turns)
    assert (summed.probes_per_second, summed.rays_per_second) == (50, 1)
    assert (summed.probes_per_ray, summed.added_memory, summed.turns) == (50, 20, 3)
    assert geometric_mean([]) is None


def test_ways_are_compared_turn_by_turn() -> None:
    def way(slowness: list[float], steps: int) -> figures.Figures:
        """Have a way take so many steps in each turn, of these durations."""
        turns = [turn([1], [3], seconds=one, probes=2 * steps) for one in slowness]
        return figures_of([(replace(one, linear_probes=steps), memory) for one, memory in turns])

    # The machine slows down for two turns, and again within the third.
    ways = {"traced": way([1, 4, 4], 600), "authors": way([2, 8, 2], 300)}
    ways |= {"linear": ways["traced"], "bare": ways["authors"]}
    result = Result(tiny(), Facts(1, 1, 10, ""), ways, {}, {})
    assert figures.rays(result, "traced", "authors") == kept_speed(result) == 4
    assert ways["traced"].probes_per_second / ways["authors"].probes_per_second == 1


def test_rays_walked_in_full_are_taken_out_of_what_tracing_saves() -> None:
    traced, memory = turn([1] * 10, [3] * 10, probes=2 * 20 + 8 * 4)
    traced = replace(traced, walked_in_full=2, linear_probes=200)  # 20 probes a ray
    result = Result(
        tiny(), Facts(1, 10, 10, ""), {"traced": figures_of([(traced, memory)])}, {}, {}
    )
    assert fewer_probes(result) == pytest.approx(20 / 7.2)
    assert saved_by_tracing(result) == pytest.approx(5)


def test_one_model_is_measured_and_written_down(tmp_path: Path) -> None:
    result, numbers = measure(tiny(), in_this_process(tiny(), tmp_path, 0.01), rounds=2)
    assert set(result.ways) == {"bare", "linear", "traced", "authors"}
    assert result.left_out == {"foolbox": "torch models only"}
    assert result.disagreements == {"traced": (0, RAYS), "authors": (0, RAYS)}
    assert (result.facts.rays, result.facts.multiply_adds) == (RAYS, 784 * 100 + 100 * 10)
    assert result.ways["traced"].fallback
    assert [len(turns) for turns in numbers["turns"].values()] == [2, 2, 2, 2]
    json.dumps(numbers, allow_nan=False)
    (given_up,) = fallbacks([result, result])
    assert given_up.endswith(f"{result.ways['traced'].fallback}: mlp, mlp")
    assert "0 of 0 rays" in told_otherwise([result])  # it was given up
    kept = replace(result.ways["traced"], fallback="")
    result_kept = replace(result, ways={**result.ways, "traced": kept})
    assert f"0 of {2 * RAYS} rays" in told_otherwise([result_kept, result_kept])
    means = {one.name: one for one in summaries([result])}
    assert means["linear probes/s / bare, tiny"].models == 1
    assert means["linear probes/s / bare, a million multiply-adds or more"].mean is None
    for text in (ratios_table([result]), ways_table([result]), summary_table([*means.values()])):
        lines = text.splitlines()
        assert len(lines) > 2
        assert len({line.count("|") for line in lines}) == 1


def test_the_linear_search_walks_from_as_many_samples_as_it_is_told(tmp_path: Path) -> None:
    subject = replace(tiny(), linear_samples=2)
    result, numbers = measure(subject, in_this_process(subject, tmp_path, 0.01), rounds=1)
    (linear,), (traced,) = (numbers["turns"][way] for way in ("linear", "traced"))
    assert (linear["rays"], traced["rays"]) == (2 * PLAN.rays_per_sample, RAYS)
    assert linear["linear_probes"] < traced["linear_probes"]
    assert result.disagreements["traced"] == (0, 2 * PLAN.rays_per_sample)


def test_a_process_takes_turns_until_nobody_asks(tmp_path: Path) -> None:
    here, there = Pipe()
    thread = Thread(target=_serve, args=(there, tiny(), tmp_path, "linear", 0.01))
    thread.start()
    facts, left_out = here.recv()
    assert (facts.rays, left_out) == (RAYS, "")
    for samples in (3, 1):
        here.send(samples)
        walked, memory = here.recv()
        assert walked.rays == samples * PLAN.rays_per_sample
        assert memory.peak > 0
    here.close()
    thread.join(timeout=30)
    assert not thread.is_alive()


def test_what_goes_wrong_in_a_process_is_told(tmp_path: Path) -> None:
    here, there = Pipe()
    _serve(there, replace(tiny(), file="none.onnx"), tmp_path, "linear", 0.01)
    error = here.recv()
    assert isinstance(error, RuntimeError)
    assert "none.onnx" in str(error)


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux")
def test_memory_that_was_let_go_again_is_seen() -> None:
    script = (
        "import numpy as np\n"
        f"from {Watch.__module__} import Watch\n"
        "watch = Watch()\n"
        "np.ones(50_000_000, dtype=np.uint8)\n"
        "memory = watch.memory()\n"
        "print(memory.peak - memory.before)\n"
    )
    # In a process of its own: this one may have more memory at hand than it uses.
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert int(done.stdout) > 45_000_000


@pytest.mark.parametrize("module", [figures, tables])
def test_examples_in_docstrings_are_true(module: ModuleType) -> None:
    found = doctest.testmod(module)
    assert found.attempted > 0
    assert found.failed == 0


def test_memory_is_measured_for_plans_of_so_many_rays() -> None:
    for rays in scale.RAYS:
        plan = scale.plan_of(rays, "linear")
        assert plan.samples * plan.rays_per_sample == rays
        assert plan.directions <= 28 * 28
    memory = scale.measure_search(2000, "linear")
    assert memory.peak >= memory.before > 0


def test_a_stopwatch_passes_on_what_it_times() -> None:
    watched = Stopwatch(np.searchsorted)
    assert watched([3, 5, 8], 5) == 1
    assert watched([3], 5) == 1
    assert watched.seconds > 0
    assert watched.rows == 4
    assert watched.__name__ == "searchsorted"


def test_every_real_subject_names_files_that_are_there(shared: Path) -> None:
    assert [one.name for one in SUBJECTS.values() if missing(one, shared)] == []
    assert [one.name for one in chosen(["mnist-c*"], shared)] == [
        *("mnist-cntk-opset8", "mnist-colt-0.1", "mnist-convex-adv")
    ]


def test_the_command_prints_tables_and_writes_all_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["mlp-torch", "--quick", "-o", str(tmp_path / "search.json")])
    printed = capsys.readouterr()
    assert "| mlp-torch | 79.4 k | 80 | 0 |" in printed.out
    assert "done" in printed.err
    numbers = json.loads((tmp_path / "search.json").read_text())
    assert [one["name"] for one in numbers["models"]] == ["mlp-torch"]
    assert "torch" in numbers["machine"]
    with pytest.raises(SystemExit, match="no such model"):
        main(["nothing-of-that-name"])


@pytest.mark.skipif(not (SHARED / "data/mnist.npz").is_file(), reason="no shared MNIST here")
@pytest.mark.parametrize("runtime", ["onnx", "torch"])
def test_whole_searches_are_timed(
    runtime: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (("_TRAINED_ON", 64), ("_EPOCHS", 1), ("_TESTED_ON", 32), ("_MATRIX", 64)):
        monkeypatch.setattr(whole, name, value)
    words = ["mnist", "--samples", "1", "--runtime", runtime, "--device", "cpu"]
    monkeypatch.setattr("sys.argv", ["whole", *words, "--shared", str(SHARED)])
    whole.main()
    head, _, row = (line.split("|")[1:-1] for line in capsys.readouterr().out.splitlines()[-3:])
    found = dict(zip((one.strip() for one in head), (one.strip() for one in row), strict=True))
    assert found["rays"] == "1,568"
    assert found["multiply-adds"] == "16,283,392"
    assert float(found["probes/ray"]) >= 1
    assert found["of linear"] == "1 / 1.00"  # too few rays to leave any step out

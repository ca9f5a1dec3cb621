"""Hardenings that were cut off anywhere go on to what they would have come to."""

import gc
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robaudit import Classifier, SearchPlan, TrainPlan
from robaudit.hardening import Judge, make_judge, resuming
from robaudit.hardening.runs import Kept
from robaudit.storage.latest import Latest
from robaudit.types import FloatArray, IntArray
from tests.support.affine_hardening import random_affine
from tests.support.cut_hardening import FEEDBACK, PLANS, Work, assert_same_run, hardened, weak


@pytest.fixture(autouse=True)
def _at_each_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a state written after each batch, and wait for no disk."""
    monkeypatch.setattr(resuming, "SECONDS", 0.0)
    monkeypatch.setattr("os.fsync", lambda _number: None)


def test_the_plans_differ_in_which_epoch_they_keep() -> None:
    kept = [run.kept for plan in PLANS.values() if (run := hardened(plan, None, Work()))]
    expected = [(1, 4), (1, 1), (1, 4), (1, 2), None, (2, 1), (1, 1), (1, 3), None]
    expected += [(1, 1), (1, 1), (1, 3)]
    assert kept == [None if each is None else Kept(*each) for each in expected]
    halved = hardened(PLANS["within half"], None, Work())
    assert halved is not None
    assert halved.budget == 0.1, "what was trained second is kept"
    assert set(halved.rounds[0].seconds) == {"search", "training", "training within 0.2"}


@pytest.mark.parametrize("name", PLANS)
def test_cut_off_before_any_batch_it_comes_to_the_same(name: str, tmp_path: Path) -> None:
    """Nothing is done twice, and no more than two states of a training lie there."""
    plan, whole = PLANS[name], Work()
    wanted = hardened(plan, None, whole)
    for cut in range(whole.batches):
        folder = tmp_path / str(cut)
        folder.mkdir()
        before, after = Work(cut=cut), Work()
        assert hardened(plan, folder, before) is None
        assert len(list(folder.glob("*.latest"))) <= 2 * plan.rounds * (1 + plan.budget_halvings)
        assert_same_run(hardened(plan, folder, after), wanted)
        assert before.batches + after.batches == whole.batches
        assert before.judged + after.judged == whole.judged


@pytest.mark.parametrize("name", PLANS)
def test_cut_off_before_any_judgement_and_twice_it_comes_to_the_same(
    name: str, tmp_path: Path
) -> None:
    plan, whole = PLANS[name], Work()
    wanted = hardened(plan, None, whole)
    for end in range(whole.judged):
        folder = tmp_path / str(end)
        folder.mkdir()
        works = [Work(end=end), Work(cut=1), Work()]
        runs = [hardened(plan, folder, work) for work in works]
        assert_same_run(runs[-1] or runs[-2], wanted)
        assert sum(work.batches for work in works) == whole.batches
        assert sum(work.judged for work in works) == whole.judged


@pytest.mark.parametrize("name", PLANS)
def test_what_is_finished_is_not_done_again(name: str, tmp_path: Path) -> None:
    """Of each training the best state is left, if any is, and the last where a line ends there."""
    plan = PLANS[name]
    wanted, again = hardened(plan, tmp_path, Work()), Work()
    assert wanted is not None
    within = {run.number for part in wanted.rounds for run in part.epochs if run.within}
    trainings = plan.rounds * (1 + plan.budget_halvings)
    kept = trainings if plan.keep == "line" else min(len(within), plan.rounds)
    assert len(list(tmp_path.glob("*.latest"))) <= kept
    assert_same_run(hardened(plan, tmp_path, again), wanted)
    assert (again.batches, again.judged) == (0, 0)


def spoilt(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [spoilt, Path.unlink])
@pytest.mark.parametrize("name", ["feedback", "the first epoch is the best", "rounds"])
def test_without_any_of_the_files_it_comes_to_the_same(
    name: str, damage: Callable[[Path], None], tmp_path: Path
) -> None:
    """A damaged state is said, and training goes on from the one before, if all is there then."""
    plan = PLANS[name]
    wanted = hardened(plan, None, Work())
    for cut in (3, 7):
        for lost in range(3):
            folder = tmp_path / f"{cut}-{lost}"
            folder.mkdir()
            hardened(plan, folder, Work(cut=cut))
            files = sorted(folder.iterdir())
            damage(files[lost % len(files)])
            work = Work()
            assert_same_run(hardened(plan, folder, work), wanted)
            if damage is spoilt and files[lost % len(files)].suffix == ".latest":
                assert any("is damaged" in sentence for sentence in work.told)


def test_of_two_states_the_other_is_gone_on_from(tmp_path: Path) -> None:
    """The first epoch is the best: without the last state training goes on after it."""
    plan = PLANS["the first epoch is the best"]
    hardened(plan, tmp_path, Work(cut=7))
    sizes = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.latest")}
    spoilt(max(sizes, key=lambda path: sizes[path]))
    after = Work()
    assert_same_run(hardened(plan, tmp_path, after), hardened(plan, None, Work()))
    assert (after.batches, after.judged) == (6, 1)


def test_another_training_does_not_go_on_from_it(tmp_path: Path) -> None:
    """Each thing that it depends on makes it another."""
    _, x, _ = random_affine(2)
    others: list[tuple[Any, dict[str, Any]]] = [
        (replace(FEEDBACK, learning_rate=1.0), {}),
        (replace(FEEDBACK, epochs=3), {}),
        (replace(FEEDBACK, strongest=3.0), {}),
        (FEEDBACK, {"classifier": weak(x[:50])}),
    ]
    for number, (plan, given) in enumerate(others):
        folder = tmp_path / str(number)
        folder.mkdir()
        hardened(FEEDBACK, folder, Work(cut=5))
        whole, after = Work(), Work()
        wanted = hardened(plan, None, whole, **given)
        assert_same_run(hardened(plan, folder, after, **given), wanted)
        assert after.batches == whole.batches


def test_how_many_are_judged_at_a_time_changes_nothing(tmp_path: Path) -> None:
    made, x, y = random_affine(2)
    plan = SearchPlan(20, 8, clip=False, steps=30)
    hardened(FEEDBACK, tmp_path, Work(cut=5))
    whole, after = Work(), Work()
    wanted = hardened(FEEDBACK, None, whole)
    resumed = hardened(FEEDBACK, tmp_path, after, judge=make_judge(made, x[:20], y[:20], plan, 16))
    assert_same_run(resumed, wanted)
    assert after.batches == whole.batches - 5


def test_what_functions_do_is_never_taken_for_known(tmp_path: Path) -> None:
    def mirrored(_classifier: Classifier, x: FloatArray, _y: IntArray) -> FloatArray:
        return np.asarray(x[..., ::-1])

    unknown = replace(weak(random_affine(2)[1]), fingerprint="")
    for given in ({"augment": mirrored}, {"classifier": unknown}):
        whole, again = Work(), Work()
        wanted = hardened(FEEDBACK, None, whole, **given)
        hardened(FEEDBACK, tmp_path, Work(cut=3), **given)
        assert_same_run(hardened(FEEDBACK, tmp_path, again, **given), wanted)
        assert again.batches == whole.batches


def test_an_adapter_without_states_trains_again_and_is_not_judged_again(tmp_path: Path) -> None:
    made = weak(random_affine(2)[1])
    train = made.train
    assert train is not None

    def anew(x: FloatArray, y: IntArray, plan: TrainPlan) -> Classifier:
        return train(x, y, replace(plan, checkpoint=None))

    anew_each_time = replace(made, train=anew)
    whole, before, after = Work(), Work(cut=5), Work()
    wanted = hardened(FEEDBACK, None, whole, classifier=anew_each_time)
    hardened(FEEDBACK, tmp_path, before, classifier=anew_each_time)
    assert_same_run(hardened(FEEDBACK, tmp_path, after, classifier=anew_each_time), wanted)
    assert after.batches == whole.batches
    assert before.judged + after.judged == whole.judged


def test_states_are_not_held_on_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the last epoch is judged, those that training went on from are gone."""
    plan, read, judge = PLANS["the last epoch is kept"], Latest.read, Judge.__call__
    hardened(plan, tmp_path, Work(cut=5))
    arrays: list[Any] = []
    alive: list[int] = []

    def watched(self: Latest, of: type[Any]) -> Any:
        kept = read(self, of)
        arrays.extend(map(weakref.ref, kept.state.trainee.arrays.values() if kept else ()))
        return kept

    def counting(*given: Any) -> Any:
        gc.collect()
        alive.append(sum(array() is not None for array in arrays))
        return judge(*given)

    monkeypatch.setattr(Latest, "read", watched)
    monkeypatch.setattr(Judge, "__call__", counting)
    assert hardened(plan, tmp_path, Work()) is not None
    assert len(arrays) == 4
    assert alive[-1] == 0


def test_work_that_is_to_stop_ends_after_a_batch_with_its_state(tmp_path: Path) -> None:
    plan = PLANS["adversarial"]
    stopping, after, whole = Work(), Work(), Work()
    judge = Judge.__call__

    with pytest.MonkeyPatch.context() as patched:

        def stop(*arguments: Any) -> Any:
            judgement = judge(*arguments)
            stopping.stop = True
            return judgement

        patched.setattr(Judge, "__call__", stop)
        assert hardened(plan, tmp_path, stopping) is None
    assert stopping.batches == 1
    assert_same_run(hardened(plan, tmp_path, after), hardened(plan, None, whole))
    assert after.batches == whole.batches - 1

"""Searches and examples on disk: the same when they are read, and refused when damaged."""

import json
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robaudit import Classifier, SearchPlan, images_from_arrays
from robaudit.errors import DataError, RecordError, UsageError
from robaudit.hardening import (
    Examples,
    HardeningPlan,
    Judge,
    Run,
    Searched,
    make_examples,
    make_judge,
    read_examples,
    read_search,
    retrain,
    search_training_samples,
    write_examples,
    write_search,
)
from robaudit.hardening.harden import Training
from robaudit.hardening.write import write_rounds
from robaudit.testing import affine_classifier

SIZE = 4
PLAN = HardeningPlan(
    search=SearchPlan(samples=40, directions=12, step=0.05, steps=20),
    epochs=2,
    most_examples=1000,
    keep="last",
    learning_rate=0.3,
)
REFINED = replace(PLAN, search=replace(PLAN.search, refine=0.003), gradient_directions=2)
Arrays = dict[str, Any]


def affine(classes: int = 4) -> tuple[Classifier, np.ndarray, np.ndarray]:
    """Make an affine classifier, and samples most of which have its labels."""
    random = np.random.default_rng(8)
    weights = random.normal(size=(SIZE * SIZE, classes))
    x = random.uniform(0.2, 0.8, (60, 1, SIZE, SIZE)).astype(np.float32)
    bias = -(x.reshape(60, -1) @ weights).mean(axis=0)
    classifier = affine_classifier(weights, bias, (1, SIZE, SIZE))
    y = classifier.predict(x).argmax(axis=1)
    y[:5] = (y[:5] + 1) % classes
    return classifier, x, y.astype(np.uint8)


def searched_with(plan: HardeningPlan) -> tuple[Classifier, np.ndarray, np.ndarray, Searched]:
    classifier, x, y = affine()
    return classifier, x, y, search_training_samples(classifier, x, y, plan, batch_size=64)


def written(tmp_path: Path, write: Callable[..., None], what: object) -> Path:
    path = tmp_path / "kept.npz"
    with path.open("wb") as file:
        write(what, file)
    return path


def assert_same(one: object, other: object) -> None:
    """Compare two records field by field, arrays with their types."""
    for field in fields(one):  # type: ignore[arg-type]
        first, second = getattr(one, field.name), getattr(other, field.name)
        if isinstance(first, np.ndarray):
            assert first.dtype == second.dtype, field.name
            assert first.tobytes() == second.tobytes(), field.name
            assert first.shape == second.shape, field.name
        elif hasattr(first, "__dataclass_fields__"):
            assert_same(first, second)
        else:
            assert first == second, field.name


@pytest.mark.parametrize("plan", [PLAN, REFINED])
def test_a_search_is_read_as_it_was_written(plan: HardeningPlan, tmp_path: Path) -> None:
    classifier, x, y, searched = searched_with(plan)
    assert (searched.rays.step == 0).any(), "no sample is misclassified"
    assert (searched.rays.step == -1).any(), "every ray crosses"
    assert (searched.rays.place is None) == (plan.search.refine is None)
    read = read_search(written(tmp_path, write_search, searched))
    assert_same(read, searched)
    assert_same(read.tally, searched.tally)
    made = [make_examples(one, plan, y, classifier=classifier, x=x) for one in (searched, read)]
    assert len(made[0]) > 100
    assert_same(*made)


def test_a_plan_of_numpy_numbers_is_read_as_one_of_plain_ones(tmp_path: Path) -> None:
    numbers: dict[str, Any] = {"samples": np.int64(40), "step": np.float64(0.05)}
    plan = replace(PLAN.search, **numbers)
    searched = searched_with(replace(PLAN, search=plan))[-1]
    read = read_search(written(tmp_path, write_search, searched))
    assert read.rays.plan == searched.rays.plan


@pytest.mark.parametrize("method", ["feedback", "reduced", "continued"])
@pytest.mark.parametrize("plan", [PLAN, REFINED])
def test_examples_are_read_as_they_were_written(
    plan: HardeningPlan, method: Any, tmp_path: Path
) -> None:
    plan = replace(plan, method=method)
    classifier, x, y, searched = searched_with(plan)
    examples = make_examples(searched, plan, y, classifier=classifier, x=x)
    read = read_examples(written(tmp_path, write_examples, examples))
    assert_same(read, examples)
    before, after = (one.inputs(x, classifier.spec) for one in (examples, read))
    assert before.tobytes() == after.tobytes()


def test_no_examples_can_be_kept_too(tmp_path: Path) -> None:
    """All samples misclassified: classes without a robustness, and no rows."""
    classifier, x, _ = affine()
    wrong = (classifier.predict(x).argmax(axis=1) + 1) % 4
    searched = search_training_samples(classifier, x, wrong, PLAN, batch_size=64)
    examples = make_examples(searched, REFINED, wrong, classifier=classifier, x=x)
    assert len(examples) == 0
    assert np.isnan([one.robustness for one in examples.selections]).all()
    read = read_examples(written(tmp_path, write_examples, examples))
    assert len(read) == 0
    assert [one.searched for one in read.selections] == [
        one.searched for one in examples.selections
    ]
    assert np.isnan([one.robustness for one in read.selections]).all()


def training() -> tuple[Classifier, np.ndarray, np.ndarray, Judge]:
    classifier, x, y = affine()
    judge = make_judge(classifier, x[:20], y[:20], SearchPlan(20, 8, clip=False, steps=30), 64)
    return classifier, x[20:], y[20:], judge


def run_with(plan: HardeningPlan, **given: Any) -> Run:
    classifier, x, y, judge = training()
    return retrain(classifier, x, y, judge, plan, batch_size=64, **given)


@pytest.mark.parametrize("plan", [PLAN, REFINED, replace(PLAN, rounds=2)])
def test_training_from_a_file_is_training_from_memory(plan: HardeningPlan, tmp_path: Path) -> None:
    whole = run_with(plan)
    classifier, x, y, _ = training()
    searched = search_training_samples(classifier, x, y, plan, batch_size=64)
    searched = read_search(written(tmp_path, write_search, searched))
    examples = make_examples(searched, plan, y, classifier=classifier, x=x)
    examples = read_examples(written(tmp_path, write_examples, examples))
    apart = run_with(plan, examples=examples)
    assert apart.classifier.fingerprint == whole.classifier.fingerprint
    assert apart.kept == whole.kept
    assert apart.rounds[0].epochs == whole.rounds[0].epochs
    assert apart.rounds[0].searched is None
    assert "search" not in apart.rounds[0].seconds
    assert len(apart.rounds) == plan.rounds
    assert all(one.searched is not None for one in apart.rounds[1:])
    other = replace(examples, strength=examples.strength * 1.01)
    assert run_with(plan, examples=other).classifier.fingerprint != whole.classifier.fingerprint


def test_examples_of_other_data_are_refused() -> None:
    classifier, x, y, judge = training()
    searched = search_training_samples(classifier, x, y, PLAN, batch_size=64)
    examples = make_examples(searched, PLAN, y)
    for wrong_x, wrong_y in ((x, (y + 1) % 4), (x[:10], y[:10]), (x[:, :, :2], y)):
        with pytest.raises(DataError, match="other training data"):
            retrain(classifier, wrong_x, wrong_y, judge, PLAN, batch_size=64, examples=examples)
        with pytest.raises(DataError, match="other training data"):
            make_examples(searched, PLAN, wrong_y, x=wrong_x)


def test_adversarial_training_takes_no_examples() -> None:
    classifier, x, y, _ = training()
    searched = search_training_samples(classifier, x, y, PLAN, batch_size=64)
    given: tuple[dict[str, Any], ...] = (
        {"searched": searched},
        {"examples": make_examples(searched, PLAN, y)},
    )
    for one in given:
        with pytest.raises(UsageError, match="for adversarial training"):
            run_with(replace(PLAN, method="adversarial"), **one)


@pytest.mark.parametrize("plan", [PLAN, REFINED])
def test_examples_are_made_again_bit_for_bit_from_the_file_of_a_hardening(
    plan: HardeningPlan, tmp_path: Path
) -> None:
    """By the formula that is documented, with rows of the user's file, over two rounds."""
    classifier, x, y, searched = searched_with(plan)
    first = make_examples(searched, plan, y, classifier=classifier, x=x)
    second = make_examples(searched, replace(plan, seed=9), y, classifier=classifier, x=x)
    whole = np.concatenate([np.zeros_like(x), x])
    images = images_from_arrays(whole[:, 0])
    part = Training(images, x, y, np.arange(len(x)) + len(x))
    path = tmp_path / "examples.npz"
    with path.open("wb") as file:
        write_rounds([first, second], part, file)
    with np.load(path) as one:
        reached = one["sign"] * one["strength"] * one["margin"]
        assert reached.dtype == np.float64
        distance = reached.astype(np.float32)[:, None, None, None]
        made = np.clip(whole[one["row"]] + distance * one["directions"][one["direction"]], 0, 1)
        in_memory = [each.inputs(x, classifier.spec) for each in (first, second)]
        assert made.tobytes() == np.concatenate(in_memory).tobytes()
        assert set(one["round"]) == {1, 2}
        assert (one["label"] == np.concatenate([first.label, second.label])).all()


def arrays_of(path: Path) -> Arrays:
    with np.load(path) as found:
        return dict(found)


def settings_of(arrays: Arrays) -> Any:
    return json.loads(bytes(arrays["settings"]))


def with_settings(arrays: Arrays, **changed: Any) -> Arrays:
    text = json.dumps({**settings_of(arrays), **changed})
    return {**arrays, "settings": np.frombuffer(text.encode(), dtype=np.uint8)}


def with_plan(arrays: Arrays, **changed: Any) -> Arrays:
    return with_settings(arrays, plan={**settings_of(arrays)["plan"], **changed})


def with_check(arrays: Arrays, **changed: Any) -> Arrays:
    return with_settings(arrays, check={**settings_of(arrays)["check"], **changed})


def with_value(arrays: Arrays, name: str, place: int, value: Any) -> Arrays:
    array = arrays[name].copy()
    array[place] = value
    return {**arrays, name: array}


def without(arrays: Arrays, name: str) -> Arrays:
    return {key: array for key, array in arrays.items() if key != name}


def first_crossing(arrays: Arrays) -> int:
    return int(np.flatnonzero(arrays["step"] > 0)[0])


DAMAGED_SEARCHES: dict[str, Callable[[Arrays], Arrays]] = {
    "no step": lambda a: without(a, "step"),
    "no settings": lambda a: without(a, "settings"),
    "no places": lambda a: without(a, "place"),
    "settings that are no JSON": lambda a: {**a, "settings": np.zeros(3, dtype=np.uint8)},
    "deep settings": lambda a: {**a, "settings": np.full(10**5, ord("["), dtype=np.uint8)},
    "settings that are a number": lambda a: {**a, "settings": np.full(1, ord("7"), np.uint8)},
    "settings of another type": lambda a: {**a, "settings": np.zeros(3)},
    "another kind": lambda a: with_settings(a, kind="examples"),
    "another version": lambda a: with_settings(a, version=2),
    "no classes": lambda a: with_settings(a, classes="4"),
    "fewer classes": lambda a: with_settings(a, classes=2),
    "classes with a point": lambda a: with_settings(a, classes=4.0),
    "a plan that lacks a field": lambda a: with_settings(a, plan={"samples": 40, "directions": 12}),
    "a plan of more samples": lambda a: with_plan(a, samples=41),
    "a plan of half samples": lambda a: with_plan(a, samples=40.0),
    "a plan of other directions": lambda a: with_plan(a, directions=24, signs=1),
    "a plan of fewer steps": lambda a: with_plan(a, steps=2),
    "a plan that is none": lambda a: with_plan(a, steps=-1),
    "a clip that is a word": lambda a: with_plan(a, clip="no"),
    "a step that is no number": lambda a: with_plan(a, step=float("nan")),
    "an unknown field": lambda a: with_plan(a, colour=1),
    "no check": lambda a: with_settings(a, check=None),
    "an unknown strategy": lambda a: with_check(a, strategy="guessed"),
    "half a ray checked": lambda a: with_check(a, audited=0.5),
    "fewer than no rays checked": lambda a: with_check(a, audited=-1),
    "a check with an unknown field": lambda a: with_check(a, colour=1),
    "a row twice": lambda a: with_value(a, "rows", 0, a["rows"][1]),
    "a negative row": lambda a: with_value(a, "rows", 0, -1),
    "rows that are no integers": lambda a: {**a, "rows": a["rows"] * 1.0},
    "fewer rows": lambda a: {**a, "rows": a["rows"][1:]},
    "an unknown class": lambda a: with_value(a, "origin", 0, 4),
    "directions that are no numbers": lambda a: with_value(a, "directions", 0, np.nan),
    "directions that are whole": lambda a: {**a, "directions": a["directions"].astype(int)},
    "a single direction": lambda a: {**a, "directions": a["directions"][:1]},
    "flat directions": lambda a: {**a, "directions": a["directions"][:, 0, 0, 0]},
    "a step too many": lambda a: with_value(a, "step", 0, 21),
    "an adjacent class too many": lambda a: with_value(a, "adjacent", first_crossing(a), 9),
    "a crossing into no class": lambda a: with_value(a, "adjacent", first_crossing(a), -1),
    "a crossing into its own class": lambda a: with_value(
        a, "adjacent", first_crossing(a), a["origin"][first_crossing(a) // 24]
    ),
    "half of a sample misclassified": lambda a: with_value(
        with_value(with_value(a, "step", first_crossing(a), 0), "place", first_crossing(a), 0),
        "realised",
        first_crossing(a),
        0,
    ),
    "a crossing of infinite size": lambda a: with_value(a, "realised", first_crossing(a), np.inf),
    "a crossing of negative size": lambda a: with_value(a, "realised", first_crossing(a), -1),
    "a crossing beyond its step": lambda a: with_value(a, "place", first_crossing(a), 20.5),
    "a crossing before its step": lambda a: with_value(
        a, "place", first_crossing(a), a["step"][first_crossing(a)] - 1
    ),
    "a place without a crossing": lambda a: with_value(
        a, "place", int(np.flatnonzero(a["step"] == -1)[0]), 3
    ),
    "a crossing nowhere": lambda a: with_value(a, "place", first_crossing(a), np.nan),
    "fewer rays": lambda a: {**a, "step": a["step"][1:]},
}


def refused(read: Callable[[Path], Any], arrays: Arrays, path: Path) -> str:
    np.savez(path, **arrays)
    with pytest.raises(RecordError) as found:
        read(path)
    assert str(path) in str(found.value)
    return str(found.value)


@pytest.fixture(scope="module")
def search_arrays(tmp_path_factory: pytest.TempPathFactory) -> Arrays:
    """What a file of a search holds."""
    folder = tmp_path_factory.mktemp("search")
    return arrays_of(written(folder, write_search, searched_with(REFINED)[-1]))


@pytest.fixture(scope="module")
def example_arrays(tmp_path_factory: pytest.TempPathFactory) -> Arrays:
    """What a file of examples holds."""
    classifier, x, y, searched = searched_with(REFINED)
    examples = make_examples(searched, REFINED, y, classifier=classifier, x=x)
    return arrays_of(written(tmp_path_factory.mktemp("examples"), write_examples, examples))


@pytest.mark.parametrize("what", DAMAGED_SEARCHES)
def test_a_damaged_search_is_refused(what: str, search_arrays: Arrays, tmp_path: Path) -> None:
    path = tmp_path / "search.npz"
    np.savez(path, **search_arrays)
    read_search(path)
    refused(read_search, DAMAGED_SEARCHES[what](search_arrays), path)


def with_selection(arrays: Arrays, **changed: Any) -> Arrays:
    selections = settings_of(arrays)["selections"]
    selections[1] = {**selections[1], **changed}
    return with_settings(arrays, selections=selections)


DAMAGED_EXAMPLES: dict[str, Callable[[Arrays], Arrays]] = {
    "no margin": lambda a: without(a, "margin"),
    "another kind": lambda a: with_settings(a, kind="search"),
    "a clip that is a word": lambda a: with_settings(a, clip="no"),
    "no classes": lambda a: with_settings(a, selections=3),
    "classes in another order": lambda a: with_selection(a, class_index=2),
    "an unknown level": lambda a: with_selection(a, level="highest"),
    "a level that is a list": lambda a: with_selection(a, level=[]),
    "half a sample": lambda a: with_selection(a, searched=0.5),
    "fewer than no samples": lambda a: with_selection(a, chosen=-1),
    "half an example": lambda a: with_selection(a, examples=0.5),
    "a wrong number of examples": lambda a: with_selection(a, examples=0),
    "an unknown field": lambda a: with_selection(a, colour=1),
    "too many robustnesses": lambda a: {**a, "robustness": np.zeros(5)},
    "a direction too many": lambda a: with_value(a, "direction", 0, len(a["directions"])),
    "a negative direction": lambda a: with_value(a, "direction", 0, -1),
    "a sign of nothing": lambda a: with_value(a, "sign", 0, 0),
    "a sign too large": lambda a: with_value(a, "sign", 0, 2),
    "an infinite margin": lambda a: with_value(a, "margin", 0, np.inf),
    "a strength that is no number": lambda a: with_value(a, "strength", 0, np.nan),
    "a negative strength": lambda a: with_value(a, "strength", 0, -1),
    "an unknown class": lambda a: with_value(a, "label", 0, 4),
    "a negative row": lambda a: with_value(a, "row", 0, -1),
    "fewer labels": lambda a: {**a, "label": a["label"][1:]},
    "rows in two columns": lambda a: {**a, "row": np.stack([a["row"], a["row"]], axis=1)},
    "a single row": lambda a: {**a, "row": np.array(3)},
}


@pytest.mark.parametrize("what", DAMAGED_EXAMPLES)
def test_damaged_examples_are_refused(what: str, example_arrays: Arrays, tmp_path: Path) -> None:
    path = tmp_path / "examples.npz"
    np.savez(path, **example_arrays)
    read_examples(path)
    refused(read_examples, DAMAGED_EXAMPLES[what](example_arrays), path)


def test_other_files_are_refused(
    search_arrays: Arrays, example_arrays: Arrays, tmp_path: Path
) -> None:
    path = tmp_path / "kept.npz"
    assert "kind of file" in refused(read_search, example_arrays, path)
    assert "kind of file" in refused(read_examples, search_arrays, path)
    objects = {**search_arrays, "rows": np.array([{}] * 40, dtype=object)}
    assert "allow_pickle" in refused(read_search, objects, path)
    path.write_bytes(path.read_bytes()[:-200])
    for read in (read_search, read_examples):
        with pytest.raises(RecordError, match="cannot be read"):
            read(path)
        with pytest.raises(RecordError, match="no file"):
            read(tmp_path / "nothing.npz")


def test_every_public_name_is_there() -> None:
    import robaudit.hardening as public

    for name in public.__all__:
        assert getattr(public, name).__name__ == name or name in ("Keep", "Method")
    assert Examples in {getattr(public, name) for name in public.__all__}
    with pytest.raises(AttributeError, match="nothing"):
        public.nothing  # noqa: B018

"""The search's fast path for ONNX models: proved, and left where it cannot be."""

from dataclasses import replace
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper

import robaudit
from robaudit import Classifier, Images, SearchPlan
from robaudit.errors import ClassifierError
from robaudit.predicting import points_on_rays
from robaudit_onnx import prober
from robaudit_onnx.ray_graph import with_rays
from robaudit_onnx.runtime import start_session
from tests.support import onnx_networks
from tests.support.files import first
from tests.support.linear_onnx import BIAS, WEIGHTS
from tests.support.onnx_probes import (
    DIRECTION,
    DISTANCE,
    RAYS,
    SAMPLE,
    assert_fused,
    assert_same_scores,
    bind,
)
from tests.support.small_onnx import Save, affine_onnx, make_onnx

pytestmark = pytest.mark.usefixtures("without_gradients")
random = np.random.default_rng(0)


def test_a_batch_that_is_fixed_is_filled_up(save: Save, proofs: list[bool]) -> None:
    """Three at a time, whose mean counts: only the same three together give the same scores."""
    classifier = robaudit.load(save(onnx_networks.mixing()))
    assert classifier.details["batch"] == "3 at a time"
    assert_fused(classifier, proofs)
    probe, points = bind(classifier, 0, 1, negative=False)
    for count in (1, 3, 7):
        found = probe(SAMPLE[:count], DIRECTION[:count], DISTANCE[:count])
        np.testing.assert_allclose(found, classifier.predict(points[:count]), rtol=1e-5)


def test_scores_stay_as_they_are_while_more_are_asked_for(save: Save) -> None:
    classifier = robaudit.load(save(affine_onnx(WEIGHTS, BIAS, ["N", 8, 8])))
    probe, points = bind(classifier, 0, 1, negative=False)
    counts = [*range(1, RAYS + 1), *range(RAYS, 0, -1)]  # more than bindings are kept for
    kept = [probe(SAMPLE[:n], DIRECTION[:n], DISTANCE[:n]) for n in counts]
    for count, scores in zip(counts, kept, strict=True):
        np.testing.assert_allclose(scores, classifier.predict(points[:count]), rtol=1e-5)


def test_banks_may_be_views_of_any_type(save: Save, proofs: list[bool]) -> None:
    classifier = robaudit.load(save(affine_onnx(WEIGHTS, BIAS, ["N", 8, 8])))
    assert classifier.prober is not None
    x = random.random((8, 8, 8)).astype(np.float32)[::-2]
    x.flags.writeable = False
    directions = np.asfortranarray(random.normal(size=(6, 8, 8)))
    probe = classifier.prober(x, directions, 0, 1)
    assert proofs == [True]
    rays = (SAMPLE.astype(np.int16), DIRECTION.astype(np.uint8)[::-1], DISTANCE[::-1])
    single = directions.astype(np.float32)
    points = points_on_rays(x[rays[0]], single[rays[1]], rays[2], 0, 1)
    np.testing.assert_allclose(probe(*rays), classifier.predict(points), rtol=1e-5, atol=1e-5)


def test_a_fused_graph_that_is_wrong_is_not_used(
    save: Save, proofs: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    classifier = robaudit.load(save(affine_onnx(WEIGHTS, BIAS, ["N", 8, 8])))

    def unclipped(model: Any, runner: Any, shape: Any, box: Any) -> Any:
        return with_rays(model, runner, shape, replace(box, low=box.low - 1))

    monkeypatch.setattr(prober, "with_rays", unclipped)
    probe, points = bind(classifier, 0, 1, negative=False)
    assert proofs == [False]
    assert_same_scores(probe, classifier, points)


def test_a_graph_that_cannot_be_fused_is_probed_the_direct_way(
    save: Save, proofs: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    classifier = robaudit.load(save(affine_onnx(WEIGHTS, BIAS, ["N", 8, 8])))
    monkeypatch.setattr("robaudit_onnx.ray_graph._points", None)
    for low, high in ((0, 1), (-np.inf, np.inf)):
        probe, points = bind(classifier, low, high, negative=bool(np.isinf(low)))
        assert_same_scores(probe, classifier, points)
    assert proofs == []


def test_a_session_is_kept_while_the_box_is_the_same(
    save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    classifier = robaudit.load(save(affine_onnx(WEIGHTS, BIAS, ["N", 8, 8])))
    started: list[int] = []

    def counted(*arguments: Any) -> Any:
        started.append(1)
        return start_session(*arguments)

    monkeypatch.setattr(prober, "start_session", counted)
    for high, sessions in ((1, 1), (1, 1), (0.5, 2)):
        bind(classifier, 0, high, negative=False)
        assert len(started) == sessions


def test_a_model_too_large_for_one_file_has_no_prober(
    save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prober, "fits_a_file", lambda _: False)
    assert robaudit.load(save(affine_onnx(WEIGHTS, BIAS, ["N", 8, 8]))).prober is None


def test_the_search_finds_the_same_rays_both_ways(
    digits_model: Classifier, digits: Images, proofs: list[bool]
) -> None:
    images, plan = first(digits, 60), SearchPlan(60, 50)
    fused = robaudit.scan(digits_model, images, plan=plan)
    assert proofs
    assert all(proofs)
    direct = robaudit.scan(replace(digits_model, prober=None), images, plan=plan)
    assert len(fused.rays) == len(direct.rays) > 1_000
    assert (fused.rays.step > 0).mean() > 0.1
    different = (fused.rays.step != direct.rays.step) | (
        fused.rays.adjacent != direct.rays.adjacent
    )
    assert different.mean() < 1e-3


def insatiable() -> onnx.ModelProto:
    """Make a model that wants 2**52 bytes for more than eight inputs at a time."""
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["a"]),
        helper.make_node("Shape", ["x"], ["s"]),
        helper.make_node("Gather", ["s", "first"], ["n"]),
        helper.make_node("Div", ["n", "nine"], ["many"]),
        helper.make_node("Mul", ["many", "much"], ["size"]),
        helper.make_node("Add", ["size", "one"], ["more"]),
        helper.make_node("Expand", ["nothing", "more"], ["e"]),
        helper.make_node("ReduceMax", ["e"], ["m"], keepdims=0),
        helper.make_node("Add", ["a", "m"], ["y"]),
    ]
    weights = {
        "w": WEIGHTS.astype(np.float32),
        "first": np.array([0]),
        "nine": np.array([9]),
        "much": np.array([2**50]),
        "one": np.array([1]),
        "nothing": np.zeros(1, dtype=np.float32),
    }
    return make_onnx(nodes, weights, ["N", 64], ["N", 5])


def test_memory_that_runs_out_is_said_to_be_that(save: Save, proofs: list[bool]) -> None:
    """So that the engine can go on with smaller batches, whichever way it probes."""
    classifier = robaudit.load(save(insatiable()))
    assert classifier.details["batch"] == "any"
    probe, points = bind(classifier, 0, 1, negative=False)
    assert proofs == [True]
    with pytest.raises(MemoryError, match="allocate"):
        classifier.predict(points)
    with pytest.raises(MemoryError, match="allocate"):
        probe(SAMPLE, DIRECTION, DISTANCE)
    few = slice(0, 8)
    found = probe(SAMPLE[few], DIRECTION[few], DISTANCE[few])
    np.testing.assert_allclose(found, classifier.predict(points[few]), rtol=1e-5)


def test_a_row_that_is_not_in_the_bank_is_an_error(save: Save, proofs: list[bool]) -> None:
    classifier = robaudit.load(save(affine_onnx(WEIGHTS, BIAS, ["N", 8, 8])))
    probe, _ = bind(classifier, 0, 1, negative=False)
    assert proofs == [True]
    with pytest.raises(ClassifierError, match="out of data bounds"):
        probe(SAMPLE, DIRECTION + 6, DISTANCE)

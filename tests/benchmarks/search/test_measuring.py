"""One model is measured, and all its numbers are written down."""

import json
from dataclasses import replace
from pathlib import Path

from benchmarks.search.figures import summaries
from benchmarks.search.measuring import measure
from benchmarks.search.processes import in_this_process
from benchmarks.search.tables import (
    fallbacks,
    ratios_table,
    summary_table,
    told_otherwise,
    ways_table,
)
from tests.support.search_benchmarks import PLAN, RAYS, tiny


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

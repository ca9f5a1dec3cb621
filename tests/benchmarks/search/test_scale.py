"""Memory against the number of rays."""

from benchmarks.search import scale


def test_memory_is_measured_for_plans_of_so_many_rays() -> None:
    for rays in scale.RAYS:
        plan = scale.plan_of(rays, "linear")
        assert plan.samples * plan.rays_per_sample == rays
        assert plan.directions <= 28 * 28
    memory = scale.measure_search(2000, "linear")
    assert memory.peak >= memory.before > 0

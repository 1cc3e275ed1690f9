"""The made-up world of the benchmark has what costs time: a queue, open stages, and every band."""

from benchmarks.lifecycle_risk import world
from training.lifecycle.risk import assess


def test_a_small_world_of_the_benchmark_is_assessed_in_full() -> None:
    found = assess(world(20, 40, 20))
    assert {one.band for one in found.dependants} == {"green", "unknown", "amber", "red"}
    assert {stage.basis for stage in found.requalification.stages} == {"observed", "estimate"}
    assert any(stage.open for stage in found.requalification.stages)
    assert max(one.place or 0 for one in found.dependants) > 20

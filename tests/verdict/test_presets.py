"""What presets stand for."""

from robaudit.metrics.figures import ACCURACY
from robaudit.metrics.gates import Gate, Source
from robaudit.verdict.presets import preset_gates, with_preset

HERE = Source("robaudit.toml", 1)


def test_presets_are_on_what_must_not_get_worse() -> None:
    gates = preset_gates("recommended", HERE)
    assert [gate.name for gate in gates] == [
        "accuracy/max-drop",
        "accuracy/class-worst/max-drop",
        "robust-accuracy/max-drop",
    ]
    assert {(gate.threshold, gate.on_inconclusive, gate.level) for gate in gates} == {
        (0.0, None, "error")
    }
    assert {gate.source for gate in gates} == {HERE}
    strict = preset_gates("strict", HERE)
    assert [gate.name for gate in strict] == [gate.name for gate in gates]
    assert {gate.on_inconclusive for gate in strict} == {"fail"}


def test_a_gate_of_ones_own_takes_the_place_of_a_presets() -> None:
    own = [Gate(ACCURACY, 0.02, drop=True), Gate(ACCURACY, 0.9)]
    both = with_preset(preset_gates("recommended", HERE), own)
    assert [gate.name for gate in both] == [
        "accuracy/class-worst/max-drop",
        "robust-accuracy/max-drop",
        "accuracy/max-drop",
        "accuracy/min",
    ]
    assert both[2].threshold == 0.02

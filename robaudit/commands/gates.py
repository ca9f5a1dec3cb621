"""Gates for CI, as they are typed, and which of them can be evaluated."""

import argparse
import math
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from robaudit.attacks.catalogue import CATALOGUE, STAND_INS, SUITES
from robaudit.data.images import Images
from robaudit.errors import UsageError
from robaudit.metrics.figures import (
    ACCURACY,
    CLOSEST,
    CORRUPTION_ERROR,
    DETECTION,
    ROBUST_ACCURACY,
    TO_MEASURE,
)
from robaudit.metrics.gates import EACH, GATEABLE, WORST, Gate, figure_named
from robaudit.phrases import did_you_mean
from robaudit.types import InputSpec

if TYPE_CHECKING:  # help reads the names of gates, and imports nothing that is heavy
    from robaudit.record.findings import Findings


def parse_gate(text: str) -> Gate:
    """Read ``METRIC=VALUE``, or ``robust-accuracy:ATTACK=VALUE``.

    >>> gate = parse_gate("crossing_rate=0.25")
    >>> gate.figure.name, gate.threshold
    ('crossing-rate', 0.25)
    >>> parse_gate("robust-accuracy:pgd=0.3").attack
    'pgd'
    >>> parse_gate("autoattack=0.3").attack
    'autoattack'
    """
    left, _, number = text.partition("=")
    name, colon, attack = left.partition(":")
    name = name.strip().replace("_", "-")
    figure, of_name = figure_named(name) if name in GATEABLE else (None, None)
    try:
        threshold = float(number)
    except ValueError:
        threshold = math.nan
    if figure is None or not 0 <= threshold < math.inf:
        raise UsageError(
            f"gate {text!r}",
            expected=f"METRIC=VALUE, METRIC one of {', '.join(GATEABLE)}, VALUE 0 or more",
            advice="" if figure else did_you_mean(name, GATEABLE),
        )
    if colon and (figure != ROBUST_ACCURACY or of_name or attack not in CATALOGUE):
        raise UsageError(
            f"gate {text!r}",
            expected="robust-accuracy:ATTACK=VALUE, ATTACK one of " + ", ".join(CATALOGUE),
            advice=did_you_mean(attack, CATALOGUE) if figure == ROBUST_ACCURACY else "",
        )
    if figure.unit in ("share", "gini") and threshold > 1:
        raise UsageError(f"gate {text!r}", expected="a share from 0 to 1")
    return Gate(figure, threshold, attack=of_name or attack or None)


def check_gates(
    gates: Sequence[Gate],
    *,
    real: bool,
    labelled: bool,
    baseline: bool = True,
    attacks: Collection[str] | None = None,
    measures: Collection[str] | None = None,
) -> None:
    """Raise UsageError for a gate that cannot be evaluated, before the work is done.

    Inputs that are made for the model, where there are no ``real`` ones, say nothing of
    what it does: no gate can pass on them. ``baseline`` says whether there is one to drop
    from, ``attacks`` names those that may run, ``measures`` what is measured beside them,
    ``None`` where that is not known.
    """
    if gates and not real:
        raise UsageError(
            f"a gate on {gates[0].figure.name} without data: what synthetic inputs give would "
            "say nothing of real ones",
            expected="--data FILE, real inputs",
        )
    if not labelled and any(gate.figure is ACCURACY for gate in gates):
        raise UsageError("a gate on accuracy without labels", expected="labelled data")
    for gate in gates:
        if gate.drop and not baseline:
            raise UsageError(
                f"gate {gate.name} without a baseline to drop from{_written(gate)}",
                expected="--baseline FILE, an earlier audit",
            )
        if measures is not None and gate.figure in (CORRUPTION_ERROR, DETECTION):
            _check_measured(gate, measures)
        if attacks is not None and gate.figure in (ROBUST_ACCURACY, CLOSEST):
            _check_attack(gate, attacks)


def _check_measured(gate: Gate, measures: Collection[str]) -> None:
    needed = "detection" if gate.figure == DETECTION else "corruptions"
    if needed not in measures:
        raise UsageError(
            f"a gate on {gate.figure.name}, which is not to be measured{_written(gate)}",
            expected=TO_MEASURE[gate.figure],
        )


def _check_attack(gate: Gate, attacks: Collection[str]) -> None:
    if gate.attack is not None and gate.attack not in attacks:
        raise UsageError(
            f"a gate on attack {gate.attack!r}, which is not to run{_written(gate)}",
            expected="one of those that are: " + (", ".join(sorted(attacks)) or "none"),
            advice=f"Ask for it: `attack={gate.attack}`.",
        )
    if gate.attack is None and not any(CATALOGUE[name].adversary for name in attacks):
        raise UsageError(
            f"a gate on {gate.figure.title.lower()}, and no adversary is to run{_written(gate)}",
            expected=TO_MEASURE[CLOSEST],
        )


def check_gated_classes(gates: Sequence[Gate], spec: InputSpec, images: Images | None) -> None:
    """Raise UsageError for a gate on a class that neither the model nor the data has.

    A number is that of an output of the model.
    """
    of_data = images.class_names if images is not None else None
    names = (*(spec.class_names or ()), *(of_data or ()))
    known = {WORST, EACH, *names, *map(str, range(spec.classes))}
    for gate in gates:
        if gate.of_class is not None and gate.of_class not in known:
            shown = ", ".join(names[:20]) or f"0 to {spec.classes - 1}"
            raise UsageError(
                f"a gate on class {gate.of_class!r}, which the model does not have{_written(gate)}",
                expected=f"{WORST}, {EACH}, or one of {shown}",
                advice=did_you_mean(gate.of_class, names),
            )


def attacks_asked(options: argparse.Namespace, before: "Findings | None" = None) -> set[str]:
    """Name the attacks that may run: those asked for, and what may stand in for them.

    Where none is asked for, they are those of the baseline ``before``, if there is one.
    """
    if before is not None and not {"attacks", "attack"} & options.given:
        return {attack.name for attack in before.audit_record.attacks}
    stand_ins = STAND_INS if options.attacks in ("quick", "paper") else ()
    named = (text.partition(":")[0] for text in options.attack)
    return {*SUITES[options.attacks], *named, *stand_ins}


def gates_to_decide(options: argparse.Namespace) -> list[Gate] | None:
    """Give the gates until which a search goes on; ``None`` where it does not."""
    return [gate for gate in options.gates if gate.is_plain] if options.decide else None


def _written(gate: Gate) -> str:
    return f" ({gate.source.file}, line {gate.source.line})" if gate.source else ""

"""Records with gates that were passed and not, and the verdict that follows from them."""

import copy
from typing import Any

import msgspec

from robaudit.record.plain import as_plain
from robaudit.record.schema.check import check_audit
from robaudit.record.schema.verdict import BaselineRecord, GateRecord, SuppressionRecord
from robaudit.verdict.fold import fold

FILE = "ci/robaudit.toml"


def gate(metric: str = "accuracy", outcome: str = "passed", **changes: Any) -> dict[str, Any]:
    """Make a gate as a record has it: on `FILE`, line 3, unless told otherwise."""
    value = {"passed": 0.95, "failed": 0.7, "inconclusive": 0.91}[outcome]
    return {
        "metric": metric,
        "threshold": 0.9,
        "better": "higher",
        "value": value,
        "low": value - 0.02,
        "high": value + 0.02,
        "outcome": outcome,
        "error": 0.05,
        "looks": None,
        "to_decide": None,
        "name": f"{metric}/min",
        "bound": "min",
        "attack": None,
        "class": None,
        "of_class": None,
        "level": "error",
        "on_inconclusive": None,
        "sentence": f"{metric} is {value}, wanted at least 0.9",
        "source": {"file": FILE, "line": 3},
        "suppressed": None,
        "state": None,
        "before": None,
        **changes,
    }


def suppression(**changes: Any) -> dict[str, Any]:
    """Make a suppression of any gate that has not run out."""
    return {
        "gate": None,
        "class": None,
        "model": None,
        "until": "2030-01-31",
        "reason": "known",
        "expired": False,
        "used": True,
        "source": {"file": FILE, "line": 20},
        **changes,
    }


def baseline(**changes: Any) -> dict[str, Any]:
    """Make a baseline that the record was held against."""
    return {
        "file": "ci/baseline.json",
        "model": "old.onnx",
        "sha256": "0" * 64,
        "created": "2026-01-01T00:00:00+00:00",
        "comparable": True,
        "missing": None,
        "updated": None,
        "why": None,
        **changes,
    }


def with_gates(
    record: Any, *gates: Any, suppressions: Any = (), baseline: Any = None, **of_model: Any
) -> Any:
    """Give a record gates, and the verdict on them."""
    plain = copy.deepcopy(record)
    plain["gates"] = list(gates)
    plain["model"] |= of_model
    plain["verdict"] = as_plain(
        fold(
            check_audit(plain),
            msgspec.convert(plain["gates"], list[GateRecord]),
            msgspec.convert(suppressions, list[SuppressionRecord]),
            msgspec.convert(baseline, BaselineRecord | None),
        )
    )
    check_audit(plain)
    return plain


def every_kind(record: Any, **of_model: Any) -> Any:
    """Give a record a gate of each kind: passed, failed, not decided, let be, that warns."""
    return with_gates(
        record,
        gate(),
        gate("crossing-rate", "failed", state="worse", before=0.93),
        gate("robust-accuracy", "inconclusive", name="robust-accuracy/pgd/min", attack="pgd"),
        gate("worst-class-margin", "failed", suppressed=suppression(), state="unchanged"),
        gate("accuracy", "failed", level="warning", source=None, threshold=0.99),
        gate("restricted-mean-margin", "inconclusive", on_inconclusive="fail", state="new"),
        gate("accuracy", "inconclusive", on_inconclusive="pass", name="accuracy/class-7/min"),
        suppressions=[suppression(), suppression(gate="accuracy/min", expired=True, used=False)],
        baseline=baseline(),
        source="models/digits.onnx",
        **of_model,
    )


HOSTILE = '<b>&"]]>\x1b[2J\x00\ud800\ufffe\n::error::x ##[add-mask]y %0A::warning file=a,line=1::z'
"""A name that would end what it stands in, or give orders to what reads it."""


def spoilt(record: Any) -> Any:
    """Give a record of every kind of gate in which names and sentences are hostile."""
    found = every_kind(record, name=HOSTILE)
    found["model"]["source"] = f"models/{HOSTILE}"
    found["data"]["source"] = HOSTILE
    for one in found["gates"]:
        one["sentence"] = f"{HOSTILE} {one['sentence']}"
        one["name"] = f"accuracy/{HOSTILE}/min"
        one["source"] = one["source"] and {"file": HOSTILE, "line": 1}
    for reason in found["verdict"]["reasons"]:
        reason["sentence"] = HOSTILE
    found["verdict"]["sentence"] = HOSTILE
    for one in found["verdict"]["suppressions"]:
        one["reason"] = one["gate"] = HOSTILE
    check_audit(found)
    return found

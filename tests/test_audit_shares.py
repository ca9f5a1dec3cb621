"""An audit in shares: what these did, read together, is what one process does."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import robaudit
from robaudit import batches, parse_attack
from robaudit.attacks.assessment import AttackPlan
from robaudit.audit import Audit, scan
from robaudit.batches import Blocks, Keeping, Share, ShareDone
from robaudit.commands.gates import parse_gate
from robaudit.errors import UsageError
from robaudit.record.findings import findings_of
from robaudit.record.plain import as_plain
from robaudit.search.plan import Precision, SearchPlan
from robaudit.storage.journal import Journal
from robaudit.types import Classifier, InputSpec
from tests.support.affine_models import SHAPE, affine, some_inputs
from tests.support.kept_work import blocks_in

PLAN = SearchPlan(40, 6, steps=12, step=0.02)
SPEC = InputSpec(SHAPE, 5)
ATTACKS = AttackPlan(
    tuple(parse_attack(name, SPEC) for name in ("fgsm", "pgd:steps=3", "uniform-noise")),
    samples=30,
    strengths=(0.05, 0.2),
)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "_LARGEST_BLOCK", 100)
    monkeypatch.setattr(batches, "_LARGEST_BATCH", 8)


def images(*, labelled: bool) -> Any:
    x, _ = some_inputs(250)
    labels = affine()[0].predict(x).argmax(axis=1)
    labels[::9] = (labels[::9] + 1) % 5
    return (x[:, 0], labels) if labelled else x[:, 0]


def audited(data: Any, folder: Path | None, share: Share | None = None, **other: Any) -> Audit:
    """Audit, with what is kept in a folder in the journal of a share, if there is one."""
    blocks = None
    if folder is not None:
        folder.mkdir(exist_ok=True)
        name = "own" if share is None else f"share-{share.number}"
        blocks = Blocks(Keeping(Journal(folder, print, name), share=share), "it")
    model = other.pop("model", affine()[0])
    asked = {"plan": PLAN, "attacks": ATTACKS, "batch_size": 8, "blocks": blocks, **other}
    try:
        return scan(model, data, **asked)
    finally:
        if blocks is not None:
            blocks.keeping.write()


def told(audit: Audit) -> Any:
    """Give the record without what depends on the hour, and the columns of rays."""
    record: Any = as_plain(findings_of(audit).audit_record)
    del record["environment"]
    columns = [audit.rays.step, audit.rays.adjacent, audit.rays.realised]
    return record, [column.tobytes() for column in columns]


def counting() -> tuple[Classifier, list[int]]:
    """Make a classifier that lists how many inputs it is asked about."""
    classifier, asked = affine()[0], list[int]()

    def predict(x: Any) -> Any:
        asked.append(len(x))
        return classifier.predict(x)

    return replace(classifier, predict=predict, prober=None), asked


@pytest.mark.parametrize("labelled", [True, False])
def test_shares_together_are_what_one_process_finds(labelled: bool, tmp_path: Path) -> None:
    data, (model, asked) = images(labelled=labelled), counting()
    whole, of_whole = told(audited(data, None, model=model)), sum(asked)
    for of in (1, 2, 7):
        folder = tmp_path / str(of)
        for number in range(1, of + 1):
            with pytest.raises(ShareDone):
                audited(data, folder, Share(number, of), model=model)
        asked.clear()
        assert told(audited(data, folder, model=model)) == whole
        assert sum(asked) < of_whole / 3


def test_shares_are_even(tmp_path: Path) -> None:
    data, sizes = images(labelled=True), []
    for number in (1, 2, 3):
        with pytest.raises(ShareDone):
            audited(data, tmp_path / str(number), Share(number, 3))
        sizes.append(blocks_in(tmp_path / str(number)))
    with pytest.raises(ShareDone):
        audited(data, tmp_path / "all", Share(1, 1))
    alone = blocks_in(tmp_path / "all")
    assert max(sizes) < 0.6 * alone
    assert max(sizes) - min(sizes) < 12


@pytest.mark.parametrize(
    "other",
    [
        {"plan": replace(PLAN, precision=Precision(0.1))},
        {"randomised": True},
        {"decide": [parse_gate("accuracy=0.5")]},
    ],
    ids=["precision", "randomised", "decide"],
)
def test_a_run_whose_samples_hang_on_all_is_not_shared(
    other: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="a share of such a run"):
        audited(images(labelled=True), tmp_path, Share(1, 2), **other)


def test_a_real_network_in_shares(tmp_path: Path) -> None:
    from tests.support.paths import EXAMPLES

    data = EXAMPLES / "digits.npz"
    model = robaudit.load(EXAMPLES / "digits.onnx")
    plan = replace(PLAN, samples=20)
    whole = told(audited(data, None, model=model, plan=plan, attacks=None))
    for number in (1, 2):
        with pytest.raises(ShareDone):
            audited(data, tmp_path, Share(number, 2), model=model, plan=plan, attacks=None)
    assert told(audited(data, tmp_path, model=model, plan=plan, attacks=None)) == whole


def test_what_all_shares_have_to_begin_with_is_told(tmp_path: Path) -> None:
    told_by = set()
    for number, seed in ((1, 0), (2, 0), (1, 1)):
        keeping = Keeping(Journal(tmp_path, print, "one"), share=Share(number, 2))
        with pytest.raises(ShareDone):
            scan(
                affine()[0],
                images(labelled=True),
                plan=replace(PLAN, seed=seed),
                blocks=Blocks(keeping, "it"),
            )
        told_by.add(keeping.began_with["search"])
    assert len(told_by) == 2

"""What was found of each sample, as a table, beside what the audit says as a whole."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import robaudit
from robaudit import AttackPlan, Audit, Images, SearchPlan
from robaudit.record.findings import findings_of
from robaudit.record.samples import sample_columns
from robaudit.testing import affine_classifier
from tests.support.labelled_images import write_pictures
from tests.support.paths import EXAMPLES

PLAN = SearchPlan(samples=30, directions=8, steps=10, step=0.08)


def columns_of(audit: Audit) -> dict[str, Any]:
    columns = sample_columns(findings_of(audit), audit.prepared.images.files)
    assert len({len(column.values) for column in columns}) == 1
    kinds = {"integer": int, "number": float, "boolean": bool, "text": str}
    for column in columns:
        assert {type(value) for value in column.values} <= {kinds[column.kind], type(None)}
    return {column.name: column.values for column in columns}


@pytest.fixture(scope="module")
def audit(digits: Images) -> Audit:
    classifier = robaudit.load(EXAMPLES / "digits.onnx")
    spec = classifier.spec
    attacks = tuple(
        robaudit.parse_attack(text, spec)
        for text in ("gaussian-noise:sigma=0.5", "uniform-noise:epsilon=0.0001", "fgsm")
    )
    plan = AttackPlan(attacks, samples=20)
    return robaudit.scan(classifier, digits, plan=PLAN, attacks=plan, reference="label")


def test_a_row_is_a_sample_with_its_label_and_prediction(audit: Audit, digits: Images) -> None:
    table = columns_of(audit)
    assert digits.labels is not None
    assert table["row"] == audit.samples.rows.tolist()
    assert table["label"] == digits.labels[table["row"]].tolist()
    assert table["label_name"] == [str(label) for label in table["label"]]
    assert table["prediction"] == audit.predicted[table["row"]].tolist()
    assert table["reference"] == table["label"]
    assert set(table["file"]) == {None}


def test_margins_add_up_to_that_of_the_model(audit: Audit) -> None:
    table = columns_of(audit)
    by_class = [
        np.mean([m for m, r in zip(table["margin"], table["reference"], strict=True) if r == c])
        for c in range(10)
    ]
    assert np.mean(by_class) == pytest.approx(audit.margins.restricted_mean.value)


def test_a_margin_is_censored_where_a_ray_meets_no_other_class() -> None:
    weights = np.random.default_rng(0).normal(0, 1, (64, 3))
    classifier = affine_classifier(weights, np.zeros(3), (1, 8, 8))
    plan = replace(PLAN, directions=1, signs=1)
    table = columns_of(robaudit.scan(classifier, None, plan=plan))
    assert len(set(table["censored"])) == 2
    for margin, censored, crossed in zip(
        table["margin"], table["censored"], table["crossed"], strict=True
    ):
        assert censored == (crossed == 0)
        assert not censored or margin == pytest.approx(plan.reach)


def test_what_attacks_did_is_that_of_the_record(audit: Audit) -> None:
    table = columns_of(audit)
    record = robaudit.make_record(audit)
    for attack in record["attacks"]:
        name = attack["name"]
        if attack["skipped"]:
            assert f"{name}.success" not in table
            continue
        success = table[f"{name}.success"]
        assert success[20:] == [None] * 10
        assert 1 - np.mean(success[:20]) == pytest.approx(attack["accuracy"]["value"])
        for fell, far in zip(success, table[f"{name}.distance"], strict=True):
            assert (far is not None) == bool(fell)
    assert "gaussian-noise.success" in table


def test_without_labels_and_attacks_there_are_none() -> None:
    weights = np.random.default_rng(0).normal(0, 1, (64, 3))
    classifier = affine_classifier(weights, np.zeros(3), (1, 8, 8))
    table = columns_of(robaudit.scan(classifier, None, plan=PLAN))
    assert set(table["label"]) == set(table["label_name"]) == {None}
    assert table["reference"] == table["prediction"]
    assert list(table)[-1] == "crossed"


def test_pictures_are_named_by_their_files(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (12, 8, 8), dtype=np.uint8)
    labels = np.arange(12) % 3
    folder = write_pictures(tmp_path / "data" / "test", pixels, labels, ["a", "b", "c"])
    images = robaudit.read_images(folder.parent)
    classifier = affine_classifier(random.normal(0, 1, (64, 3)), np.zeros(3), (1, 8, 8))
    plan = SearchPlan(samples=6, directions=4, steps=5, step=0.1)
    table = columns_of(robaudit.scan(classifier, images, plan=plan))
    assert len(set(table["file"])) == 6
    for file, label in zip(table["file"], table["label"], strict=True):
        assert (tmp_path / "data" / file).is_file()
        assert file.split("/")[:2] == ["test", "abc"[label]]
        number = int(Path(file).stem)
        assert labels[number] == label

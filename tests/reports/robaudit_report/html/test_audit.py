"""Reports: true to the schema and to each other, and fit for a browser."""

import copy
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from rich.cells import cell_len

from robaudit import Classifier, Images, SearchPlan, TextLayout, make_record, scan
from robaudit.cli import main
from robaudit.errors import RecordError
from robaudit.plugins import find_plugins, report_named
from robaudit.record import check_record, to_json
from robaudit.testing import affine_classifier
from tests.support.browser import chromium, fits, page_of, poor_contrasts
from tests.support.schemas import load_schema, validate

PLAN = SearchPlan(samples=30, directions=8, steps=10, step=0.05)


@pytest.fixture(scope="module")
def record(digits: Images) -> Any:
    """The record of a small audit, as JSON gives it back."""
    import robaudit
    from tests.support.paths import EXAMPLES

    audit = scan(robaudit.load(EXAMPLES / "digits.onnx"), digits, plan=PLAN)
    return json.loads(to_json(make_record(audit)))


def render(name: str, record: Any) -> str:
    return report_named(name).render(record, TextLayout())


def many_classes() -> Classifier:
    random = np.random.default_rng(0)
    weights, bias = random.normal(0, 1, (64, 60)), random.normal(0, 0.1, 60)
    return affine_classifier(weights, bias, (1, 8, 8))


def record_of(classifier: Classifier, images: Images | None, **plan: Any) -> Any:
    audit = scan(classifier, images, plan=SearchPlan(**{**vars(PLAN), **plan}))
    return json.loads(to_json(make_record(audit)))


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(load_schema())


def test_records_obey_the_schema(record: Any, digits: Images, digits_model: Classifier) -> None:
    from dataclasses import replace

    unlabelled = replace(digits, labels=None)
    for one in (
        record,
        record_of(digits_model, unlabelled),
        record_of(digits_model, None),
        record_of(many_classes(), None),
        record_of(digits_model, digits, samples=3, directions=1, signs=1, steps=1),
        record_of(digits_model, digits, step=1e-6),
    ):
        validate(one)
        Draft202012Validator(load_schema()).validate(one)


def test_no_number_in_a_record_is_nan_or_infinite(record: Any) -> None:
    def refuse(name: str) -> None:
        raise AssertionError(name)

    json.loads(to_json(record), parse_constant=refuse)
    with pytest.raises(ValueError, match="JSON compliant"):
        to_json({"a": float("nan")})


def damaged(change: Callable[[Any], object]) -> Callable[[Any], Any]:
    def damage(record: Any) -> Any:
        changed = copy.deepcopy(record)
        change(changed)
        return changed

    return damage


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (damaged(lambda r: r.pop("margins")), "margins"),
        (damaged(lambda r: r["margins"].pop("mean_matrix")), "mean_matrix"),
        (damaged(lambda r: r["margins"]["mean_matrix"].pop()), "mean_matrix"),
        (damaged(lambda r: r["margins"]["count_matrix"][2].append(1)), "count_matrix"),
        (damaged(lambda r: r["margins"]["mean_matrix"][0].__setitem__(0, "x")), "mean_matrix"),
        (damaged(lambda r: r["inequality"]["levels"].pop()), "levels"),
        (damaged(lambda r: r["data"].__setitem__("samples", "many")), "samples"),
        (damaged(lambda r: r["gallery"][0].__setitem__("sample", '"><script>')), "gallery"),
        (damaged(lambda r: r.__setitem__("margins", [])), "margins"),
        (lambda _: 5, "the whole"),
    ],
)
def test_damaged_records_are_refused_naming_the_place(
    record: Any, damage: Callable[[Any], Any], words: str
) -> None:
    with pytest.raises(RecordError, match=words):
        check_record(damage(record))


@pytest.mark.parametrize(
    "damage",
    [
        damaged(lambda r: r["inequality"].__setitem__("worst_class", 99)),
        damaged(lambda r: r["gallery"][0].__setitem__("origin", 99)),
        damaged(lambda r: r["margins"]["per_class"][3].__setitem__("not_crossed", [])),
        damaged(lambda r: r["margins"]["per_class"][3]["restricted_mean"].update(value=None)),
        damaged(lambda r: r["inequality"]["intervals"].__setitem__("adjacent_share", [])),
        damaged(lambda r: r["data"]["preprocessing"].__setitem__("candidates", [])),
    ],
)
def test_records_whose_parts_do_not_fit_are_refused(
    record: Any,
    damage: Callable[[Any], Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "audit.json"
    path.write_text(json.dumps(damage(record)))
    assert main(["report", str(path)]) == 2
    assert "no audit record" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [path]


def test_all_reports_give_the_same_figures(record: Any) -> None:
    margins = record["margins"]
    wanted = [
        f"{100 * record['clean']['accuracy']['value']:.1f}%",
        f"{margins['restricted_mean']['value']:.3f}",
        f"{100 * margins['crossing_rate']['value']:.1f}%",
        f"{record['inequality']['model_robustness']:.2f}",
        *[f"{one['restricted_mean']['value']:.3f}" for one in margins["per_class"]],
    ]
    for name in ("html", "text", "markdown"):
        text = render(name, record)
        for figure in wanted:
            assert figure in text, (name, figure)


def test_of_many_classes_the_worst_are_shown_and_the_rest_are_counted() -> None:
    record = record_of(many_classes(), None, samples=60)
    for name in ("html", "text", "markdown"):
        text = render(name, record)
        assert "Shown are 20 of 60 classes" in text
    assert len(render("html", record)) < 400_000


@pytest.mark.parametrize("width", [40, 60, 96])
@pytest.mark.parametrize("name", ["3", "a very long name of a class"])
def test_no_number_is_cut_to_fit_a_terminal(record: Any, width: int, name: str) -> None:
    shown = copy.deepcopy(record)
    for index, one in enumerate(shown["margins"]["per_class"]):
        one["name"] = f"{index} {name}"
        shown["inequality"]["class_robustness"][index] = 1234.5678
    text = report_named("text").render(shown, TextLayout(width=width))
    assert max(map(cell_len, text.splitlines())) <= width
    rows = [line for line in text.splitlines() if re.match(r" \d (3|a )", line)]
    assert len(rows) == 10
    for row, one in zip(rows, shown["margins"]["per_class"], strict=True):
        assert f"{one['restricted_mean']['value']:.3f} " in row
        assert row.count("%") == 2
        assert ("1,234.568" in row) == (width >= 60)
        assert any(level in row for level in ("high", "medium", "low")) == (width >= 60)


def test_reports_of_inputs_that_are_no_pictures() -> None:
    random = np.random.default_rng(0)
    classifier = affine_classifier(random.normal(0, 1, (7, 3)), np.zeros(3), (7,))
    record = record_of(classifier, None, directions=5)
    assert record["gallery"]
    assert record["gallery"][0]["sample"] is None
    assert "<img" not in render("html", record)


def test_a_plugin_that_fails_to_load_is_reported_and_stops_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from importlib.metadata import EntryPoint, EntryPoints

    from robaudit import plugins

    group = "robaudit.reports"
    broken = EntryPoint("broken", "no_such_module:REPORT", group)
    working = EntryPoint("json", "robaudit_report:JSON", group)
    monkeypatch.setattr(plugins, "entry_points", lambda **_: EntryPoints([broken, working]))
    found = find_plugins(group)
    assert list(found.loaded) == ["json"]
    assert "no_such_module" in found.broken["broken"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Headless Chromium, where it is installed."""
    with chromium() as running:
        yield running


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_the_page_in_a_browser(
    record: Any, browser: Any, tmp_path: Path, scheme: str, width: int
) -> None:
    with page_of(browser, render("html", record), tmp_path, scheme, width) as page:
        assert page.locator("h1").inner_text() == "digits.onnx"
        assert page.locator("h2").all_inner_texts() == [
            "Which classes break",
            "Where rays end",
            "How soon rays cross",
            "The nearest boundaries",
            "Class centres",
            "How this was measured",
            "Terms",
        ]
        assert page.locator("#classes ~ .scroll tbody tr").count() == 10
        assert page.locator("table.heat tbody tr").count() == 10
        assert page.locator("table.heat td.cell").count() == sum(
            count > 0 for row in record["margins"]["count_matrix"] for count in row
        )
        assert page.locator(".curves svg[aria-label]").count() == 10
        pictures = page.locator("img")
        assert pictures.count() == 2 * len(record["gallery"]) + 10
        for index in range(pictures.count()):
            assert pictures.nth(index).evaluate("image => image.naturalWidth") == 8
            assert pictures.nth(index).get_attribute("alt")
        assert fits(page, width)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_in_light_and_dark(
    record: Any, browser: Any, tmp_path: Path, scheme: str
) -> None:
    shown = copy.deepcopy(record)
    reach = record["plan"]["reach"]
    for origin, row in enumerate(shown["margins"]["mean_matrix"]):
        row[:] = [reach * (1 - (origin + place / 10) / 10) for place in range(10)]
    with page_of(browser, render("html", shown), tmp_path, scheme) as page:
        assert page.locator("td.cell").count() == 100
        assert poor_contrasts(page) == []

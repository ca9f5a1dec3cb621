"""``robaudit harden``: what comes back, what is written with it, and how it is asked for."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest

import robaudit
from robaudit.attacks import run as running
from tests.support.commands import Harden, read_comparison
from tests.support.paths import DIGITS, EXAMPLES

FILES = {"hardened.onnx", "examples.npz", "split.npz", "report.html", "comparison.json"}


def scores(path: Path | str) -> np.ndarray:
    x = np.load(EXAMPLES / "digits.npz")["x_test"][:50, None].astype(np.float32) / 255
    return robaudit.load(path).predict(x)


def test_a_model_comes_back_in_its_own_format_with_all_that_belongs_to_it(
    harden: Harden, capsys: pytest.CaptureFixture[str]
) -> None:
    assert harden("--keep", "last") == 0
    assert {path.name for path in Path("out").iterdir()} == FILES | {"before", "after"}
    one, other = onnx.load(DIGITS), onnx.load("out/hardened.onnx")
    assert [i.name for i in one.graph.input] == [i.name for i in other.graph.input]
    assert [n.op_type for n in one.graph.node] == [n.op_type for n in other.graph.node]
    assert not np.allclose(scores(DIGITS), scores("out/hardened.onnx"), atol=1e-3)
    shown = capsys.readouterr().out
    assert "Kept is epoch 2" in shown
    assert "out/hardened.onnx" in shown
    for part in ("before", "after"):
        record = json.loads(Path(f"out/{part}/audit.json").read_text())
        assert set(record.pop("files")) == {"rays.npz"}
        assert record == read_comparison()[part]
        assert {f"{part}/audit.json", f"{part}/rays.npz"} < set(read_comparison()["files"])
        assert Path(f"out/{part}/rays.npz").exists()


def test_what_is_written_says_how_it_was_made(harden: Harden) -> None:
    arguments = ["--keep", "last", "--strength", "1.2,1.4", "--high-samples", "0.5"]
    arguments += ["--compensation", "neighbours"]
    assert harden(*arguments) == 0
    comparison = read_comparison()
    robaudit.plugins.report_named("json").validate(comparison)
    found = comparison["hardening"]
    assert found["method"] == "feedback"
    assert found["kept"] == {"seed": 0, "round": 1, "epoch": 2}
    plan = found["plan"]
    assert (plan["weakest"], plan["strongest"], plan["high_samples"]) == (1.2, 1.4, 0.5)
    assert plan["compensation"] == "neighbours"
    assert (plan["search_samples"], plan["search_directions"]) == (60, 8)
    assert all(argument in found["command"] for argument in arguments)
    (one,) = found["runs"]
    (part,) = one["rounds"]
    assert [epoch["epoch"] for epoch in part["epochs"]] == [2], "no other may be kept"
    assert part["examples"] == sum(each["examples"] for each in part["classes"]) > 0
    assert part["searched"] == sum(each["searched"] for each in part["classes"]) == 60
    assert part["search"]["strategy"] == "linear"  # too few rays to check another
    assert "half of the rays" in part["search"]["fallback"]
    with np.load("out/examples.npz") as examples:
        assert len(examples["row"]) == part["examples"]
        assert (np.abs(examples["strength"] - 1.3) <= 0.1001).all()
    data = np.load(EXAMPLES / "digits.npz")
    assert found["data"]["train"] + found["data"]["validation"] == len(data["x_train"])
    assert found["data"]["test"] == len(data["x_test"])
    after = comparison["after"]["model"]
    assert after["name"] == "hardened.onnx"
    assert after["sha256"] == robaudit.load("out/hardened.onnx").fingerprint


def test_examples_can_be_made_again_from_their_file(harden: Harden) -> None:
    assert harden("--keep", "last") == 0
    data = np.load(EXAMPLES / "digits.npz")
    x = data["x_train"][:, None].astype(np.float32) / 255
    with np.load("out/examples.npz") as one:
        reached = (one["sign"] * one["strength"] * one["margin"])[:, None, None, None]
        made = np.clip(x[one["row"]] + reached * one["directions"][one["direction"]], 0, 1)
        assert (data["y_train"][one["row"]] == one["label"]).all()
        # At 1 margin and more, most examples are beyond the boundary of the original model.
        predicted = robaudit.load(DIGITS).predict(made.astype(np.float32)).argmax(axis=1)
        assert (predicted != one["label"]).mean() > 0.9


def test_examples_along_gradients_are_made_and_written(harden: Harden) -> None:
    arguments = ["--directions-per-sample", "4", "--gradient-directions", "2"]
    assert harden("--keep", "last", *arguments) == 0
    comparison = read_comparison()
    robaudit.plugins.report_named("json").validate(comparison)
    found = comparison["hardening"]
    assert found["plan"]["gradient_directions"] == 2
    (part,) = found["runs"][0]["rounds"]
    assert part["examples"] == sum(each["examples"] for each in part["classes"])
    assert part["seconds"]["gradient rays"] > 0
    data = np.load(EXAMPLES / "digits.npz")
    x = data["x_train"][:, None].astype(np.float32) / 255
    with np.load("out/examples.npz") as one:
        mine = one["direction"] >= 8
        chosen = sum(each["chosen"] for each in part["classes"])
        assert mine.sum() == len(one["directions"]) - 8 > 1.5 * chosen
        assert len(one["row"]) == part["examples"]
        reached = (one["sign"] * one["strength"] * one["margin"])[:, None, None, None]
        made = np.clip(x[one["row"]] + reached * one["directions"][one["direction"]], 0, 1)
        predicted = robaudit.load(DIGITS).predict(made.astype(np.float32)).argmax(axis=1)
        assert (predicted != one["label"])[mine].mean() > 0.95
        assert one["margin"][mine].mean() < one["margin"][~mine].mean() / 2


def test_a_second_run_is_the_same(harden: Harden) -> None:
    assert harden("--keep", "last") == 0
    first = read_comparison()
    before = scores("out/hardened.onnx")
    assert harden("--keep", "last", "--force") == 0
    assert np.array_equal(before, scores("out/hardened.onnx"))
    assert first["differences"] == read_comparison()["differences"]


def test_the_original_comes_back_where_nothing_is_better(
    harden: Harden, capsys: pytest.CaptureFixture[str]
) -> None:
    assert harden("--learning-rate", "5", "--epochs", "1") == 0
    said = capsys.readouterr().out
    assert "The original model is given back" in said
    assert "1 points" not in said
    assert Path("out/hardened.onnx").read_bytes() == Path(DIGITS).read_bytes()
    assert read_comparison()["hardening"]["kept"] is None
    assert "Both audits are of the same model." in read_comparison()["warnings"]
    assert {one["difference"] for one in read_comparison()["differences"]} <= {0, None}


def test_several_seeds_show_their_spread(harden: Harden) -> None:
    assert harden("--keep", "last", "--seeds", "2", "--epochs", "1") == 0
    comparison = read_comparison()
    found = comparison["hardening"]
    assert [one["seed"] for one in found["runs"]] == [0, 1]
    spread = {one["name"]: one for one in found["spread"]}
    margin = spread["restricted-mean-margin"]
    assert len(margin["values"]) == 2
    assert margin["values"][0] != margin["values"][1]
    chosen = found["kept"]["seed"]
    after = comparison["after"]["margins"]["restricted_mean"]["value"]
    assert margin["values"][chosen] == after
    assert margin["standard_deviation"] == pytest.approx(np.std(margin["values"], ddof=1))


def test_rounds_go_on_from_what_was_kept(harden: Harden) -> None:
    assert harden("--keep", "last", "--rounds", "2", "--epochs", "1") == 0
    found = read_comparison()["hardening"]
    assert found["kept"] == {"seed": 0, "round": 2, "epoch": 1}
    made = [one["examples"] for one in found["runs"][0]["rounds"]]
    with np.load("out/examples.npz") as examples:
        assert np.bincount(examples["round"])[1:].tolist() == made
        assert len(examples["directions"]) == 16
        of_second = examples["direction"][examples["round"] == 2]
        assert (of_second.min(), of_second.max()) >= (8, 15)


@pytest.mark.parametrize("method", ["reduced", "continued", "adversarial", "combined"])
def test_other_methods(harden: Harden, method: str) -> None:
    if method == "adversarial":
        pytest.importorskip("art")
    attacks = method in {"adversarial", "combined"}
    adversary = ["--adversary", "pgd:epsilon=0.1,steps=2,step=0.1"] if attacks else []
    assert harden("--keep", "last", "--epochs", "1", "--method", method, *adversary) == 0
    assert read_comparison()["hardening"]["method"] == method
    assert Path("out/examples.npz").exists() == (method != "adversarial")


def test_combined_hardening_writes_its_mixture_and_its_line(harden: Harden) -> None:
    """Shares that are given take the place of the usual ones; the outcome is the line's."""
    shares = ["--clean-share", "0.5", "--attacked-share", "0.3", "--budget-drawn"]
    assert harden("--method", "combined", "--epochs", "1", *shares) == 0
    hardening = read_comparison()["hardening"]
    plan, (run,) = hardening["plan"], hardening["runs"]
    assert (plan["clean_share"], plan["attacked_share"], plan["feedback_share"]) == (
        0.5,
        0.3,
        0.2,
    )
    assert plan["budget_drawn"] is True
    assert (plan["averaging"], plan["rate"], plan["keep"]) == (0.995, "cycle", "line")
    assert plan["adversary"]["steps"] == 3
    budgets = list(dict.fromkeys(point["budget"] for point in run["line"]["points"][1:]))
    assert budgets[0] == plan["adversary"]["epsilon"]
    assert run["budget"] in budgets
    assert budgets == pytest.approx([budgets[0] / 2**k for k in range(len(budgets))], rel=0.01)
    assert len(budgets) <= 1 + plan["budget_halvings"]
    assert len(run["line"]["points"]) == 1 + 10 * len(budgets)
    assert run["line"]["why"] in hardening["outcome"]
    assert (run["kept"] is None) == (run["line"]["kept"] == 0)


def test_data_without_parts_is_split_and_that_is_said(harden: Harden) -> None:
    data = np.load(EXAMPLES / "digits.npz")
    np.savez("whole.npz", x=data["x_train"], y=data["y_train"])
    assert harden("--keep", "last", "--epochs", "1", "--data", "whole.npz") == 0
    comparison = read_comparison()
    sizes = comparison["hardening"]["data"]
    total = sizes["train"] + sizes["validation"] + sizes["test"]
    assert total == len(data["x_train"])
    assert sizes["test"] == pytest.approx(0.2 * total, abs=10)
    assert any("held out" in warning for warning in comparison["warnings"])
    with np.load("out/examples.npz") as one:
        assert (data["y_train"][one["row"]] == one["label"]).all()
        used = set(one["row"])
    with np.load("out/split.npz") as split:
        parts = [set(split[name]) for name in ("train", "validation", "test")]
        assert [len(part) for part in parts] == [
            sizes[name] for name in ("train", "validation", "test")
        ]
        assert sorted(set.union(*parts)) == list(range(total))
        assert used <= parts[0]
        # The samples searched before and after count in the part that was held out.
        with np.load("out/after/rays.npz") as rays:
            test = data["y_train"][split["test"]]
            assert (test == rays["labels"]).all()


def test_test_images_can_come_from_another_file(harden: Harden) -> None:
    data = np.load(EXAMPLES / "digits.npz")
    np.savez("whole.npz", x=data["x_train"], y=data["y_train"])
    np.savez("other.npz", x=data["x_test"][:100], y=data["y_test"][:100])
    arguments = ["--data", "whole.npz", "--test-data", "other.npz"]
    assert harden("--keep", "last", "--epochs", "1", *arguments) == 0
    assert read_comparison()["before"]["data"]["source"] == "other.npz"
    assert read_comparison()["hardening"]["data"]["test"] == 100


def test_the_same_attack_twice_is_told_apart_over_seeds(harden: Harden) -> None:
    pytest.importorskip("art")
    attacks = ["--attack", "fgsm:epsilon=0.01", "--attack", "fgsm:epsilon=0.9"]
    assert harden("--keep", "last", "--seeds", "2", "--epochs", "1", *attacks) == 0
    comparison = read_comparison()
    weak, strong = (one for one in comparison["hardening"]["spread"] if one["name"] == "fgsm")
    assert [weak["before"], strong["before"]] == [
        one["accuracy"]["value"] for one in comparison["before"]["attacks"]
    ]
    assert weak["before"] > strong["before"]


def test_what_an_earlier_run_left_does_not_stay(harden: Harden) -> None:
    pytest.importorskip("art")
    assert harden("--keep", "last", "--epochs", "1", "--attack", "fgsm") == 0
    assert Path("out/after/attacks.npz").exists()
    adversary = ["--method", "adversarial", "--adversary", "fgsm:epsilon=0.1"]
    assert harden("--keep", "last", "--epochs", "1", "--force", *adversary) == 0
    assert not Path("out/after/attacks.npz").exists()
    assert not Path("out/examples.npz").exists()


def test_small_validation_and_memorised_images_are_warned_of(harden: Harden) -> None:
    assert harden("--keep", "last", "--epochs", "1", "--validation-share", "0.05") == 0
    warnings = read_comparison()["warnings"]
    assert any("validation samples, one more or less" in warning for warning in warnings)
    assert any("samples that were searched" in warning for warning in warnings)


def test_attacks_that_were_asked_for_and_did_not_run_are_no_success(
    harden: Harden, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    why = "there are no pictures"
    monkeypatch.setattr(running, "reason_to_skip", lambda *_: why)
    asked = ["--attack", "jpeg", "-q"]
    assert harden(*asked) == 2
    assert f"did not run: JPEG ({why})" in capsys.readouterr().err
    assert Path("out/after/report.html").is_file()
    assert harden(*asked, "--allow-skipped", "-o", "allowed") == 0

"""Files that came out wrong once, from end to end: the right value, or a refusal with its cause.

Accuracies are those that each model's own runtime gives on the data.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from robaudit.cli import main
from tests.support.files import read_record

NAMES = "zero,one,two,three,four,five,six,seven,eight,nine"
ORDER = "0,1,10,11,2,3,4,5,6,7,8,9"
ATTACK = ("--attack-samples", "10", "--attack")


@dataclass(frozen=True)
class Case:
    """A command, and what is right: an exit code, an accuracy, words that must be said.

    ``says`` are found in what is printed, ``never`` are not. ``holds`` is the robust accuracy
    under the attack, ``doubted`` whether it is marked.
    """

    command: tuple[str, ...]
    code: int = 0
    accuracy: float | None = None
    says: tuple[str, ...] = ()
    never: tuple[str, ...] = ("Warning",)
    classes: int = 10
    holds: float | None = None
    doubted: bool = False


def case(command: str, *more: str, **right: Any) -> Case:
    """Make a case of a folder, a model, and data."""
    return Case((*command.split(), *more), **right)


CASES = {
    "dropout": case("01-training-mode trace_train.pt m.npz", code=3,
                    says=("differently each time", "dropout", "eval")),
    "dropout on purpose": case("01-training-mode trace_train.pt m.npz", "--randomised",
                               says=("differently each time", "draws")),
    "ovo": case("02-ovo svc_ovo.skops m.npz", accuracy=0.910),
    "NaN": case("03-nan nan_some.onnx m.npz", code=3, says=("NaN", "54 of 400", "0..1")),
    "float TIFF": case("04-float-tiff plain.onnx d_ftif", accuracy=0.942),
    "an empty class": case("05-empty-class plain.onnx d_empty", accuracy=0.935),
    "the model's order": case("06-number-folders tv12.onnx d_tv12", "--class-names", ORDER,
                              accuracy=0.880, classes=12),
    "folders of numbers": case("06-number-folders tv12.onnx d_tv12", classes=12,
                               says=("order of the classes", "in another order", ORDER),
                               never=("close to chance",)),
    "names in the estimator": case("07-names-in-estimator lr_str.skops dirn", accuracy=0.933),
    "labels in the file": case("08-labels-in-onnx skl_perm.onnx m.npz", accuracy=0.922),
    "labels from 1": case("08-labels-in-onnx skl_1_10.onnx m1.npz", accuracy=0.922),
    "a budget above 1": case("09-epsilon plain.onnx m.npz", *ATTACK, "pgd:epsilon=8", code=2,
                             says=("8/255",)),
    "steps too small": case("09-epsilon plain.onnx m.npz", *ATTACK,
                            "pgd:epsilon=0.05,step=0.0001,steps=5", holds=0.9, doubted=True),
    "steps enough": case("09-epsilon plain.onnx m.npz", *ATTACK, "pgd:epsilon=0.05", holds=0.4),
    "one step": case("09-epsilon plain.onnx m.npz", *ATTACK, "cw-l2:steps=1", holds=0.8,
                     doubted=True),
    "a prefix": case("10-prefixes orig.pth m.npz", "--factory", "fac.py:net", accuracy=0.922),
    "Lightning": case("10-prefixes light.ckpt m.npz", "--factory", "fac.py:net", accuracy=0.922),
    "a sequence": case("11-sequence seq.onnx m.npz", code=3, says=("sequence",),
                       never=("not foreseen",)),
    "one score, squeezed": case("12-binary bin_sigsq.onnx mbin.npz", accuracy=0.948, classes=2),
    "one score": case("12-binary bin_sig_dyn.onnx mbin.npz", accuracy=0.948, classes=2),
    "one score, as it is": case("12-binary bin_sigid.onnx mbin.npz", accuracy=0.948, classes=2),
    "a quantised input": case("13-qdq qdq.onnx m.npz", accuracy=0.922),
    "X_test": case("14-keys plain.onnx n_Xt.npz", accuracy=0.922),
    "MedMNIST": case("14-keys plain.onnx n_med.npz", accuracy=0.922),
    "floats": case("15-label-files plain.onnx x.npy", "--labels", "l_float.txt", accuracy=0.922),
    "names": case("15-label-files plain.onnx x.npy", "--labels", "l_names.txt",
                  "--class-names", NAMES, accuracy=0.922),
    "batch statistics": case("16-bn-training bn_train.onnx m.npz", code=3,
                             says=("BatchNormalization", "training mode")),
    "saturation": case("17-saturated sat_softmax.onnx m.npz", "--mean", "0", "--std", "1",
                       *ATTACK, "pgd:epsilon=0.05", accuracy=0.922, holds=0.4),
    "one class": case("18-single-class plain.onnx n_single.npz", accuracy=0.935,
                      never=("close to chance",), says=("was assumed",)),
    "masked scores": case("19-minus-inf mask_inf.onnx m.npz", says=("classifies",)),
    "a module in a dict": case("20-module-in-dict dictmodel.pt m.npz", "--trust-model",
                               accuracy=0.922),
}  # fmt: skip


@pytest.fixture(params=CASES)
def known(request: pytest.FixtureRequest) -> Case:
    """Each case."""
    return CASES[request.param]


def test_what_came_out_wrong_is_right(
    known: Case,
    shared: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder, model, data, *flags = known.command
    if not (shared / "cases").is_dir():
        pytest.skip(f"no cases at {shared}")
    monkeypatch.chdir(shared / "cases" / folder)
    few = ["--samples", "10", "--directions", "2", "-o", str(tmp_path)]
    code = main(["scan", model, "--data", data, *flags, *few])
    printed = " ".join("".join(capsys.readouterr()).split())
    assert code == known.code, printed
    for words in known.says:
        assert words in printed
    for words in known.never:
        assert words not in printed
    assert (tmp_path / "audit.json").exists() == (code == 0)
    if known.accuracy is not None:
        record = read_record(tmp_path)
        assert record["clean"]["accuracy"]["value"] == pytest.approx(known.accuracy, abs=6e-4)
        assert record["model"]["classes"] == known.classes
    if known.holds is not None:
        (attack,) = read_record(tmp_path)["attacks"]
        assert attack["accuracy"]["value"] == pytest.approx(known.holds)
        assert bool(attack["doubt"]) == known.doubted

"""The whole searches of the paper, made small."""

import pytest

from benchmarks.search import whole
from benchmarks.search.subjects import SHARED


@pytest.mark.skipif(not (SHARED / "data/mnist.npz").is_file(), reason="no shared MNIST here")
@pytest.mark.parametrize("runtime", ["onnx", "torch"])
def test_whole_searches_are_timed(
    runtime: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (("_TRAINED_ON", 64), ("_EPOCHS", 1), ("_TESTED_ON", 32), ("_MATRIX", 64)):
        monkeypatch.setattr(whole, name, value)
    words = ["mnist", "--samples", "1", "--runtime", runtime, "--device", "cpu"]
    monkeypatch.setattr("sys.argv", ["whole", *words, "--shared", str(SHARED)])
    whole.main()
    head, _, row = (line.split("|")[1:-1] for line in capsys.readouterr().out.splitlines()[-3:])
    found = dict(zip((one.strip() for one in head), (one.strip() for one in row), strict=True))
    assert found["rays"] == "1,568"
    assert found["multiply-adds"] == "16,283,392"
    assert float(found["probes/ray"]) >= 1
    assert found["of linear"] == "1 / 1.00"  # too few rays to leave any step out

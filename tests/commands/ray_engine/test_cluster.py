"""Which cluster does the work: how it is named, and what is said where there is none."""

import socket
from pathlib import Path

import pytest

from robaudit import requirements
from robaudit.cli import main
from robaudit.commands import merge
from robaudit.commands.options.command_line import read_options
from robaudit.commands.ray_engine.cluster import joined
from robaudit.errors import UsageError
from robaudit.storage.shard import Manifest, Shard
from tests.support.commands import DATA
from tests.support.paths import DIGITS


def test_without_ray_one_sentence_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    known = requirements.version_of
    monkeypatch.setattr(
        requirements, "version_of", lambda name: None if name == "ray" else known(name)
    )
    for command in ("scan", "harden"):
        arguments = (str(DIGITS), *DATA, "--engine", "ray", "-o", str(tmp_path / "out"))
        assert main([command, *arguments]) == 2
        said = capsys.readouterr().err
        assert said == (
            "robaudit: ray is not installed. Install it with: pip install 'robaudit[ray]'\n"
        )
    assert not [*tmp_path.iterdir()]


def test_where_nobody_answers_that_is_said_at_once() -> None:
    pytest.importorskip("ray", reason="no Ray: pip install 'robaudit[ray]'")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        for scheme in ("", "ray://"):
            address = f"{scheme}127.0.0.1:{free.getsockname()[1]}"
            with (
                pytest.raises(UsageError, match=f"nobody answers at {address}"),
                joined(address, cores=1, gpus=False),
            ):
                pass


@pytest.mark.parametrize(
    "wrong", ["raylet", "http://head:80", "head", "ray://", "head:0", "a b:1", "head:6379/x"]
)
def test_what_is_no_engine_is_refused(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", str(DIGITS), "--engine", wrong]) == 2
    assert "expected local, ray, or the address of a cluster" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "said"),
    [(("--shard", "1/2"), "one --shard by several workers"), (("--device", "cuda:0"), "by number")],
)
def test_what_does_not_go_with_a_cluster_is_refused(
    more: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scan", str(DIGITS), *DATA, "--engine", "ray", *more]) == 2
    assert said in capsys.readouterr().err


def test_no_settings_file_names_a_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("robaudit.toml").write_text('engine = "evil.example:6379"\n')
    assert main(["scan", str(DIGITS)]) == 2
    assert "Only the command line may say --engine" in capsys.readouterr().err


def test_no_manifest_of_a_shard_names_a_cluster(tmp_path: Path) -> None:
    line = f"robaudit scan {DIGITS} --engine evil.example:6379 --shard 1/1"
    shard = Shard(tmp_path, Manifest(1, 1, line, "m", "m", "d", "d", asked="", computing={}))
    options = read_options(["merge", str(tmp_path)])
    assert merge.scan_of(shard, options).engine == "local"

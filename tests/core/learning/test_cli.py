"""The command line as a person uses it."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cpo_core.spec.config import TrainConfig
from cpo_core.terminal.cli import main
from cpo_core.terminal.metrics_file import read

SMALL = ["--task", "point-circle", "--batch-size", "1000", "--threads", "1"]


def _train(directory: Path, *flags: str) -> int:
    return main(["train", *SMALL, "--iterations", "2", "--out", str(directory), *flags])


def test_train_evaluate_export_and_plot(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _train(tmp_path) == 0
    checkpoint = tmp_path / "checkpoints" / "000002.ckpt"
    shown = capsys.readouterr().out
    assert "return" in shown
    assert "outside" in shown
    assert "/ 5" in shown, "the cost stands beside its limit"
    assert main(["evaluate", "--checkpoint", str(checkpoint), "--episodes", "20"]) == 0
    assert "the limit 5" in capsys.readouterr().out
    policy = tmp_path / "policy.onnx"
    assert main(["export", "--checkpoint", str(checkpoint), "--out", str(policy)]) == 0
    assert policy.stat().st_size > 1000
    assert main(["plot", str(tmp_path)]) == 0
    assert "<h1>cpo on point-circle" in (tmp_path / "figures.html").read_text(encoding="utf-8")


def test_resuming_drops_rows_after_the_checkpoint_and_writes_them_again(tmp_path: Path) -> None:
    assert _train(tmp_path, "--checkpoint-every", "1") == 0
    first = tmp_path / "checkpoints" / "000001.ckpt"
    flags = ["--resume", str(first), "--iterations", "3", "--out", str(tmp_path)]
    assert main(["train", *flags]) == 0
    config, columns = read(tmp_path)
    assert columns["iteration"] == [1, 2, 3]
    assert config["batch_size"] == 1000, "a resumed run keeps its values"
    assert config["iterations"] == 3


def test_every_field_of_the_config_is_a_flag_with_its_help(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    for field in dataclasses.fields(TrainConfig):
        name = field.name.replace("_", "-")
        flag = name.removesuffix("s") if field.name in ("limits", "options") else name
        assert f"--{flag}" in shown
        assert " ".join(field.metadata["help"].split()[:4]) in shown


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--limit", "outside=-1"], "--limit outside: must be at least 0"),
        (["--limit", "inside=1"], "--limit inside: is not a cost of point-circle"),
        (["--limit", "5"], "--limit: write NAME=VALUE, not '5'"),
        (["--seed", "1.5"], "--seed: must be a whole number"),
        (["--limit", f"outside={10**400}"], "--limit outside: must be a finite number"),
        (["--gamma", "nan"], "--gamma: must be a finite number"),
        (["--hidden", "64", "x"], "--hidden: must be a whole number"),
        (["--preset", "none"], "--preset: 'none' is unknown"),
        (["--task", "moon"], "--task: 'moon' is unknown"),
        (["--option", "nu=2"], "--option nu: is unknown"),
        (["--resume", "none.ckpt"], "none.ckpt: does not exist"),
    ],
)
def test_bad_input_is_refused_with_the_flag_and_the_remedy(
    flags: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *SMALL, *flags]) == 2
    shown = capsys.readouterr().err
    assert message in shown
    assert "Traceback" not in shown


def test_options_of_the_algorithm_are_given_by_name(tmp_path: Path) -> None:
    fpo, pdo = tmp_path / "fpo", tmp_path / "pdo"
    assert _train(fpo, "--algorithm", "fpo", "--option", "nu=5") == 0
    assert read(fpo)[0]["options"]["nu"] == [5.0]
    resumed = ["--resume", str(fpo / "checkpoints" / "000002.ckpt"), "--out", str(fpo)]
    assert main(["train", *resumed, "--option", "nu=7", "--iterations", "3"]) == 0
    assert read(fpo)[0]["options"]["nu"] == [7.0]
    assert _train(pdo, "--algorithm", "pdo", "--option", "alpha=0.5") == 0
    config, columns = read(pdo)
    assert config["options"]["alpha"] == 0.5
    assert columns["penalty_outside"][1] > 0


def test_a_directory_that_holds_a_run_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _train(tmp_path) == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert _train(tmp_path, "--seed", "1") == 2
    assert f"--out: {tmp_path} holds a run already" in capsys.readouterr().err
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


def test_without_a_directory_no_checkpoint_is_claimed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _train(tmp_path) == 0
    capsys.readouterr()
    old = tmp_path / "checkpoints" / "000002.ckpt"
    assert main(["train", "--resume", str(old), "--iterations", "3"]) == 0
    assert "checkpoint" not in capsys.readouterr().out
    assert not (tmp_path / "checkpoints" / "000003.ckpt").exists()


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint after one iteration."""
    directory = tmp_path_factory.mktemp("trained")
    assert _train(directory) == 0
    return directory / "checkpoints" / "000002.ckpt"


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["evaluate", "--seed", "-2000000"], "--seed: must be from 0 to 2147483647, not -2000000"),
        (["evaluate", "--episodes", "0"], "--episodes: must be from 1 to 1000000, not 0"),
        (["evaluate", "--threads", "-1"], "--threads: must be from 0 to 1024, not -1"),
        (["render", "--out", "v.mp4", "--width", "0"], "--width: must be from 16 to 4096, not 0"),
        (["render", "--out", "v.mp4", "--seed", "-1"], "--seed: must be from 0 to"),
        (["render", "--out", "."], "--out: . is a directory; name a file"),
        (["export", "--out", "."], "--out: . is a directory; name a file"),
        (["export", "--out", "/dev/null/x.onnx"], "/dev/null"),
    ],
)
def test_a_bad_argument_of_another_command_is_refused(
    trained: Path, command: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command[0], "--checkpoint", str(trained), *command[1:]]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_file_where_the_directory_should_be_is_said(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert _train(tmp_path / name) == 2
    assert str(tmp_path / "file") in capsys.readouterr().err


def test_list_shows_tasks_with_their_limits(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["tasks"]["point-circle"]["costs"][0]["limit"] == 5.0
    assert "cpo" in found["algorithms"]


def test_a_second_interrupt_insists_and_is_no_crash(tmp_path: Path) -> None:
    """The first waits for an iteration that is too long to wait for."""
    command = [sys.executable, "-m", "cpo_core", "train", "--task", "point-circle"]
    with subprocess.Popen(
        [*command, "--batch-size", "20000000", "--out", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        started = tmp_path / "metrics.jsonl"
        while not started.exists():
            assert child.poll() is None
        child.send_signal(signal.SIGINT)
        while "Ctrl-C again" not in (line := child.stdout.readline()):
            assert line, child.stderr.read()
        child.send_signal(signal.SIGINT)
        said = child.stderr.read()
        assert child.wait(timeout=60) == 130
    assert said == "cpo-core: interrupted\n"


def test_an_interrupt_leaves_a_checkpoint_and_says_how_to_go_on(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cpo_core", "train", *SMALL, "--iterations", "100000"]
    with subprocess.Popen(
        [*command, "--out", str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "200"},
    ) as child:
        assert child.stdout is not None
        seen = child.stdout.readline()
        child.send_signal(signal.SIGINT)
        rest = child.stdout.read()
        assert child.wait(timeout=60) == 130
    assert "return" in seen
    assert "Continue with: cpo-core train --resume" in rest
    (last,) = sorted((tmp_path / "checkpoints").glob("*.ckpt"))[-1:]
    assert str(last) in rest.replace("\n", "")
    _, columns = read(tmp_path)
    assert f"{columns['iteration'][-1]:06d}" == last.stem

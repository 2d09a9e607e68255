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

from cpo_core.cli import main
from cpo_core.config import TrainConfig
from cpo_core.metrics_file import read

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
    assert _train(tmp_path, "--algorithm", "fpo", "--option", "nu=5") == 0
    assert read(tmp_path)[0]["options"]["nu"] == [5.0]
    assert _train(tmp_path, "--algorithm", "pdo", "--option", "alpha=0.5") == 0
    config, columns = read(tmp_path)
    assert config["options"]["alpha"] == 0.5
    assert columns["penalty_outside"][1] > 0


def test_list_shows_tasks_with_their_limits(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["tasks"]["point-circle"]["costs"][0]["limit"] == 5.0
    assert "cpo" in found["algorithms"]


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

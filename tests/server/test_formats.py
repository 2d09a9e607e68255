"""A new export format is one file: everything else finds it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from cpo_core.rollouts import exporters as package
from cpo_core.rollouts.exporters.formats import exporters
from cpo_core.spec.config import make_config
from cpo_core.spec.registry import find_task
from cpo_core.terminal import cli
from cpo_core.training import checkpoint
from cpo_core.training.state import initial_state
from server.services.presentation.catalog import catalog

FILE = """
from cpo_core.rollouts.exporters.base import Exporter, Snippet


def write(policy, out):
    out.write_text(str(len(policy.weights)))


EXPORTER = Exporter("layers", "Number of layers", "txt", write, Snippet("", "print(FILE)"))
"""


@pytest.fixture
def new_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A format of one file beside ours."""
    (tmp_path / "number_of_layers.py").write_text(FILE)
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    for cached in (exporters, catalog):
        cached.cache_clear()
    yield "layers"
    sys.modules.pop(f"{package.__name__}.number_of_layers", None)
    for cached in (exporters, catalog):
        cached.cache_clear()


def test_the_command_line_offers_it(new_format: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        cli.main(["export", "--help"])
    assert new_format in capsys.readouterr().out


def test_the_command_line_writes_it(new_format: str, tmp_path: Path):
    config = make_config("point-circle")
    path, out = tmp_path / "000000.ckpt", tmp_path / "policy.txt"
    checkpoint.save(path, initial_state(config, find_task("point-circle"), {}), config)
    words = ["export", "--checkpoint", str(path), "--format", new_format, "--out", str(out)]
    assert cli.main(words) == 0
    assert out.read_text() == str(len(config.hidden) + 1)


def test_the_catalogue_lists_it(new_format: str):
    listed = {f.name: (f.title, f.suffix) for f in catalog().formats}
    assert listed[new_format] == ("Number of layers", "txt")


def test_the_api_takes_it_and_refuses_others(new_format: str, client: TestClient):
    known = client.get(f"/api/runs/nobody/policies/{new_format}")
    unknown = client.get("/api/runs/nobody/policies/gif")
    assert known.status_code == 404, "the run is unknown, not the format"
    assert unknown.status_code == 422
    assert "choose" in unknown.text
    assert new_format in unknown.text

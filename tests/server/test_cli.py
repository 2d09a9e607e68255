"""What `costline` says to a setting that cannot be used: its name, and the remedy."""

from __future__ import annotations

import http.server
import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from server.cli import main
from server.operations import demo
from server.operations.launcher import Launcher, why_not_listen
from server.settings import Settings


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "99999", "COSTLINE_PORT: Input should be less than or equal to 65535"),
        ("LEASE_SECONDS", "soon", "COSTLINE_LEASE_SECONDS: Input should be a valid number"),
        ("LOG_LEVEL", "loud", "COSTLINE_LOG_LEVEL: Input should be 'debug'"),
        ("ALLOWED_HOSTS", "a.example", 'a list is written as JSON: ["one", "two"]'),
        ("DATABASE_URL", "nonsense", "COSTLINE_DATABASE_URL: Could not parse"),
        ("DATABASE_URL", "sqlite:////dev/null", "COSTLINE_DATABASE_URL"),
    ],
)
def test_a_bad_setting_is_named(
    name: str,
    value: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("COSTLINE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv(f"COSTLINE_{name}", value)
    assert main(["migrate"]) == 2
    shown = capsys.readouterr().err
    assert said in shown
    assert shown.count("\n") == 1, "one line, no traceback"


def test_a_port_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--port", "99999"]) == 2
    assert "COSTLINE_PORT: Input should be less" in capsys.readouterr().err


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_data_directory_that_is_a_file_is_named(
    place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main(["--data-dir", str(tmp_path / place), "doctor"]) == 2
    assert f"COSTLINE_DATA_DIR: {tmp_path / place} cannot be" in capsys.readouterr().err


def test_workers_of_an_empty_database_say_that_it_wants_migrating(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--data-dir", str(tmp_path), "workers"]) == 2
    assert "costline migrate" in capsys.readouterr().err


def test_only_a_taken_port_is_called_taken() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = why_not_listen(Settings(port=other.getsockname()[1]))
    assert taken is not None
    assert "is taken" in taken
    # 192.0.2.0/24 is set aside for documentation: no machine has it.
    foreign = why_not_listen(Settings(host="192.0.2.1", port=8420))
    assert foreign == (
        "cannot listen on 192.0.2.1 port 8420: Cannot assign requested address; "
        "see --host and --port."
    )


def test_port_zero_becomes_a_port_that_everybody_knows() -> None:
    launcher = Launcher(Settings(port=0), 0)
    assert int(launcher._environment["COSTLINE_PORT"]) > 0


@contextmanager
def _answering(status: int, body: dict[str, object]) -> Iterator[str]:
    """Address of a server that answers everything so."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_demo_that_is_refused_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    with _answering(401, {"detail": "Send a token."}) as url:
        demo.watch(url)
    assert "the first run could not be made: Send a token. (401)" in capsys.readouterr().err


def test_workers_of_one_launcher_share_the_processors(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CPO_THREADS", "8")
    assert Launcher(Settings(port=0), 3)._environment["CPO_THREADS"] == "2"


def test_the_page_under_development_asks_the_port_that_the_server_listens_on() -> None:
    vite = (Path(__file__).parents[2] / "frontend" / "vite.config.ts").read_text()
    (port,) = re.findall(r'process\.env\.COSTLINE_PORT \?\? "(\d+)"', vite)
    assert int(port) == Settings.model_fields["port"].default
    assert re.findall(r"127\.0\.0\.1:(\S+)`", vite) == ["${port}"]

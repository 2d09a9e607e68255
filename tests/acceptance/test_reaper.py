"""A test run that is killed or interrupted leaves no process behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import psutil
import pytest

from tests import reaper
from tests.acceptance.service import wait_until

pytestmark = [pytest.mark.acceptance, pytest.mark.postgres]

ROOT = Path(__file__).parents[2]
OWN = "REAPER_TEST"
BOUND = 60.0
"""Much longer than it takes: other tests want the processors too."""
RUN = """
import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.acceptance.conftest import make_service
from tests.e2e.conftest import browser
from tests.server.conftest import postgres


def test_everything_runs(postgres, make_service, request):
    with contextlib.suppress(pytest.skip.Exception, pytest.fail.Exception):
        request.getfixturevalue("browser")
    service = make_service(database_url=postgres.database())
    service.web()
    service.worker()
    service.wait_for_iteration(service.create(config={"iterations": 100_000}), 1)
    # Neither the death of its parent nor that of a group or session reaches this one.
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    Path(os.environ["READY"]).touch()
    time.sleep(600)
"""
EXPECTED = ("server.cli serve", "server.cli worker", "server.worker.attempt", "postgres", "sleep")


@pytest.mark.parametrize(
    ("number", "xdist"),
    [(signal.SIGKILL, False), (signal.SIGKILL, True), (signal.SIGINT, True)],
)
def test_nothing_outlives_a_run_that_is_ended(number: signal.Signals, xdist: bool, tmp_path: Path):
    mark, ready, log = uuid.uuid4().hex, tmp_path / "ready", tmp_path / "log"
    (tmp_path / "test_run.py").write_text(RUN)
    command = [
        sys.executable, "-m", "pytest", "-c", "pyproject.toml", "-p", "no:cacheprovider",
        "-p", "tests.conftest", *(["-n", "1"] if xdist else []), f"--rootdir={tmp_path}",
        f"--basetemp={tmp_path / 'base'}", str(tmp_path / "test_run.py"),
    ]  # fmt: skip
    with log.open("wb") as output:
        run = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | {OWN: mark, "READY": str(ready)}, stdout=output,
            stderr=output, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def started() -> bool:
        assert run.poll() is None, log.read_text()
        return ready.exists()

    try:
        wait_until(started, "the run to have started everything")
        # Chromium and PostgreSQL write over the environment of some of their processes.
        known = {*carriers(mark), *psutil.Process(run.pid).children(recursive=True)}
        running = "\n".join(lines(known))
        assert [name for name in EXPECTED if name not in running] == [], running
        os.kill(run.pid, number)
        run.wait(BOUND)

        def left() -> set[psutil.Process]:
            return carriers(mark) | set(filter(reaper.alive, known))

        try:
            wait_until(lambda: not left(), "the end of all that the run had started", BOUND)
        except AssertionError as error:
            raise AssertionError("\n".join([str(error), *lines(left())])) from None
    finally:
        for process in carriers(mark):
            with contextlib.suppress(psutil.Error):
                process.kill()
        run.wait(BOUND)


def carriers(mark: str) -> set[psutil.Process]:
    """What carries this test's own variable; not the run's mark, by which the reaper goes."""
    found = set()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(OWN) == mark and reaper.alive(process):
                found.add(process)
    return found


def lines(processes: set[psutil.Process]) -> list[str]:
    """Command lines, shortened."""
    found = []
    for process in processes:
        with contextlib.suppress(psutil.Error):
            found.append(f"{process.pid} {' '.join(process.cmdline())[:150]}")
    return found

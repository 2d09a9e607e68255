"""Two machines, each with a data directory of its own, and one store that both reach."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import s3fs
from fastapi.testclient import TestClient
from sqlalchemy import update

from server import store
from server.db import Database
from server.errors import Unavailable
from server.models import StoreIdentity, Video
from server.operations.backup import backup
from server.operations.restore import restore
from server.services.files import artifacts, policies, run_log, store_identity
from server.services.files.store_identity import WrongStore
from server.services.ledger import lifecycle, runs
from server.settings import Settings
from server.store import StoreError
from server.web.app import create_app
from server.worker.attempt import attempt, prepare
from server.worker.evaluator import Evaluator
from server.worker.lease import Lease
from server.worker.recorder import Recorder
from tests.server.reports import report
from tests.server.service import Service
from tests.server.test_evaluations import trained
from tests.server.test_recorder import iterations, kept, recorder, saved

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """Address of an S3 server on this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    _wait(port, server)
    yield address
    server.terminate()
    server.wait()


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    ready = threading.Event()
    while not ready.wait(0.05):
        assert server.poll() is None
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                ready.set()


@pytest.fixture(params=["file", "memory", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A new, empty store of each kind."""
    name = uuid.uuid4().hex[:10]
    if request.param == "file":
        return f"file://{tmp_path / 'shared'}"
    if request.param == "memory":
        return f"memory://{name}/costline"
    for key, value in KEYS.items():
        monkeypatch.setenv(key, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", request.getfixturevalue("s3"))
    s3fs.S3FileSystem.clear_instance_cache()
    s3fs.S3FileSystem().mkdir(name)
    return f"s3://{name}/costline"


@pytest.fixture
def here(migrated_sqlite: Path, url: str, tmp_path: Path) -> Settings:
    """One machine."""
    shutil.copy(migrated_sqlite, tmp_path / "costline.sqlite3")
    database_url = f"sqlite:///{tmp_path / 'costline.sqlite3'}"
    return Settings(data_dir=tmp_path / "here", store_url=url, database_url=database_url)


@pytest.fixture
def there(here: Settings, tmp_path: Path) -> Settings:
    """Another machine, with the same database and store."""
    return here.model_copy(update={"data_dir": tmp_path / "there"})


@pytest.fixture
def database(here: Settings) -> Iterator[Database]:
    """The database of both."""
    found = Database(here.url)
    yield found
    found.close()


@pytest.fixture
def service(database: Database, here: Settings) -> Service:
    """The first machine."""
    return Service(database, here)


@pytest.fixture
def web(there: Settings, database: Database) -> Iterator[TestClient]:
    """A web server on the other machine."""
    app = create_app(there, database)
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as found:
        yield found


def run_attempt(service: Service, settings: Settings, *, to_the_end: bool) -> int:
    """One attempt on a machine; its token."""
    claim = service.claim()
    assert claim is not None
    asked = threading.Event()
    if not to_the_end:
        asked.set()  # it ends after its first iteration, with a checkpoint
    lease = Lease(service.database, claim, 600.0)
    log = settings.runs_path / claim.run_id / "log.txt"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(f"attempt {claim.token}\n")
    assert attempt(service.database, settings, lease, asked) == 0
    return claim.token


def test_a_run_goes_on_on_another_machine_from_the_checkpoint_of_the_first(
    service: Service, here: Settings, there: Settings
):
    config = {"iterations": 2, "batch_size": 200, "checkpoint_every": 1}
    run_id = service.run(config=config)
    run_attempt(service, here, to_the_end=False)
    assert service.get(run_id).state == "queued"
    shutil.rmtree(here.data_dir)
    run_attempt(service, there, to_the_end=True)
    run = service.get(run_id)
    assert (run.state, run.iteration) == ("succeeded", 2)
    assert iterations(service.database, run_id) == [1, 2]
    assert (there.runs_path / run_id / "0001" / "checkpoints" / "000001.ckpt").is_file()


def test_a_web_server_shows_videos_records_and_logs_that_it_never_had(
    service: Service, here: Settings, web: TestClient
):
    run_id = service.run()
    file = here.runs_path / run_id / "videos" / "000005.mp4"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"0123456789")
    file.with_suffix(".json").write_text('{"fps": 30}')
    (here.runs_path / run_id / "log.txt").write_text("a line\n")
    place = store.of(here)
    place.put(file, file.with_suffix(".json"))
    run_log.share(here, run_id, 1)
    with service.database.write() as session:
        session.add(
            Video(run_id=run_id, iteration=5, state="ready", checkpoint="", created_at=0.0,
                  path=place.name(file), return_=3.0, fps=30.0, frames=60, size=10)
        )  # fmt: skip
    shutil.rmtree(here.data_dir)
    url = f"/api/runs/{run_id}/videos/000005"
    assert web.get(f"{url}.mp4", headers={"Range": "bytes=2-4"}).content == b"234"
    assert web.get(f"{url}.json").json() == {"fps": 30}
    assert web.get(f"/api/runs/{run_id}/replays/5").json() == {"fps": 30}
    assert web.get(f"/api/runs/{run_id}/log").json()["lines"] == ["a line"]


def test_a_policy_exported_on_one_machine_is_not_exported_again_on_another(
    service: Service, here: Settings, there: Settings
):
    run_id = trained(service)
    with service.database.read() as session:
        (checkpoint,) = artifacts.checkpoints(session, run_id)
    store.of(here).put(here.data_path / checkpoint.path)
    made = policies.export(there, checkpoint, "safetensors").read_bytes()
    store.of(there).remove([there.data_path / checkpoint.path])
    shutil.rmtree(here.data_dir)
    assert policies.export(here, checkpoint, "safetensors").read_bytes() == made


def test_a_measurement_asked_for_on_one_machine_is_made_on_another(
    service: Service, here: Settings, there: Settings, web: TestClient
):
    run_id = trained(service)
    with service.database.read() as session:
        (checkpoint,) = artifacts.checkpoints(session, run_id)
    store.of(here).put(here.data_path / checkpoint.path)
    shutil.rmtree(here.data_dir)
    answer = web.post(f"/api/runs/{run_id}/evaluations", json={"episodes": 2})
    assert answer.status_code == 201, answer.text
    assert Evaluator(service.database, here).next()
    (found,) = web.get(f"/api/runs/{run_id}/evaluations").json()["evaluations"]
    assert (found["state"], found["problem"]) == ("ready", "")
    assert not [n for n in store.of(here).names(f"runs/{run_id}") if "evaluations" in n]


def test_a_damaged_copy_is_fetched_again_and_a_damaged_original_passed_over(
    service: Service, here: Settings, there: Settings
):
    claim = service.held()
    record = recorder(service, claim)
    for i in (1, 2):
        record(report(i))
        record(saved(here, claim, i))
    copy = store.of(there).get(f"runs/{claim.run_id}/0001/000002.ckpt")
    copy.write_text("damaged")
    elsewhere = Recorder(service.database, there, Lease(service.database, claim, 30.0))
    assert prepare(elsewhere, there, claim.run_id)[1] == copy
    assert copy.read_text() == "weights 2"
    copy.write_text("damaged")
    store.of(there).put(copy)
    _, resume = prepare(elsewhere, there, claim.run_id)
    assert resume == there.runs_path / claim.run_id / "0001" / "000001.ckpt"
    assert kept(service.database, claim.run_id) == [1]


def test_what_is_tidied_up_leaves_the_store_too(service: Service, here: Settings, there: Settings):
    claim = service.held(config={"checkpoint_every": 1, "video_every": 0})
    record = recorder(service, claim)
    for i in range(1, 6):
        record(report(i, cost=9.0, value=float(-i)))
        record(saved(here, claim, i))
    found = store.of(there).names(f"runs/{claim.run_id}/0001")
    names = {f"runs/{claim.run_id}/0001/{i:06d}.ckpt" for i in kept(service.database, claim.run_id)}
    assert found == names
    assert len(names) < 5
    with service.database.write() as session:
        lifecycle.failed(session, claim.run_id, claim.token, "enough")
        runs.delete(session, claim.run_id)
    soon = there.model_copy(update={"keep_deleted_seconds": -1.0})
    with service.database.write() as session:
        gone = artifacts.purge_deleted(session, soon)
    store.of(there).remove(gone)
    shutil.rmtree(here.data_dir)
    assert store.of(here).names("runs") == {store_identity.MARKER}


def test_a_backup_holds_checkpoints_that_this_machine_never_had(
    service: Service, here: Settings, there: Settings, tmp_path: Path
):
    claim = service.held()
    record = recorder(service, claim)
    record(report(1))
    record(saved(here, claim, 1))
    archive = tmp_path / "costline.tar.gz"
    backup(there, archive)
    alone = Settings(data_dir=tmp_path / "alone")
    restore(alone, archive)
    assert (alone.runs_path / claim.run_id / "0001" / "000001.ckpt").read_text() == "weights 1"


def test_a_restored_service_has_its_files_in_the_store(
    tmp_path: Path, migrated_sqlite: Path, url: str
):
    source = Settings(data_dir=tmp_path / "source")
    source.data_dir.mkdir()
    shutil.copy(migrated_sqlite, source.data_dir / "costline.sqlite3")
    database = Database(source.url)
    claim = Service(database, source).held()
    record = recorder(Service(database, source), claim)
    record(report(1))
    record(saved(source, claim, 1))
    archive = tmp_path / "costline.tar.gz"
    backup(source, archive)
    database.close()
    restore(Settings(data_dir=tmp_path / "new", store_url=url), archive)
    elsewhere = store.of(Settings(data_dir=tmp_path / "third", store_url=url))
    found = elsewhere.get(f"runs/{claim.run_id}/0001/000001.ckpt")
    assert found.read_text() == "weights 1"


def test_a_store_of_another_database_is_refused_from_every_data_directory(
    service: Service, here: Settings, there: Settings
):
    with service.database.write() as session:
        store_identity.establish(session, here)
    with service.database.write() as session:
        store_identity.establish(session, there)  # the same database from a new machine
    with service.database.write() as session:
        session.execute(update(StoreIdentity).values(id="another"))
        new = there.model_copy(update={"data_dir": there.data_dir / "new"})
        with pytest.raises(WrongStore, match=re.escape(f"The store {here.store_url} belongs")):
            store_identity.establish(session, new)


def test_an_empty_place_is_not_taken_for_the_store_that_was_there(service: Service, here: Settings):
    with service.database.write() as session:
        store_identity.establish(session, here)
    elsewhere = here.model_copy(update={"store_url": f"memory://{uuid.uuid4().hex}"})
    with service.database.write() as session, pytest.raises(WrongStore, match="is it mounted"):
        store_identity.establish(session, elsewhere)


def test_a_checkpoint_that_cannot_be_stored_is_not_named(
    service: Service, here: Settings, tmp_path: Path
):
    """The store is a folder below a file: nothing can be written there."""
    claim = service.held()
    record = recorder(service, claim)
    record(report(1))
    (tmp_path / "file").touch()
    broken = here.model_copy(update={"store_url": f"file://{tmp_path / 'file' / 'below'}"})
    record = Recorder(service.database, broken, Lease(service.database, claim, 30.0))
    with pytest.raises(StoreError, match="below"):
        record(saved(broken, claim, 1))
    assert kept(service.database, claim.run_id) == []


def test_a_place_of_an_unknown_kind_is_refused_by_name(tmp_path: Path):
    with pytest.raises(Unavailable, match=r"COSTLINE_STORE_URL is nosuch://x"):
        store.of(Settings(data_dir=tmp_path, store_url="nosuch://x"))

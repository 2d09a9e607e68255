"""`costline doctor`: is everything here that runs need, and what to do when it is not."""

# ruff: noqa: T201 - a command line speaks by printing
from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from sqlalchemy import make_url, select

from server import store
from server.db import Database
from server.errors import AppError
from server.models import StoreIdentity
from server.operations import migrate
from server.services.files import store_identity
from server.services.scheduling import health, workers
from server.settings import Settings
from server.web import built_page
from server.worker.renderer import PROBE, REMEDY

PACKAGES = ("torch", "mujoco", "gymnasium", "av", "fastapi", "sqlalchemy", "plotly")
OPTIONAL = {"psycopg": "postgres", "ray": "ray"}
"""Packages that only some installations need, and the extra that brings each."""
PROBE_SECONDS = 60


@dataclass(frozen=True)
class Finding:
    """One check; `remedy` says what to do when it is not `good`. Only `needed` ones fail."""

    name: str
    good: bool
    detail: str
    remedy: str = ""
    needed: bool = True


def report(settings: Settings) -> int:
    """Print every finding; 1 when something that runs need is missing."""
    failed = False
    for finding in findings(settings):
        mark = "ok  " if finding.good else "MISS" if finding.needed else "note"
        print(f"{mark}  {finding.name:12} {finding.detail}")
        if not finding.good:
            failed |= finding.needed
            print(f"                   {finding.remedy}")
    return int(failed)


def findings(settings: Settings) -> Iterator[Finding]:
    """All checks, cheap ones first."""
    yield Finding("python", sys.version_info >= (3, 11), sys.version.split()[0], "Install 3.11.")
    for package in PACKAGES:
        yield _package(package)
    for package, extra in OPTIONAL.items():
        yield _optional(package, extra)
    yield _data_dir(settings)
    yield _database(settings)
    yield _store(settings)
    yield Finding(
        "page", (built_page.STATIC / "index.html").is_file(), str(built_page.STATIC),
        "Build it: `python scripts/page.py build` in the source tree.", needed=False,
    )  # fmt: skip
    yield _rendering()


def _package(name: str) -> Finding:
    try:
        return Finding(name, True, version(name))
    except PackageNotFoundError:
        return Finding(name, False, "not installed", "Run `pip install costline` again.")


def _optional(name: str, extra: str) -> Finding:
    remedy = f"Only where it is wanted: `pip install 'costline[{extra}]'`."
    try:
        return Finding(name, True, version(name), needed=False)
    except PackageNotFoundError:
        return Finding(name, False, "not installed", remedy, needed=False)


def _data_dir(settings: Settings) -> Finding:
    path = settings.data_path
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        return Finding("data", False, f"{path}: {error}", "Set COSTLINE_DATA_DIR elsewhere.")
    free = health.disk_free(path)
    enough = free >= settings.low_disk
    return Finding("data", enough, f"{path}, {free / 2**30:.1f} GiB free", "Make room.")


def _database(settings: Settings) -> Finding:
    try:
        shown = make_url(settings.url).render_as_string(hide_password=True)
        database = Database(settings.url)
    except Exception as error:  # no URL at all, or a driver that is not installed
        return Finding("database", False, f"{error}", "Set COSTLINE_DATABASE_URL.")
    try:
        at = migrate.current(database)
        if at != migrate.newest():
            return Finding("database", False, f"{shown} at {at}", "Run `costline migrate`.")
        with database.read() as session:
            count = len(workers.alive(session))
    except Exception as error:
        return Finding("database", False, f"{shown}: {error}", "Set COSTLINE_DATABASE_URL.")
    finally:
        database.close()
    return Finding("database", True, f"{shown} at {at}, {count} workers")


def _store(settings: Settings) -> Finding:
    """Whether the files at hand are this database's; nothing is marked by asking."""
    database = Database(settings.url)
    try:
        place = store.of(settings)
        found = store_identity.read(place)
        with database.read() as session:
            own = session.scalars(select(StoreIdentity)).one()
    except AppError as error:
        return Finding("store", False, "not reachable", error.detail)
    except Exception as error:
        return Finding("store", False, str(error), "See the lines above.")
    finally:
        database.close()
    fits = found == own.id or (found is None and not own.marked)
    detail = str(place) if fits else f"{place} has id {found}, the database {own.id}"
    remedy = "Mount it, or set COSTLINE_DATA_DIR, COSTLINE_STORE_URL or COSTLINE_DATABASE_URL."
    return Finding("store", fits, detail, remedy)


def _rendering() -> Finding:
    try:
        done = subprocess.run(
            [sys.executable, "-c", PROBE], capture_output=True, text=True, timeout=PROBE_SECONDS,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        late = f"no answer within {PROBE_SECONDS} s"
        return Finding("OpenGL", False, late, REMEDY, needed=False)
    backend = done.stdout.strip()
    return Finding("OpenGL", bool(backend), backend or "not found", REMEDY, needed=False)

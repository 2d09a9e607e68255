"""The command line: `costline up` and everything that runs a service with it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from server.settings import Settings

Command = Callable[[argparse.Namespace, Settings], int]


def main(arguments: list[str] | None = None) -> int:
    """Entry point of `costline`."""
    options = parser().parse_args(arguments)
    given = {
        name: value
        for name, value in vars(options).items()
        if name in Settings.model_fields and value is not None
    }
    try:
        settings = _settings(given)
        return options.command(options, settings)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        message = _explained(error)
        if message is None:
            raise
        print(f"costline: {message}", file=sys.stderr)
        return 2


def _settings(given: dict[str, Any]) -> Settings:
    """Settings of the environment and the command line, with a data directory that is one."""
    settings = Settings(**given)
    try:
        settings.data_path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        from server.errors import Unavailable

        raise Unavailable(
            f"COSTLINE_DATA_DIR: {settings.data_path} cannot be a directory "
            f"({error.strerror}); set it, or --data-dir, elsewhere."
        ) from error
    return settings


def _explained(error: Exception) -> str | None:
    """What to say of an error that a person can mend; None for all others."""
    from pydantic import ValidationError
    from pydantic_settings import SettingsError
    from sqlalchemy.exc import ArgumentError, OperationalError

    from server.errors import AppError

    if isinstance(error, AppError):
        return error.detail
    if isinstance(error, ValidationError) and error.title == Settings.__name__:
        return "; ".join(
            f"COSTLINE_{str(found['loc'][0]).upper()}: {found['msg']}, not {found['input']!r}"
            for found in error.errors()
        )
    if isinstance(error, SettingsError):
        return f'{error}; a list is written as JSON: ["one", "two"]'
    if isinstance(error, ArgumentError):
        return f"COSTLINE_DATABASE_URL: {error}"
    if isinstance(error, OperationalError):
        return f"the database does not answer (COSTLINE_DATABASE_URL): {error.orig}"
    return None


def parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    root = argparse.ArgumentParser(
        prog="costline", description="Constrained RL, launched and watched."
    )
    root.add_argument("--data-dir", dest="data_dir", type=Path, help="where everything is kept")
    commands = root.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Command, help: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help, description=help)
        sub.set_defaults(command=command)
        return sub

    for name, command, meaning in (
        ("up", up, "migrate, serve and work, until Ctrl-C"),
        ("demo", demo, "like up, with a first Point-Circle run"),
    ):
        sub = _address(add(name, command, meaning))
        sub.add_argument("--workers", type=_count, default=1, help="worker processes (default 1)")
        sub.add_argument("--reload", action="store_true", help="start anew when code changes")
    _address(add("serve", serve, "serve the page and the API"))
    work = add("worker", worker, "run queued runs")
    work.add_argument("--slots", type=int, help="runs at the same time")
    work.add_argument("--gpus", type=int, help="GPUs to hand out")
    work.add_argument("--executor", choices=("local", "ray"), help="where attempts run")
    work.add_argument("--ray-address", help="head of the Ray cluster, host:port")
    add("migrate", migrate, "bring the database to the newest schema")
    add("doctor", doctor, "check this installation")
    add("workers", workers, "list workers and what they run")
    token = add("token", make_token, "make a token for a person or a program")
    token.add_argument("owner", help="whose it is")
    back = add("backup", backup, "copy database and files into an archive")
    back.add_argument("archive", type=Path, help="file to write, .tar.gz")
    rest = add("restore", restore, "unpack an archive into an empty data directory")
    rest.add_argument("archive", type=Path, help="file that `costline backup` wrote")
    return root


def up(options: argparse.Namespace, settings: Settings) -> int:
    """Server and workers as child processes of one launcher."""
    from server.operations.launcher import Launcher

    return Launcher(settings, options.workers, reload=options.reload).run()


def demo(options: argparse.Namespace, settings: Settings) -> int:
    """`up` with a first run whose progress is shown."""
    from server.operations.demo import run

    return run(settings, options.workers)


def serve(options: argparse.Namespace, settings: Settings) -> int:
    """The web process."""
    import signal

    from cpo_core.machine import parent_death
    from server.operations.launcher import with_port
    from server.web.serve import serve as run

    parent_death.die_with_parent(signal.SIGTERM)
    run(with_port(settings))
    return 0


def worker(options: argparse.Namespace, settings: Settings) -> int:
    """A worker process."""
    from server.worker.__main__ import run

    run(settings)
    return 0


def migrate(options: argparse.Namespace, settings: Settings) -> int:
    """Apply missing migrations."""
    from server.db import Database
    from server.operations import migrate as migrations

    database = Database(settings.url)
    migrations.upgrade(database)
    print(f"The database is at revision {migrations.current(database)}.")
    return 0


def doctor(options: argparse.Namespace, settings: Settings) -> int:
    """Check everything that a run needs."""
    from server.operations.doctor import report

    return report(settings)


def workers(options: argparse.Namespace, settings: Settings) -> int:
    """What runs where."""
    from server.db import Database
    from server.errors import Unavailable
    from server.operations import migrate as migrations
    from server.services.scheduling.workers import listing

    database = Database(settings.url)
    try:
        if migrations.current(database) != migrations.newest():
            raise Unavailable("The database has not the newest schema: run `costline migrate`.")
        with database.read() as session:
            found = listing(session).workers
    finally:
        database.close()
    for w in found:
        runs = ", ".join(w.running) or "idle"
        print(f"{w.id:34} {w.state:9} {w.executor:6} slots {w.slots} gpus {w.gpus}  {runs}")
    if not found:
        print("No worker has been seen. Start one with `costline worker`.")
    return 0


def make_token(options: argparse.Namespace, settings: Settings) -> int:
    """Print a new token once."""
    from server.db import Database
    from server.operations import migrate as migrations
    from server.web import auth

    database = Database(settings.url)
    migrations.upgrade(database)
    with database.write() as session:
        print(auth.create(session, options.owner))
    return 0


def backup(options: argparse.Namespace, settings: Settings) -> int:
    """Archive of database and files."""
    from server.operations.backup import backup as run

    run(settings, options.archive)
    print(f"Wrote {options.archive}.")
    return 0


def restore(options: argparse.Namespace, settings: Settings) -> int:
    """Data directory from an archive."""
    from server.operations.restore import restore as run

    run(settings, options.archive)
    print(f"Restored into {settings.data_path}.")
    return 0


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"must be at least 0, not {number}")
    return number


def _address(sub: argparse.ArgumentParser) -> argparse.ArgumentParser:
    sub.add_argument("--host", help="address to listen on (default 127.0.0.1)")
    sub.add_argument("--port", type=int, help="port (default 8420)")
    return sub


if __name__ == "__main__":
    sys.exit(main())

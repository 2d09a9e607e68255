"""Which store belongs to which database: an id in both, so that neither is taken for another.

Files that no row names are removed in time, and rows whose file is gone are passed over; with the
wrong database, or a directory that is not mounted, both would be wrong.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from server import store
from server.errors import Unavailable
from server.models import StoreIdentity
from server.settings import Settings
from server.store import Store

MARKER = "runs/.store"


class WrongStore(Unavailable):
    """The files at hand are not those of this database; the message says what to do."""


def establish(session: Session, settings: Settings) -> None:
    """`check_and_mark`, and note in the database that the store was marked: wants a commit."""
    check_and_mark(session, settings)
    session.scalars(select(StoreIdentity)).one().marked = True


def check_and_mark(session: Session, settings: Settings) -> None:
    """Check whose the stores are, and give new ones their marker; the database is only read.

    Raises WrongStore, or StoreError without an answer.
    """
    own = session.scalars(select(StoreIdentity)).one()
    home = store.of(settings)
    _check_and_mark(session, home, own.id, may_be_new=not own.marked)
    if home.shared:
        _check_and_mark(session, Store(settings.data_path), own.id, may_be_new=True)


def holds(session: Session, settings: Settings) -> bool:
    """Whether the folder of runs on this machine is this database's."""
    return read(Store(settings.data_path)) == session.scalars(select(StoreIdentity.id)).one()


def read(place: Store) -> str | None:
    """The id that a store was marked with; None without one."""
    text = place.read(MARKER)
    return None if text is None else text.strip()


def mark(place: Store, own: str, database: str) -> None:
    """Give a store its id, unless it has one; raises WrongStore when that is another's."""
    found = read(place)
    if found is None:
        place.write(MARKER, f"{own}\n")
        found = read(place)  # another database may have been faster
    if found != own:
        raise WrongStore(
            f"{_capital(place)} belongs to another database: it is store {found}, and {database} "
            f"has store {own}. Set COSTLINE_DATA_DIR (or COSTLINE_STORE_URL) or "
            "COSTLINE_DATABASE_URL so that they fit; to move a service to another database, use "
            "`costline backup` and `costline restore`."
        )


def database_name(session: Session) -> str:
    """The database as people know it, without its password."""
    return session.get_bind().engine.url.render_as_string(hide_password=True)


def _check_and_mark(session: Session, place: Store, own: str, *, may_be_new: bool) -> None:
    database = database_name(session)
    if not may_be_new and read(place) is None:
        raise WrongStore(
            f"{_capital(place)} has no {MARKER}, which {database} left there: is it mounted? If "
            f"its files are gone for good, begin with an empty store by writing {own} into that "
            "file."
        )
    mark(place, own, database)


def _capital(place: Store) -> str:
    text = str(place)
    return text[0].upper() + text[1:]

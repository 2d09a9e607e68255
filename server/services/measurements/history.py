"""The history of a run as pages show it: what a page asks for at once shares one reading."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from server.models import Run
from server.services.measurements import metrics
from server.web.schemas.base import Columns
from server.web.schemas.metrics import Metrics

_KEPT = 4


class _Reading:
    """A history that whoever comes first reads, while the others wait for it alone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._columns: Columns | None = None

    def columns(self, load: Callable[[], Columns]) -> Columns:
        with self._lock:
            if self._columns is None:
                self._columns = load()
            return self._columns


_recent: OrderedDict[tuple[Any, ...], _Reading] = OrderedDict()
_changing = threading.Lock()


def read(
    session: Session, run: Run, after: int = 0, max_points: int | None = None,
    names: Sequence[str] | None = None,
) -> Metrics:  # fmt: skip
    """Columns of a run's iterations > `after`; raises Invalid for an unknown column name."""
    if names:
        columns = metrics.chosen(session, run, after, names)
    elif after:
        columns = metrics.load(session, run.id, after)
    else:
        columns = whole(session, run)
    total = len(columns["iteration"])
    if max_points is not None and total > max_points:
        columns = metrics.downsample(columns, max_points)
    return Metrics(columns=columns, total=total, last_iteration=run.iteration)


def whole(session: Session, run: Run) -> Columns:
    """All columns of all iterations; not to be changed, for others read them too."""
    engine = session.get_bind()
    assert isinstance(engine, Engine)
    # A run that goes back to its checkpoint does so with a new token.
    key = (engine.url, run.id, run.token, run.iteration)
    with _changing:
        reading = _recent.setdefault(key, _Reading())
        _recent.move_to_end(key)
        while len(_recent) > _KEPT:
            _recent.popitem(last=False)
    return reading.columns(lambda: metrics.load(session, run.id))

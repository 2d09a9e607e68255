"""What people read for the case of an update: one table for the terminal and the log.

The names are those of `cpo_core.solvers.in_span.Case`; they stay in files, rows and the API.
"""

from __future__ import annotations

from collections.abc import Mapping

TITLES: Mapping[str, str] = {
    "reward_step": "unconstrained step",
    "boundary": "constraint active",
    "recoverable": "infeasible, recoverable",
    "recovery": "infeasible: recovery (cost-only) step",
    "rejected": "rejected",
    "hold": "skipped",
    "unknown": "skipped",
}


def title(case: str, accepted: bool | None = True) -> str:
    """The case in words; a step that the line search refused is `rejected`.

    Algorithms from elsewhere may have cases of their own: those keep their names.
    """
    found = TITLES.get(case, case)
    return TITLES["rejected"] if accepted is False and found != TITLES["hold"] else found

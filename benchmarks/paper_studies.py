"""The paper's comparisons and ours: which arms a study has, on which task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Arm:
    """One line of a comparison: an algorithm with a preset and the fields that differ from it."""

    name: str
    algorithm: str = "cpo"
    preset: str = "default"
    overrides: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Study:
    """Arms on one task, at one size."""

    name: str
    task: str
    arms: tuple[Arm, ...]
    overrides: Mapping[str, Any] = field(default_factory=dict)


def _baselines(small: float, large: float) -> tuple[Arm, ...]:
    return (
        Arm("trpo", "trpo"),
        Arm("pdo", "pdo"),
        Arm("fpo-small", "fpo", overrides={"options": {"nu": [small]}}),
        Arm("fpo-large", "fpo", overrides={"options": {"nu": [large]}}),
    )


OURS_AND_PAPER = (Arm("cpo"), Arm("cpo-paper", preset="paper"))


def _tracking(cost_lam: float) -> tuple[Arm, ...]:
    """Ways to track a limit, each told whole, whatever the preset chooses."""

    def arm(name: str, folds: int, gain: float, lam: float = cost_lam) -> Arm:
        options = {"cross_fit_folds": folds, "correction_gain": gain, "cost_lam": lam}
        return Arm(name, overrides=options)

    other = 0.92 if cost_lam == 1.0 else 0.5
    return (
        arm("plain", 1, 0.0),
        arm("folds", 2, 0.0),
        arm("folds5", 5, 0.0),
        arm("feedback", 1, 0.1),
        arm("both", 2, 0.1),
        arm(f"both-lambda{other:g}", 2, 0.1, other),
        arm(f"feedback-lambda{other:g}", 1, 0.1, other),
    )


_NO_LIMIT = 1e6
_TWO_COSTS = (
    Arm("both", preset="quick", overrides={"iterations": 100}),
    Arm("both-large-batches"),
    Arm(
        "outside-alone",
        preset="quick",
        overrides={"iterations": 100, "limits": {"speed": _NO_LIMIT}},
    ),
    Arm(
        "speed-alone",
        preset="quick",
        overrides={"iterations": 100, "limits": {"outside": _NO_LIMIT}},
    ),
)
"""Each limit alone, and both: with batches of 10,000, and once with the preset's 50,000."""

STUDIES = {
    study.name: study
    for study in (
        Study("point-circle", "point-circle", OURS_AND_PAPER + _baselines(1.0, 50.0)),
        Study("point-gather", "point-gather", OURS_AND_PAPER + _baselines(1.0, 50.0)),
        Study("ant-circle", "ant-circle", OURS_AND_PAPER + _baselines(1.0, 5.0)),
        Study("ant-gather", "ant-gather", OURS_AND_PAPER + _baselines(1.0, 50.0)),
        Study("humanoid-circle", "humanoid-circle", OURS_AND_PAPER + _baselines(1.0, 5.0)),
        Study("two-costs", "point-circle-two-costs", _TWO_COSTS),
        Study("tracking-point-circle", "point-circle", _tracking(1.0)),
        Study("tracking-point-gather", "point-gather", _tracking(1.0)),
        Study("tracking-ant-circle", "ant-circle", _tracking(0.92)),
        Study("tracking-humanoid-circle", "humanoid-circle", _tracking(0.92)),
        Study("tracking-ant-gather", "ant-gather", _tracking(0.92)),
    )
}

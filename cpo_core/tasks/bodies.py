"""Bodies that MuJoCo moves: which MJCF, how often a policy acts, and what the rules see of them.

Light floor: a body is described here and run by `cpo_core.sim.mujoco_worlds`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cpo_core.tasks.arrays import namespace, side_by_side
from cpo_core.tasks.base import Array
from cpo_core.tasks.worlds import Movers

Fields = Mapping[str, Array]
"""MjData fields of N worlds by name, (N, ...) each."""


@dataclass(frozen=True)
class Look:
    """What can be read off the fields at one time; see `cpo_core.tasks.base.Motion`."""

    position: Array
    sense: Array
    healthy: Array
    heading: Array | None = None


@dataclass(frozen=True)
class Noise:
    """Reset noise: `position` on qpos and `velocity` on qvel; normal or uniform in +-scale."""

    position: float
    velocity: float
    position_kind: str = "normal"
    velocity_kind: str = "normal"


@dataclass(frozen=True, kw_only=True)
class Body:
    """A body. `mjcf`: a file of `assets/`, or `gymnasium/<file>` for one that Gymnasium installs.

    A policy's step is `frame_skip` steps of the model. `reads` are the MjData fields that `look`
    needs: qpos and qvel are those of the new state; derived fields are those of the last stage of
    the last physics step, as Gymnasium reads them too. With RK4 that stage is an estimate of the
    new state: the ant's centre of mass is 0.08 mm from where it will be (median of random play; it
    moves 8 mm a step), and such errors do not add up, since velocities are differences of
    positions. Controls are the policy's actions cut to the model's ctrlrange. Episodes start at
    the keyframe "start" where the model has one, else at qpos0, plus `noise`.
    """

    mjcf: str
    frame_skip: int
    reads: tuple[str, ...]
    look: Callable[[Fields], Look]
    noise: Noise

    @property
    def groups(self) -> int:
        """2: while one group's actions are worked out, the other's physics has the processor."""
        return 2

    def movers(self, environments: int, threads: int) -> Movers:
        """See `cpo_core.tasks.worlds.MovingBody`."""
        module = importlib.import_module("cpo_core.sim.mujoco_worlds")
        return module.BatchMovers(self, environments, threads)

    def action_range(self) -> tuple[Array, Array]:
        """The model's ctrlrange."""
        low, high = (
            importlib.import_module("cpo_core.sim.models").load_model(self).actuator_ctrlrange.T
        )
        return low, high


def yaw(quaternion: Array) -> Array:
    """(N,) rad, counter-clockwise from +x, of unit quaternions (N, 4) in the order w, x, y, z."""
    xp = namespace(quaternion)
    w, x, y, z = (quaternion[:, k] for k in range(4))
    return xp.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))


def _walker(lowest: float, highest: float, heading: bool) -> Callable[[Fields], Look]:
    """A free-floating robot that ends its episode when its torso leaves [lowest, highest] m.

    Its `heading` is worked out only where rules ask for it.
    """

    def look(fields: Fields) -> Look:
        qpos, com = fields["qpos"], fields["subtree_com"][:, 1]
        xp = namespace(qpos)
        height = qpos[:, 2]
        return Look(
            position=com[:, :2],
            sense=side_by_side(qpos, fields["qvel"], com),
            healthy=xp.logical_and(height >= lowest, height <= highest),
            heading=yaw(qpos[:, 3:7]) if heading else None,
        )

    return look


def _robot(mjcf: str, look: Callable[[Fields], Look]) -> Body:
    reads = ("qpos", "qvel", "subtree_com")
    return Body(mjcf=mjcf, frame_skip=1, reads=reads, look=look, noise=Noise(0.01, 0.1))


ANT = _robot("ant.xml", _walker(0.2, 1.0, heading=False))
"""rllab's ant: sense is qpos (15), qvel (14), centre of mass (3); 8 motors; 50 Hz."""

ANT_WITH_HEADING = _robot("ant.xml", _walker(0.2, 1.0, heading=True))
"""The same, for rules that need its yaw."""

HUMANOID = _robot("humanoid.xml", _walker(0.8, 2.0, heading=False))
"""rllab's simple humanoid: sense is qpos (17), qvel (16), centre of mass (3); 10 motors; 100 Hz."""

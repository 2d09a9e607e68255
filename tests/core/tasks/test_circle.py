"""Circle: rewards and costs worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cpo_core.spec import registry
from cpo_core.tasks.base import Motion
from cpo_core.tasks.circle import Circle, circle_reward
from cpo_core.tasks.costs import Effort, Outside, Speeding, Turning


def _motion(position=(0.0, 0.0), velocity=(0.0, 0.0), *, heading=0.0, effort=0.0) -> Motion:
    return Motion(
        position=np.array([position], float),
        velocity=np.array([velocity], float),
        heading=np.array([heading]),
        sense=np.zeros((1, 2)),
        healthy=np.array([True]),
        controls=np.array([[np.sqrt(effort), 0.0]]),
    )


@pytest.mark.parametrize(
    ("position", "velocity", "expected"),
    [
        ((15.0, 0.0), (0.0, 1.0), 15.0),  # on the circle, counter-clockwise
        ((15.0, 0.0), (0.0, -1.0), -15.0),  # clockwise
        ((0.0, 15.0), (-1.0, 0.0), 15.0),
        ((15.0, 0.0), (1.0, 0.0), 0.0),  # outwards earns nothing
        ((0.0, 11.0), (-0.5, 0.3), 5.5 / 5.0),  # 4 m inside: divided by 1 + 4
        ((18.0, 0.0), (0.0, 1.0), 18.0 / 4.0),  # 3 m outside
        ((0.0, 0.0), (1.0, 1.0), 0.0),
    ],
)
def test_the_reward_is_speed_along_the_circle_over_one_plus_the_distance_to_it(
    position, velocity, expected
) -> None:
    reward = circle_reward(np.array([position]), np.array([velocity]), 15.0)
    assert reward[0] == pytest.approx(expected)


def test_the_same_reward_comes_out_of_torch() -> None:
    rng = np.random.default_rng(0)
    position, velocity = rng.normal(0, 9, (50, 2)), rng.normal(0, 1, (50, 2))
    ours = circle_reward(torch.from_numpy(position), torch.from_numpy(velocity), 10.0)
    np.testing.assert_allclose(ours.numpy(), circle_reward(position, velocity, 10.0), rtol=1e-12)


@pytest.mark.parametrize(
    ("x", "cost"), [(0, 0), (2.5, 0), (2.5001, 1), (-2.4999, 0), (-2.6, 1), (9, 1)]
)
def test_the_cost_counts_both_sides_beyond_the_limit(x: float, cost: float) -> None:
    assert Outside(2.5)(_motion((x, 3.0)), _motion((0.0, 0.0)))[0] == cost


def test_the_cost_is_of_the_state_before_the_action_and_the_reward_of_the_one_after() -> None:
    rules = Circle(15.0, (Outside(2.5),))
    before, after = _motion((3.0, 0.0)), _motion((2.0, 0.0), (0.0, 1.0))
    outcome, _ = rules.judge(before, after, {})
    assert outcome.costs[0, 0] == 1
    assert outcome.rewards[0] == pytest.approx(2.0 / (1 + 13.0))


def test_the_humanoids_bonus_and_effort_join_the_reward() -> None:
    rules = registry.find_task("humanoid-circle").world.rules
    outcome, _ = rules.judge(_motion(), _motion((10.0, 0.0), (0.0, 1.0), effort=4.0), {})
    assert outcome.rewards[0] == pytest.approx(10.0 + 0.2 - 0.0005 * 4.0)


def test_the_other_costs_by_hand() -> None:
    after = _motion((0, 0), (0.6, 0.6), heading=0.1, effort=2.0)
    assert Speeding(0.8)(_motion(), after)[0] == 1
    assert Speeding(0.85)(_motion(), after)[0] == 0
    assert Effort(8)(_motion(), after)[0] == pytest.approx(0.25)
    assert Turning(0.25)(_motion(heading=0.2), after)[0] == pytest.approx(0.4)


def test_several_costs_come_in_the_tasks_order() -> None:
    task = registry.find_task("point-circle-three-costs")
    before, after = _motion((3.0, 0.0)), _motion((3.0, 0.5), (0.0, 0.5), heading=0.125)
    outcome, _ = task.world.rules.judge(before, after, {})
    assert [cost.name for cost in task.costs] == ["outside", "speed", "turning"]
    np.testing.assert_allclose(outcome.costs[:, 0], [1.0, 0.0, 0.5])


def test_the_papers_numbers() -> None:
    table = {
        "point-circle": (15, 2.5, 5),
        "ant-circle": (10, 3, 10),
        "humanoid-circle": (10, 2.5, 10),
    }
    for name, (radius, x_limit, limit) in table.items():
        task = registry.find_task(name)
        assert task.world.rules.radius == radius
        assert task.world.rules.costs == (Outside(x_limit),)
        assert task.costs[0].limit == limit

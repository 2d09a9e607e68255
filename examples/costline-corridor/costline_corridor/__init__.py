"""An example: two ways to give Costline a task of your own.

Importing this package registers the Gymnasium environment of `environment.py`, so that
`gym:costline_corridor:Corridor-v0` works; `task.py` is found by its entry point.
"""

from gymnasium.envs.registration import register

register(
    id="Corridor-v0",
    entry_point="costline_corridor.environment:Corridor",
    max_episode_steps=100,
)

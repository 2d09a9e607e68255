"""Rollout videos: what the file holds, what the record says, and what is said without GL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from cpo_core.networks.policy import Policy
from cpo_core.rollouts import video
from cpo_core.sim.scene_renderer import Stage
from cpo_core.spec import registry
from cpo_core.tasks.base import Task

SIZE = {"width": 160, "height": 120}


def _policy(task: Task):
    generator = np.random.default_rng(0)
    return Policy.initial(task.observation_size, task.action_size, generator).numpy()


@pytest.fixture
def backend(need) -> str:
    """The GL backend of this machine."""
    found = video.probe()
    if found is None:
        need("gl", video.missing_gl())
    return str(found)


def _frames(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


@pytest.mark.parametrize("name", ["point-circle", "ant-circle"])
def test_a_video_has_the_frames_that_its_record_counts(name: str, tmp_path, backend: str) -> None:
    task = registry.find_task(name)
    record = video.render_policy(task, _policy(task), tmp_path / "v.mp4", seed=3, **SIZE)
    frames = _frames(tmp_path / "v.mp4")
    assert len(frames) == record.frames == len(record.states)
    steps = len(record.step_rewards)
    assert record.frames == 1 + -(-steps // record.steps_per_frame)
    assert frames[0].shape == (120, 160, 3)
    assert frames[0].std() > 5, "the picture is empty"
    assert np.abs(frames[0].astype(int) - frames[-1]).mean() > 0.5, "nothing moves"


def test_the_file_is_h264_in_yuv420p_with_its_index_first(tmp_path, backend: str) -> None:
    task = registry.find_task("point-circle")
    video.render_policy(task, _policy(task), tmp_path / "v.mp4", **SIZE)
    with av.open(str(tmp_path / "v.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
    data = (tmp_path / "v.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_the_record_beside_the_video_adds_up(tmp_path, backend: str) -> None:
    task = registry.find_task("point-circle")
    record = video.render_policy(task, _policy(task), tmp_path / "v.mp4", seed=1, **SIZE)
    plain = json.loads((tmp_path / "v.json").read_text())
    assert plain["return"] == pytest.approx(sum(plain["step_rewards"])) == record.total
    assert plain["costs"]["outside"] == sum(plain["step_costs"]["outside"])
    positions = [abs(state["qpos"][0]) for state in plain["states"]]
    outside = [float(x > 2.5) for x in positions[:-1]]
    assert plain["step_costs"]["outside"] == outside
    assert 50 <= plain["steps"] <= 65


def test_the_same_seed_gives_the_same_rollout(tmp_path, backend: str) -> None:
    task = registry.find_task("point-circle")
    first, second, other = (
        video.render_policy(task, _policy(task), tmp_path / f"{k}.mp4", seed=seed, **SIZE)
        for k, seed in enumerate((5, 5, 6))
    )
    assert first == second
    assert first.step_rewards != other.step_rewards


def test_blue_panels_are_seen_on_both_sides(tmp_path, backend: str) -> None:
    task = registry.find_task("point-circle")
    video.render_policy(task, _policy(task), tmp_path / "v.mp4", **SIZE)
    red, _, blue = _frames(tmp_path / "v.mp4")[0].astype(int).transpose(2, 0, 1)
    panels = blue - red > 40
    assert panels[:, :80].any()
    assert panels[:, 80:].any()


def test_apples_are_green_bombs_are_red_and_both_vanish_when_taken(backend: str) -> None:
    task = registry.find_task("point-gather")
    counts = {"apples": 2, "bombs": 8}
    stage = Stage(task.world.body.mjcf, task.world.scene, counts, (160, 120), backend)
    things = {k: v[0] for k, v in task.world.rules.begin(np.random.default_rng(0), 1).items()}

    def coloured(**left: bool) -> tuple[int, int]:
        now = {f"{k}_left": np.full_like(things[f"{k}_left"], v) for k, v in left.items()}
        pixels = stage.frame(np.zeros(3), {**things, **now}, False).astype(int)
        red, green, blue = pixels.transpose(2, 0, 1)
        return (green > 1.5 * np.maximum(red, blue)).sum(), (red > 1.8 * green).sum()

    apples, bombs = coloured(apples=True, bombs=True)
    assert apples > 15
    assert bombs > 60
    assert coloured(apples=False, bombs=True) == (0, bombs)
    assert coloured(apples=True, bombs=False)[1] == 0
    stage.close()


def test_without_gl_the_error_names_the_packages(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(video, "probe", lambda: None)
    task = registry.find_task("point-circle")
    with pytest.raises(video.RenderError, match="libegl1 or libosmesa6"):
        video.render_policy(task, _policy(task), tmp_path / "v.mp4")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("named", [*video.BACKENDS, "glfw"])
def test_a_video_is_drawn_whatever_backend_the_environment_names(
    named: str, tmp_path, backend: str
) -> None:
    code = (
        "from pathlib import Path; from cpo_core.spec import registry;"
        "from cpo_core.rollouts import video;"
        "from tests.core.sim.test_render import SIZE, _policy;"
        "task = registry.find_task('point-circle');"
        "video.render_policy(task, _policy(task), Path('v.mp4'), **SIZE);"
        "print(video.probe())"
    )
    root = str(Path(video.__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": root, "MUJOCO_GL": named}
    command = [sys.executable, "-c", code]
    child = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert child.returncode == 0, child.stderr
    assert (tmp_path / "v.mp4").exists()
    if named in video.BACKENDS:
        assert child.stdout.split()[-1] == named


def test_the_probe_loads_no_gl_into_its_own_process() -> None:
    code = (
        "import sys; from cpo_core.rollouts.video import probe; probe();"
        "sys.exit(any(m.startswith('OpenGL') or m == 'mujoco' for m in sys.modules))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(video.__file__).parents[2])}
    child = subprocess.run([sys.executable, "-c", code], env=environment, check=False)
    assert child.returncode == 0

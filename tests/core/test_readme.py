"""The programs of the README do what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_library_use_of_the_readme_runs_as_it_stands(tmp_path: Path) -> None:
    [program] = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    short, changed = re.subn(r"iterations=\d+", "iterations=1", program)
    assert changed == 1
    command = [sys.executable, "-c", short]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    *events, numbers = done.stdout.splitlines()
    assert events == ["TrainingStarted", "IterationReport", "TrainingFinished"]
    assert all(float(number) == float(number) for number in numbers.split())

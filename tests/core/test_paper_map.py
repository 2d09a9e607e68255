"""The table of docs/paper-map.md names things that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = re.findall(r"`([\w/]+\.py)::([\w.]+)`", (ROOT / "docs" / "paper-map.md").read_text())


@pytest.mark.parametrize(("file", "name"), NAMES)
def test_every_name_of_the_paper_map_exists(file: str, name: str):
    body: list[ast.stmt] = ast.parse((ROOT / file).read_text()).body
    for part in name.split("."):
        named = (ast.ClassDef, ast.FunctionDef)
        found = [n for n in body if isinstance(n, named) and n.name == part]
        assert found, f"{file} defines no {part}"
        body = found[0].body

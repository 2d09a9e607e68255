"""The colours of groups: told apart with every common colour vision, and seen on their ground."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pytest

from cpo_core.figures import style
from tests.core.figures.colours import VISION, contrast, difference, lab

PAGE = (Path(__file__).parents[3] / "frontend/src/lib/palette.ts").read_text()
GROUND = {"light": "#ffffff", "dark": "#151b24"}
LEAST_DIFFERENCE = 14.0
"""CIEDE2000: 2.3 is just noticeable side by side; lines apart in a chart need several times it."""


def categories(scheme: str) -> list[str]:
    """The page's list for this scheme."""
    block = PAGE[PAGE.index("const CATEGORIES") :]
    found = re.search(rf"{scheme}: \[(.*?)\]", block, re.DOTALL)
    assert found is not None
    return re.findall(r"#[0-9a-f]{6}", found[1])


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    [  # Sharma, Wu and Dalal's test data, rows 1, 7, 17 and 25
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ],
)
def test_the_difference_of_colours_is_that_of_its_published_table(one, other, wanted):
    assert difference(np.array(one, float), np.array(other, float)) == pytest.approx(
        wanted, abs=1e-4
    )


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("scheme", GROUND)
def test_groups_are_told_apart_with_every_colour_vision(scheme, vision):
    colours = categories(scheme)
    assert len(colours) == 8
    seen = {c: lab(c, vision) for c in colours}
    closest = min(
        (difference(seen[a], seen[b]), a, b) for a, b in itertools.combinations(colours, 2)
    )
    assert closest[0] >= LEAST_DIFFERENCE, closest


@pytest.mark.parametrize("scheme", GROUND)
def test_every_group_stands_out_from_the_ground(scheme):
    assert {c: round(contrast(c, GROUND[scheme]), 2) for c in categories(scheme)
            if contrast(c, GROUND[scheme]) < 3} == {}  # fmt: skip


def test_figures_and_page_use_the_same_colours():
    assert list(style.CATEGORIES) == categories("light")

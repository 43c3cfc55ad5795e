"""The pictures of the documentation are those of their script, which computes true figures."""

import importlib.util
import os
import random
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"


@pytest.fixture(scope="module")
def draw():
    spec = importlib.util.spec_from_file_location("modelcheck_pictures", FOLDER / "draw.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_picture_is_what_the_script_draws(draw):
    assert {path.name for path in FOLDER.glob("*.svg")} == set(draw.PICTURES)
    for name, make in draw.PICTURES.items():
        path = FOLDER / name
        if os.environ.get("REWRITE_DOCS") == "1":
            path.write_text(make(), encoding="utf-8")
        assert path.read_text(encoding="utf-8") == make()


@pytest.mark.parametrize("name", ["verdicts", "power"])
def test_a_picture_is_well_formed_named_and_brings_its_background(draw, name):
    root = ET.fromstring(getattr(draw, name)())
    tags = [child.tag.rpartition("}")[2] for child in root]
    assert tags[:3] == ["title", "style", "rect"]
    assert root[2].attrib["class"] == "page"
    assert "prefers-color-scheme: dark" in root[1].text


def test_the_pictures_are_shown_where_verdicts_are_explained():
    pages = FOLDER.parent
    assert "](pictures/verdicts.svg)" in (pages / "statistics.md").read_text(encoding="utf-8")
    assert "](../pictures/power.svg)" in (pages / "how-to" / "how-many-cases.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("rate", [0.8, 0.95])
def test_the_chances_are_those_of_simulated_checks(draw, rate):
    luck, runs, cases = random.Random(0), 4000, 40
    seen = {"pass": 0, "warn": 0, "fail": 0}
    for _ in range(runs):
        passed = sum(luck.random() < rate for _ in range(cases))
        seen["pass" if passed >= 36 else "fail" if passed <= 33 else "warn"] += 1
    for verdict, chance in draw.chances(cases, rate).items():
        assert seen[verdict] / runs == pytest.approx(chance, abs=0.02)

"""Inputs that are files, bytes or arrays: pictures are shown in the HTML report, and nowhere else."""

import json
import re

import pytest

from pytest_modelcheck.baselines import lines
from pytest_modelcheck.session import results as room

MODEL = """
@model_fixture
def vision(model_version):
    return lambda picture: "dark" if picture.mean() < 100 else "light"
"""

TEST = """
import numpy as np
import pytest
from pytest_modelcheck import Case, perturb

PICTURES = [Case(np.full((20, 30, 3), n, np.uint8), expected="light", id=f"p{n}") for n in range(90, 110)]

@pytest.mark.golden(PICTURES)
def test_pictures(vision, case):
    assert vision(case.input) == case.expected

@pytest.mark.invariance(PICTURES[:2], under=perturb.brightness(0.4))
def test_brightness(vision, case):
    assert vision(case.perturbed) == vision(case.input)
"""


def run(project):
    project.model(MODEL)
    project.test(TEST)
    formats = [f"--modelcheck-report=report.{ending}" for ending in ("html", "json", "md")]
    result = project.run("--model-version=1", *formats, "--junitxml=junit.xml")
    names = ("report.html", "report.json", "report.md", "junit.xml")
    return result.stdout.str(), *((project.path / name).read_text(encoding="utf-8") for name in names)


def test_are_shown_on_the_page_and_nowhere_else(project):
    terminal, page, *others = run(project)
    blocks = re.findall(r'id="cases-\d+">(.*?)</script>', page, re.DOTALL)
    cases = [case for block in map(json.loads, blocks) for case in block]
    (plain,) = (case for case in cases if case["id"] == "p90" and len(case["trials"]) == 1)
    assert plain["pictures"][0].startswith("data:image/png;base64,")
    perturbed = [trial for case in cases for trial in case["trials"] if "perturbation" in trial]
    assert any(trial.get("pictures", [""])[0].startswith("data:image/png") for trial in perturbed)
    for text in (terminal, *others):
        assert "data:image" not in text
        assert "array 20×30×3 uint8 (90, 90, 90, 90, …)" in text.replace("&#215;", "×")


def test_are_no_part_of_a_baseline(project):
    project.model(MODEL.replace("100", "0"))
    project.test(TEST)
    project.approve("1")
    assert "data:image" not in "".join(
        path.read_text(encoding="utf-8") for path in project.path.rglob("baselines/**/*") if path.is_file()
    )


def test_pictures_are_limited_to_the_available_room(project, monkeypatch):
    monkeypatch.setattr(room, "_PICTURES", 1_000)
    _, page, *_ = run(project)
    assert 0 < page.count("data:image/png") < 15


def test_a_result_file_with_pictures_reads_the_same_without_them():
    row = lines.with_details(
        b'{"id":"a","outcome":"passed","answer":1,"about":"x","input":"ab"}',
        '"pictures":["data:image/png;base64,AA=="]',
    )
    assert lines.decode(row).pictures == ("data:image/png;base64,AA==",)
    assert lines.bare(row) == b'{"id":"a","outcome":"passed","answer":1,"about":"x","input":"ab"}'


CLASSIFY = """
@model_fixture
def classify(model_version):
    return lambda picture: (picture["file"] if isinstance(picture, dict) else picture).read_text()
"""


@pytest.mark.parametrize("given", ["cat", '{"input": {"file": cat}}'])
def test_a_replaced_picture_is_not_green_from_the_cache(project, given):
    project.model(CLASSIFY)
    project.test(f"""
        from pathlib import Path

        cat = Path("cat.png")

        @pytest.mark.golden([{given}])
        def test_picture(classify, case):
            assert classify(case.input) == "cat"
    """)
    project.write("cat.png", "cat")
    project.passes("--model-version=1")
    again = project.run("--model-version=1")
    again.stdout.fnmatch_lines(["*1 cached, 0 *"])
    project.write("cat.png", "dog")
    project.fails("--model-version=1")


def test_the_bytes_of_an_input_do_not_fill_the_report(project):
    project.answers("size", "len")
    project.test("""
        import numpy as np

        @pytest.mark.golden([(b"x" * 5000, 1), (np.zeros((40, 40), "uint8"), 1)])
        def test_size(size, case):
            assert size(case.input) == case.expected
    """)
    page = project.path / "page.html"
    result = project.fails("--model-version=1", f"--modelcheck-report={page}")
    output = result.stdout.str()
    assert "5,000 bytes" in output
    assert "array 40×40 uint8" in output
    assert "eHh4eHh4" not in page.read_text(encoding="utf-8") + output

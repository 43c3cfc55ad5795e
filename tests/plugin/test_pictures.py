"""Inputs that are files, bytes or arrays."""

from __future__ import annotations

import pytest

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
    project.run("--model-version=1").assert_outcomes(passed=1)
    again = project.run("--model-version=1")
    again.stdout.fnmatch_lines(["*1 cached, 0 *"])
    project.write("cat.png", "dog")
    project.run("--model-version=1").assert_outcomes(failed=1)


def test_the_bytes_of_an_input_do_not_fill_the_report(project):
    project.answers("size", "len")
    project.test("""
        import numpy as np

        @pytest.mark.golden([(b"x" * 5000, 1), (np.zeros((40, 40), "uint8"), 1)])
        def test_size(size, case):
            assert size(case.input) == case.expected
    """)
    page = project.path / "page.html"
    result = project.run("--model-version=1", f"--modelcheck-report={page}")
    result.assert_outcomes(failed=1)
    output = result.stdout.str()
    assert "5,000 bytes" in output
    assert "array 40×40 uint8" in output
    assert "eHh4eHh4" not in page.read_text(encoding="utf-8") + output

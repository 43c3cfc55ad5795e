"""Baselines whose tests are gone are listed, and change nothing else."""

from __future__ import annotations

import pytest

TESTS = """
    import pytest

    CASES = [{"id": "a", "input": "x", "expected": "x"}]

    @pytest.mark.golden(CASES)
    def test_kept(echo, case):
        assert echo(case.input) == case.expected

    @pytest.mark.golden(CASES)
    def test_removed(echo, case):
        assert echo(case.input) == case.expected
"""


@pytest.fixture
def project(pytester):
    pytester.makeini("[pytest]")
    pytester.makeconftest("""
        from pytest_modelcheck import model_fixture

        @model_fixture
        def echo(model_version):
            return lambda x: x
    """)
    pytester.makepyfile(test_echo=TESTS)
    assert pytester.runpytest("--model-version=1", "--modelcheck-update").ret == 0
    return pytester


LINE = "unused baseline: test_echo.py::test_removed (no such test any more)"


def test_nothing_is_listed_while_every_test_is_there(project):
    assert "unused baseline" not in project.runpytest().stdout.str()


def test_the_baseline_of_a_test_that_was_removed_is_listed_and_kept(project):
    project.makepyfile(test_echo=TESTS.replace("test_removed", "test_renamed"))
    result = project.runpytest()
    result.stdout.fnmatch_lines([LINE])
    assert result.ret == 0
    assert (project.path / "baselines/echo/test_echo.py/test_removed.jsonl").exists()


def test_the_baselines_of_a_file_that_was_removed_are_listed(project):
    (project.path / "test_echo.py").rename(project.path / "test_other.py")
    result = project.runpytest()
    result.stdout.fnmatch_lines(["unused baseline: test_echo.py::test_kept *", LINE])


def test_deselecting_a_test_does_not_make_its_baseline_unused(project):
    for selection in (["-k", "kept"], ["test_echo.py::test_kept"], ["--modelcheck-case=a", "-k", "kept"]):
        assert "unused baseline" not in project.runpytest(*selection).stdout.str()
